/** A folder of the user's own around an appliance that comes with Wirelet: its graph, what the graph reads, its tests. */
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { failure } from '../diagnostics.js';
import { run } from '../run/run.js';
import { makeFolder } from './file-problem.js';
import { openSubject } from '../run/subject.js';

/** How captures of arriving and leaving frames are named after their interface. */
const ARRIVING = '-in.pcap';
const LEAVING = '-out.pcap';

interface Piece {
  /** Where it is, a file or a folder. */
  readonly from: string;
  /** Where it goes, in the new folder. */
  readonly to: string;
}

/**
 * Copies the appliance `name` of `configs` to `folder`, with the files and folders that its parameters name, and
 * tests: captures of its traffic, what leaves it for them, and a program that compares. The files, in the order in
 * which people read them. Throws before anything is written when one of them is there already.
 */
export async function makeApplianceFolder(configs: string, name: string, folder: string): Promise<string[]> {
  const graph = `${name}.yaml`;
  const { text, pieces } = relocated(configs, graph);
  const traffic = path.join(configs, 'traffic', name);
  const captures = existsSync(traffic) ? readdirSync(traffic).filter((file) => file.endsWith(ARRIVING)) : [];
  const tests: Piece[] = [
    { from: path.join(configs, 'test/appliance.test.mjs'), to: `test/${name}.test.mjs` },
    ...captures.map((file) => ({ from: path.join(traffic, file), to: `test/${file}` })),
  ];
  const place = (to: string) => path.join(folder, to);
  const made = [graph, 'package.json', ...[...pieces, ...tests].map(({ to }) => to)].map(place);
  const there = made.filter((file) => existsSync(file));
  if (there.length > 0) throw failure('WL1394', `${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already`, 'Choose another folder.');

  for (const { from, to } of [...pieces, ...tests]) {
    makeFolder(path.dirname(place(to)));
    cpSync(from, place(to), { recursive: true });
  }
  writeFileSync(place(graph), text);
  writeFileSync(place('package.json'), packageText(folder, graph));
  const ports = captures.map((file) => file.slice(0, -ARRIVING.length));
  if (ports.length > 0) await keepLeaving(place(graph), place('test'), ports);
  return [...made, ...ports.map((port) => place(`test/${port}${LEAVING}`))];
}

/** The graph's text, and what its parameters name: beside it things keep their place, others come to stand there. */
function relocated(configs: string, graph: string): { text: string; pieces: Piece[] } {
  let text = readFileSync(path.join(configs, graph), 'utf8');
  const { parameters = {} } = parse(text) as { parameters?: Record<string, unknown> };
  const pieces: Piece[] = [];
  for (const [parameter, value] of Object.entries(parameters)) {
    if (typeof value !== 'string' || !value.includes('/')) continue;
    const from = path.join(configs, value);
    if (!value.startsWith('../')) {
      if (!existsSync(from)) continue;
      // A file may name others beside it, as a zone does.
      const to = statSync(from).isFile() ? path.dirname(value) : value;
      pieces.push({ from: path.join(configs, to), to });
      continue;
    }
    if (!existsSync(from)) throw failure('WL1393', `${graph} serves ${from}, which is not there`, 'In a clone of Wirelet, `npm run build` makes it; web-server serves a folder of your own.');
    pieces.push({ from, to: path.basename(value) });
    text = text.replace(new RegExp(`^(  ${parameter}: )\\S+`, 'm'), `$1${path.basename(value)}`);
  }
  return { text, pieces };
}

function packageText(folder: string, graph: string): string {
  const name = path.basename(path.resolve(folder)).toLowerCase().replace(/[^a-z0-9._-]/g, '-').replace(/^[._-]+/, '') || 'appliance';
  return `${JSON.stringify({ name, private: true, scripts: { start: `wirelet run ${graph}`, test: 'node --test test/' } }, undefined, 2)}\n`;
}

/** What leaves for the captures, as Node, the definition of what elements mean, has it. */
async function keepLeaving(graph: string, tests: string, names: readonly string[]): Promise<void> {
  const { subject } = await openSubject(graph);
  const ports = new Map(names.map((name) => [name, { kind: 'pcap', in: path.join(tests, `${name}${ARRIVING}`), out: path.join(tests, `${name}${LEAVING}`), speed: 'max' } as const]));
  await run(subject, { vmm: 'node', ports, untilIdle: true });
}
