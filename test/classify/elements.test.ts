/** The three elements in a graph: the same frames through Node and through compiled C. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import Classifier from '#elements/classify/Classifier.js';
import { readBytePattern } from '#src/kit/classify/byte-pattern.js';
import { deadRules } from '#src/kit/classify/dead-rules.js';
import { readFilterRule, readIpPattern } from '#src/kit/classify/filter-rule.js';
import { type ElementClass } from '#src/kit/index.js';
import { packageRoot } from '#src/package-root.js';
import { Dice } from '../differential/element-fuzz.js';
import { fanGraph, type Member } from '../differential/graph-of.js';
import { loadElement } from '../differential/load-element.js';
import { COMPILERS, CompiledGraph, difference, runInNode, type InputFrame } from '../differential/replay.js';
import { SMALL_FIREWALL, firewallRules } from './firewalls.js';
import { SCOPE } from './fuzz.js';
import { randomFrame } from './random-packets.js';

const START = 1_700_000_000_000_000_000n;
const PATTERNS = ['dst tcp port 80 or 443', 'udp or icmp', '-'];

function value<T>(parsed: { value: T } | { error: string }): T {
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed.value;
}

/** An element of the package that marks the frame's headers itself, as no other element does here. */
async function marking(folder: string, name: string): Promise<{ class: ElementClass; file: string }> {
  const file = path.join(folder, `Marking${name}.ts`);
  const source = readFileSync(path.join(packageRoot, 'elements/classify', `${name}.ts`), 'utf8');
  const marks = 'packet.markMacHeader(0); packet.markNetworkHeader(14); if (packet.length >= 34) packet.markTransportHeader(34);';
  writeFileSync(file, source.replace('{ built, outputs }) {\n', `{ built, outputs }) {\n    ${marks}\n`));
  return { class: await loadElement(file), file };
}

t.test('Node and C agree on every port and counter', { skip: COMPILERS.length === 0 && 'no C compiler found: install gcc or clang' }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-classify-elements-'));
  try {
    const filter = await marking(folder, 'IPFilter');
    const classifier = await marking(folder, 'IPClassifier');
    const rulesOf = (rules: readonly string[]) => ({ rules: rules.map((rule) => value(readFilterRule(rule, SCOPE))) });
    const members: Member[] = [
      { name: 'small', ...filter, outputs: 1, config: rulesOf(SMALL_FIREWALL) },
      { name: 'large', ...filter, outputs: 2, config: rulesOf([...firewallRules(300).slice(0, -1), '1 ether src 02:00:00:00:00:01', 'allow all']) },
      { name: 'patterns', ...classifier, outputs: 3, config: { patterns: PATTERNS.map((text) => value(readIpPattern(text, SCOPE))) } },
      { name: 'bytes', class: Classifier, file: path.join(packageRoot, 'elements/classify/Classifier.ts'), outputs: 2, config: { patterns: ['12/0800 23/06', '12/08?? !0/02'].map((text) => value(readBytePattern(text))) } },
    ];
    const graph = fanGraph(members);
    const seed = Math.floor(Date.now() / 1000) % 1_000_000;
    t.comment(`seed ${seed}`);
    const dice = new Dice(seed);
    const input = Array.from({ length: 600 }, (_, index): InputFrame => ({ clock: START + BigInt(index) * 1000n, interface: dice.below(members.length), bytes: randomFrame(dice) }));
    const node = runInNode(graph, input, START);
    t.ok(node.frames.length > 50, `${node.frames.length} frames left`);
    const compiled = await CompiledGraph.of(graph);
    try {
      for (const compiler of COMPILERS) t.equal(difference(node, compiled.run(compiler, input, START)), undefined, `${compiler.name}, seed ${seed}`);
    } finally {
      compiled.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Pattern, what is said, where. */
const MISTAKES: readonly [string, RegExp, string][] = [
  ['12', /expected \//, ''],
  ['12/080', /odd number/, '080'],
  ['12/', /missing/, ''],
  ['12/08zz', /expected the offset/, 'zz'],
  ['x/0800', /expected the offset/, 'x/0800'],
  ['12/0800%ff', /mask has 2 digits and the value 4/, 'ff'],
  ['12/0800%ffff%ff', /expected the offset/, '%ff'],
  ['99999/00', /beyond the longest frame/, '99999'],
  ['12/0800 -', /expected the offset/, '-'],
];

t.test('mistakes in byte patterns are told with their place', async (t) => {
  for (const [pattern, message, place] of MISTAKES) {
    const parsed = readBytePattern(pattern);
    if (!('error' in parsed)) {
      t.fail(`accepted: ${pattern}`);
      continue;
    }
    t.match(parsed.error, message, pattern);
    const { offset, length } = parsed.place!;
    if (place !== '') t.equal(pattern.slice(offset, offset + length), place, `${pattern}: place`);
  }
});

t.test('in a list, the number of the wrong pattern is told', async (t) => {
  const second = Classifier.config['patterns']!.accept(['12/0800', '12'], SCOPE);
  t.match(second, { item: 1 });
});

t.test('rules that never decide are found', async (t) => {
  const rules = ['allow udp port 53', 'deny tcp and udp', 'allow udp src port 53', 'allow dst net 10.0.0.0/8', 'deny dst 10.1.2.3', 'deny all', 'allow icmp'];
  const conditions = rules.map((rule) => ({ condition: value(readFilterRule(rule, SCOPE)).condition, class: 0 }));
  t.same(deadRules(conditions, { networkBytes: 20 }), [1, 2, 4, 6]);
});
