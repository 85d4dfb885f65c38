/**
 * Whatever a graph file holds, it is read to its end in bounded time, and what is wrong is said: with a code that exists,
 * a place that exists, and words. Nothing else is ever thrown.
 *
 *   WIRELET_SEED=N one text; WIRELET_FUZZ=N so many texts.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { CODES } from '#src/codes.js';
import type { Diagnostic } from '#src/diagnostics.js';
import { tryLoadGraph } from '#src/graph/load.js';
import { packageRoot } from '#src/package-root.js';
import { Dice } from '../differential/element-fuzz.js';

const TEXTS_DEFAULT = 1500;
const MILLISECONDS_MAX = 5000;
const LENGTH_MAX = 200_000;
const seed = process.env.WIRELET_SEED;
const seeds = seed === undefined ? Array.from({ length: Number(process.env.WIRELET_FUZZ ?? TEXTS_DEFAULT) }, (_, index) => index + 1) : [Number(seed)];

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-text-'));
t.teardown(() => rmSync(folder, { recursive: true }));

interface Seedling {
  readonly name: string;
  readonly text: string;
}

const GRAPH = /\.(yaml|json|click)$/;
const seedlings: Seedling[] = ['configs', 'test/errors', 'bench/scenarios'].flatMap((each) =>
  readdirSync(path.join(packageRoot, each)).filter((name) => GRAPH.test(name) && name !== 'expected.json').map((name) => ({ name, text: readFileSync(path.join(packageRoot, each, name), 'utf8') })));

const TOKENS = [
  '->', '=>', '::', ',', ';', ':', '[', ']', '{', '}', '(', ')', '"', "'", '\\', '|', '||', '&&', '!', '-', '/', '#', '//', '/*', '*/', '$', '${', '$x', '@', '&a', '*a', '<<: *a', '<', '<00>', '%', '?',
  '0', '-1', '4294967296', '99999999999999999999', '1e309', '0x', '0xffffffffffff', '.5', 'null', 'true', '~', '\0', '\t', '\r\n', '\u2028', '\ud800', '💥', 'é', '\ufeff',
  'lan', 'wan', 'Tee', 'Queue', 'IPFilter', 'Classifier', 'elementclass', 'input', 'output', 'define($x 1)', 'require(x)', 'interfaces', 'graph', 'elements', 'compounds', 'parameters', 'type', 'rules', '!include x.txt', '!!js/function', '10.0.0.1/33', 'ip proto 300',
];

type Change = (text: string, dice: Dice) => string;

const place = (text: string, dice: Dice) => dice.below(text.length + 1);

/** Lines from a place on, a few. */
function someLines(text: string, dice: Dice): { before: string[]; lines: string[]; after: string[] } {
  const all = text.split('\n');
  const from = dice.below(all.length);
  const count = 1 + dice.below(4);
  return { before: all.slice(0, from), lines: all.slice(from, from + count), after: all.slice(from + count) };
}

const CHANGES: readonly Change[] = [
  (text, dice) => {
    const at = place(text, dice);
    return text.slice(0, at) + dice.pick(TOKENS) + text.slice(at);
  },
  (text, dice) => {
    const at = place(text, dice);
    return text.slice(0, at) + text.slice(at + 1 + dice.below(12));
  },
  (text, dice) => text.slice(0, place(text, dice)),
  (text, dice) => {
    const at = place(text, dice);
    return text.slice(0, at) + String.fromCharCode(dice.below(0x300)) + text.slice(at + 1);
  },
  (text, dice) => {
    const { before, lines, after } = someLines(text, dice);
    return [...before, ...lines, ...lines, ...after].join('\n');
  },
  (text, dice) => {
    const { before, after } = someLines(text, dice);
    return [...before, ...after].join('\n');
  },
  (text, dice) => {
    const { before, lines, after } = someLines(text, dice);
    return [...before, ...lines.reverse(), ...after].join('\n');
  },
  (text, dice) => {
    const { before, lines, after } = someLines(text, dice);
    return [...before, ...lines.map((line) => `${' '.repeat(dice.below(7))}${line}`), ...after].join('\n');
  },
  (text, dice) => text.replace(/\w+/g, (word) => (dice.chance(2) ? dice.pick(TOKENS) : word)),
  (text, dice) => {
    const at = place(text, dice);
    return text.slice(0, at) + dice.pick(['(', '[', '{', '"', '- ', 'a: ', '!(', 'x :: {', '/*', '\\']).repeat(dice.pick([10, 100, 1000, 5000])) + text.slice(at);
  },
  (text, dice) => {
    const other = dice.pick(seedlings).text;
    const at = place(other, dice);
    return `${text}\n${other.slice(at, at + 200)}`;
  },
];

