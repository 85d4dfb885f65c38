/**
 * The documents say what is so: their graphs check, their commands exist, their links lead somewhere, and pages
 * that are made from the sources are as these make them. WIRELET_UPDATE=1 rewrites the made pages; read what
 * changed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { COMMANDS } from '#src/cli/main.js';
import type { Command } from '#src/cli/command.js';
import { formatDiagnostic } from '#src/diagnostics.js';
import { tryLoadGraph } from '#src/graph/load.js';
import { packageRoot } from '#src/package-root.js';
import { scalingPages } from '../../bench/scaling.js';
import { specification } from '../../bench/specification.js';
import { elementPage } from './element-page.js';
import { errorPage } from './error-page.js';
import { helpNames, withHelp } from './help-blocks.js';
import { wirelet } from '../system/command-line.js';
import { anchorsOf, blocksOf, callsOf, document, documents, linksOf } from './markdown.js';

const UPDATE = process.env.WIRELET_UPDATE === '1';
const GRAPH_LANGUAGES = ['yaml', 'json', 'click'];
/** A step may build an image with a compiler on a loaded machine. */
const TOUR_STEP_MS = 120_000;
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-docs-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** Made pages, and what they should be now. */
const MADE: Readonly<Record<string, () => Promise<string>>> = {
  'docs/errors.md': errorPage,
  'docs/elements.md': elementPage,
  'docs/cli.md': () => withHelp(document('docs/cli.md').text),
  'docs/specification.md': async () => specification(),
  ...Object.fromEntries([...scalingPages()].map(([file, text]) => [file, async () => text])),
};

const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const IMAGE = 'wire.elf';

/** Calls whose JSON is looked at, in this order: the second makes the image for the third. */
const JSON_CALLS: readonly (readonly string[])[] = [
  ['check', WIRE],
  ['build', WIRE, '-o', IMAGE],
  ['inspect', IMAGE],
  ['explain', WIRE],
  ['run', WIRE, '--vmm', 'node', '--port', `lan=pcap:in=${path.join(packageRoot, 'configs/traffic/wire/lan-in.pcap')}`],
  ['trace', WIRE],
  ['bench', WIRE, '--vmm', 'node', '--runs', '1', '--duration', '0.05'],
  ['elements'],
  ['new-element', 'MyFilter'],
  ['init', 'site', '--from', 'wire'],
  ['doctor'],
  ['completion', 'bash'],
];

for (const [name, make] of Object.entries(MADE)) {
  await t.test(`${name} is as the sources make it`, async (t) => {
    const text = await make();
    if (UPDATE) {
      mkdirSync(path.dirname(path.join(packageRoot, name)), { recursive: true });
      writeFileSync(path.join(packageRoot, name), text);
    }
    const file = path.join(packageRoot, name);
    t.ok(existsSync(file) && document(name).text === text, `${name} is out of date: WIRELET_UPDATE=1 npm test -- docs/docs`);
  });
}

await t.test('every graph in the documents is right', async (t) => {
  let count = 0;
  for (const page of documents()) {
    const blocks = blocksOf(page);
    for (const { file, text } of blocks) if (file !== undefined) writeFileSync(path.join(folder, file), text);
    for (const { language, file, text, line, wrong } of blocks) {
      if (!GRAPH_LANGUAGES.includes(language) || file !== undefined || wrong) continue;
      const graph = path.join(folder, `graph-${line}.${language}`);
      writeFileSync(graph, text);
      const { diagnostics } = await tryLoadGraph(graph);
      t.same(diagnostics.map(formatDiagnostic), [], `${page.name}:${line} has nothing wrong`);
      count += 1;
    }
  }
  t.ok(count >= 15, `${count} graphs were found`);
});

await t.test('the tour of the README runs as it says', async (t) => {
  const place = path.join(folder, 'tour');
  mkdirSync(place);
  symlinkSync(path.join(packageRoot, 'configs'), path.join(place, 'configs'));
  const readme = document('README.md');
  const begin = lineOf(readme.text, '## A tour of sixty seconds');
  const end = lineOf(readme.text, '## Read on');
  const steps = blocksOf(readme).filter(({ line }) => line > begin && line < end);
  t.ok(steps.length >= 9, `${steps.length} blocks were found`);
  let output = '';
  for (const { language, text, line } of steps) {
    if (language === 'sh') {
      const script = text.replaceAll('npx wirelet', `"${process.execPath}" "${path.join(packageRoot, 'src/cli/wirelet.cjs')}"`);
      const said = spawnSync('sh', ['-c', script], { cwd: place, encoding: 'utf8', timeout: TOUR_STEP_MS });
      output = said.stdout;
      // The one step that shows a mistake ends with the code for it.
      t.equal(said.status, text.includes('wrong.yaml') ? 1 : 0, `README.md:${line} runs: ${said.stderr}`);
    } else {
      const lines = output.split('\n').map((one) => one.trimEnd());
      const missing = text.trimEnd().split('\n').filter((one) => one !== '...' && !lines.includes(one));
      t.same(missing, [], `README.md:${line}: every line is printed by the step before`);
    }
  }
});

