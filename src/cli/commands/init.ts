import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { failure } from '../../diagnostics.js';
import { suggestion } from '../../suggest.js';
import { packageRoot } from '../../package-root.js';
import { UsageError, type Command } from '../command.js';
import { figuresOf, testText } from '../starter-test.js';

const CONFIGS = path.join(packageRoot, 'configs');

export const command: Command = {
  usage: 'DIR --from CONFIG',
  summary: 'Begins a folder with one of the appliances that come with Wirelet, the files it is made of, and a test.',
  options: { from: { type: 'string', value: 'CONFIG', doc: 'firewall, bridge, router, ...' } },
  positionals: [1, 1],
  async run(call) {
    const names = readdirSync(CONFIGS).filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -5));
    const from = call.text('from');
    if (from === undefined) throw new UsageError('WL1391', '--from is missing', `Write --from with one of ${names.join(', ')}.`);
    if (!names.includes(from)) throw failure('WL1393', `there is no appliance "${from}"`, suggestion(from, names) ?? `There are ${names.join(', ')}.`);
    const folder = call.positionals[0]!;
    const target = path.join(folder, `${from}.yaml`);
    if (existsSync(target)) throw failure('WL1394', `${target} is there already`, 'Choose another folder.');
    mkdirSync(folder, { recursive: true });
    const { text, files } = copyParts(readFileSync(path.join(CONFIGS, `${from}.yaml`), 'utf8'), folder);
    writeFileSync(target, text);
    const traffic = copyTraffic(from, folder);
    const test = path.join(folder, `${from}.test.mjs`);
    writeFileSync(test, testText(from, traffic));
    const expected = path.join(folder, `${from}.expected.json`);
    // A site that is not made yet is said by `check`, with what to do.
    const figures = files === undefined ? undefined : await figuresOf(target, traffic);
    if (figures !== undefined) writeFileSync(expected, figures);
    const made = [target, ...(files ?? []), ...traffic.map(({ file }) => path.join(folder, file)), test, ...(figures === undefined ? [] : [expected])];
    call.print(`${made.join('\n')}\n\nNext: wirelet check ${target}\nThen: node --test ${test}`, { files: made });
    return 0;
  },
};

/** Copies files and folders that parameters name by their values; the text with their new places. Without `files` one of them is not there. */
function copyParts(text: string, folder: string): { text: string; files?: string[] } {
  const files: string[] = [];
  let changed = text;
  let isWhole = true;
  for (const [, value] of text.matchAll(/^ {2}\w+: +(\S*\/\S*[a-z]\S*)/gm)) {
    const source = path.join(CONFIGS, value!);
    const place = value!.startsWith('..') ? path.basename(value!) : value!;
    if (!/^[\w./-]+$/.test(value!) || /^[\d.]+\/\d+$/.test(value!)) continue;
    changed = changed.replace(` ${value!} `, ` ${place} `);
    if (!existsSync(source)) {
      isWhole = false;
      continue;
    }
    for (const [from, to] of [[source, place] as const, ...includedBy(source, place)]) {
      mkdirSync(path.dirname(path.join(folder, to)), { recursive: true });
      cpSync(from, path.join(folder, to), { recursive: true });
      files.push(path.join(folder, to));
    }
  }
  return isWhole ? { text: changed, files } : { text: changed };
}

/** Files that a zone includes, which lie beside it. */
function includedBy(source: string, place: string): (readonly [string, string])[] {
  if (!source.endsWith('.zone')) return [];
  return [...readFileSync(source, 'utf8').matchAll(/^\$INCLUDE\s+(\S+)/gm)].map(([, name]) => [path.join(path.dirname(source), name!), path.join(path.dirname(place), name!)] as const);
}

/** Copies what was recorded at the appliance's interfaces. */
function copyTraffic(from: string, folder: string): { name: string; file: string }[] {
  const recorded = path.join(CONFIGS, 'traffic', from);
  if (!existsSync(recorded)) return [];
  return readdirSync(recorded).filter((file) => file.endsWith('-in.pcap')).sort().map((file) => {
    mkdirSync(path.join(folder, 'traffic'), { recursive: true });
    cpSync(path.join(recorded, file), path.join(folder, 'traffic', file));
    return { name: file.slice(0, -'-in.pcap'.length), file: `traffic/${file}` };
  });
}