/** An alias of an alias of an alias: small to write, large to have. */
const BOMB = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`).join('\n')}\ninterfaces: *i\ngraph: []\n`;

function wrongIn(diagnostic: Diagnostic): string | undefined {
  const { code, message, hint, span } = diagnostic;
  if (!(code in CODES)) return `code ${code} is not listed`;
  const words = `${message} ${hint ?? ''}`;
  if (/undefined|\[object |NaN\b|function \(|=> \{/.test(words.replace(/"[^"]*"/g, '""'))) return `these are no words: ${words}`;
  if (span !== undefined && (span.start < 0 || span.end < span.start || span.end > span.source.text.length)) return `a place outside of the file: ${span.start}..${span.end} of ${span.source.text.length}`;
  return undefined;
}

async function load(name: string, text: string): Promise<string | undefined> {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  const begin = performance.now();
  try {
    const { checked, diagnostics } = await tryLoadGraph(file);
    const milliseconds = performance.now() - begin;
    if (milliseconds > MILLISECONDS_MAX) return `it took ${milliseconds.toFixed(0)} ms`;
    if (checked === undefined && !diagnostics.some(({ severity }) => severity === 'error')) return 'no graph, and no reason';
    return diagnostics.map(wrongIn).find((problem) => problem !== undefined);
  } catch (error) {
    return `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

t.test('damaged graph files are refused in words', async (t) => {
  const problems: string[] = [];
  for (const number of seeds) {
    const dice = new Dice(number * 104_729);
    const { name, text } = dice.pick(seedlings);
    let changed = text;
    for (let times = 1 + dice.below(4); times > 0; times -= 1) changed = dice.pick(CHANGES)(changed, dice);
    const problem = await load(`graph${path.extname(name)}`, changed.slice(0, LENGTH_MAX));
    if (problem !== undefined) problems.push(`WIRELET_SEED=${number} (${name}): ${problem}`);
  }
  t.equal(problems.slice(0, 10).join('\n'), '', `${problems.length} of ${seeds.length}`);
});

t.test('aliases that grow without bound are refused', async (t) => {
  t.equal(await load('bomb.yaml', BOMB), undefined);
  t.end();
});

t.test('deep nesting is refused, or read', async (t) => {
  for (const [name, text] of [
    ['deep.yaml', `interfaces: ${'['.repeat(20_000)}`],
    ['deep.json', `{"interfaces": ${'['.repeat(20_000)}`],
    ['deep.click', `${'elementclass A { '.repeat(3000)}`],
    ['deep2.click', `a :: Tee(${'('.repeat(20_000)});`],
    ['long.click', `FromDevice(a) ${'-> Null '.repeat(20_000)} -> Discard;`],
    ['filter.yaml', `interfaces: [a]\ngraph: |\n  a -> IPFilter(allow ${'('.repeat(8000)}tcp${')'.repeat(8000)}) -> Discard\n`],
    ['not.yaml', `interfaces: [a]\ngraph: |\n  a -> IPFilter(allow ${'!'.repeat(20_000)}tcp, deny all) -> Discard\n`],
  ] as const) t.equal(await load(name, text), undefined, name);
  t.end();
});