function lineOf(text: string, heading: string): number {
  return text.split('\n').indexOf(heading) + 1;
}

await t.test('every command in the documents exists, with the options shown', async (t) => {
  const commands = new Map<string, Command>();
  for (const [name, { load }] of Object.entries(COMMANDS)) commands.set(name, (await load()).command);
  let count = 0;
  for (const page of documents().filter(({ name }) => name !== 'docs/errors.md')) {
    for (const { words: [name, ...words], line } of callsOf(page)) {
      if (name === undefined || !/^[a-z]/.test(name)) continue;
      const command = commands.get(name);
      t.ok(command !== undefined, `${page.name}:${line} wirelet ${name} is a command`);
      const known = ['--json', '--help', '-h', ...optionsOf(command)];
      for (const word of words.filter((one) => /^-{1,2}[a-z]/.test(one))) {
        const option = word.replace(/=.*/, '');
        t.ok(known.includes(option), `${page.name}:${line} wirelet ${name} has ${option}`);
      }
      count += 1;
    }
  }
  t.ok(count >= 20, `${count} calls were found`);
  const all = new Set(['--json', '--help', '--version', ...[...commands.values()].flatMap(optionsOf)]);
  for (const { name, text } of documents()) {
    for (const [, option] of text.matchAll(/`(--[a-z][\w-]*)/g)) t.ok(all.has(option!), `${name}: some command has ${option}`);
  }
  t.same(helpNames(document('docs/cli.md').text).sort(), Object.keys(COMMANDS).sort(), 'docs/cli.md shows every command');
});

function optionsOf(command: Command | undefined): string[] {
  return Object.entries(command?.options ?? {}).flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
}

await t.test('the JSON of commands has the fields that docs/cli.md names', async (t) => {
  const sections = new Map(document('docs/cli.md').text.split(/^## /m).slice(1).map((text) => [/^[\w-]+/.exec(text)![0], text]));
  for (const words of JSON_CALLS) {
    const [name] = words as [string];
    const { stdout } = await wirelet([...words, '--json'], { cwd: folder });
    const parsed = JSON.parse(stdout) as object | object[];
    const fields = Object.keys(Array.isArray(parsed) ? parsed[0]! : parsed);
    const section = sections.get(name)!;
    t.same(fields.filter((field) => !section.includes(`\`${field}\``)), [], `wirelet ${words.join(' ')}: all its fields are named`);
    const promised = [.../^JSON[^:]*:([^;.(]*)/m.exec(section)![1]!.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
    t.ok(promised.length > 0 && promised.every((field) => fields.includes(field)), `wirelet ${words.join(' ')} has ${promised.join(', ')}`);
  }
});

t.test('every npm command in the documents exists, and names test files that are there', (t) => {
  const { scripts } = JSON.parse(document('package.json').text) as { scripts: Record<string, string> };
  const tests = readdirSync(path.join(packageRoot, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  let count = 0;
  for (const { name, text } of documents()) {
    for (const [, script, parts = ''] of text.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)(?: -- ([a-z][\w/ -]*))?/g)) {
      count += 1;
      t.ok(Object.hasOwn(scripts, script!), `${name}: npm run ${script}`);
      if (script !== 'test') continue;
      for (const part of parts.split(/\s+/).filter((one) => one !== '')) t.ok(tests.some((file) => file.includes(part)), `${name}: npm test -- ${part}`);
    }
  }
  t.ok(count >= 10, `${count} commands were found`);
  t.end();
});

t.test('every dependency has its reason, and no other has one', (t) => {
  const { dependencies, devDependencies } = JSON.parse(document('package.json').text) as Record<string, Record<string, string>>;
  const { text } = document('docs/decisions/0005-dependencies.md');
  const rows = [...text.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
  t.same(rows.sort(), Object.keys({ ...dependencies, ...devDependencies }).sort());
  t.end();
});

t.test('every link leads somewhere', (t) => {
  let count = 0;
  for (const page of documents()) {
    for (const { target, line } of linksOf(page)) {
      if (/^[a-z]+:/.test(target)) continue;
      count += 1;
      const [file, anchor] = target.split('#') as [string, string?];
      const name = file === '' ? page.name : path.join(path.dirname(page.name), file);
      t.ok(existsSync(path.join(packageRoot, name)), `${page.name}:${line} ${target}: there is ${name}`);
      if (anchor === undefined || !existsSync(path.join(packageRoot, name))) continue;
      t.ok(anchorsOf(document(name)).has(anchor), `${page.name}:${line} ${target}: ${name} has a heading #${anchor}`);
    }
  }
  t.ok(count >= 30, `${count} links were found`);
  t.end();
});

t.test('every file that a document names is there', (t) => {
  let count = 0;
  for (const page of documents()) {
    for (const [, file] of page.text.matchAll(/`((?:src|elements|native|test|configs|docs|bench)\/[\w./-]*[\w/])`/g)) {
      count += 1;
      t.ok(existsSync(path.join(packageRoot, file!)), `${page.name}: ${file}`);
    }
  }
  t.ok(count >= 20, `${count} names of files were found`);
  t.end();
});
