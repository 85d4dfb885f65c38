import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DiagnosticError, formatDiagnostic } from '../../diagnostics.js';
import { engineName, machinesOf, memoryMibOf } from '../../deploy/deployment.js';
import { deployedFiles, TARGETS } from '../../deploy/targets.js';
import { loadGraph } from '../../graph/load.js';
import { build } from '../../image/build.js';
import { deliver } from '../../image/cache.js';
import { plan } from '../../plan/plan.js';
import { ownClasses, typeErrors } from '../../run/own-elements.js';
import { suggestion } from '../../suggest.js';
import { makeFolder, notWritten } from '../file-problem.js';
import { GRAPH_OPTIONS, loadOptions, UsageError, wholeNumber, type Command } from '../command.js';

const NAMES = Object.keys(TARGETS);
const REPLICAS_MAX = 1000;

export const command: Command = {
  usage: 'GRAPH --to TARGET -o DIR',
  summary: 'Makes an image of a graph, and the files by which another engine runs it.',
  options: {
    ...GRAPH_OPTIONS,
    to: { type: 'string', value: NAMES.join('|'), doc: 'The engine.' },
    output: { type: 'string', short: 'o', value: 'DIR', doc: 'The folder to write to.' },
    replicas: { type: 'string', value: 'N', doc: 'So many machines of it; 1 unless said.' },
    network: { type: 'string', multiple: true, value: 'IFACE=NAME', doc: 'What an interface plugs into there: a tap, a bridge, a network; one of its own name unless said.' },
  },
  positionals: [1, 1],
  async run(call) {
    const to = call.text('to');
    const folder = call.text('output');
    if (to === undefined || folder === undefined) throw new UsageError('WL1391', `wirelet deploy needs ${to === undefined ? 'an engine' : 'a folder'}`, 'Write wirelet deploy GRAPH --to TARGET -o DIR.');
    const target = NAMES.includes(to) ? TARGETS[to] : undefined;
    if (target === undefined) throw new UsageError('WL1391', `--to ${to}: there is no such target`, suggestion(to, NAMES) ?? `There are ${NAMES.join(', ')}.`);
    const replicas = wholeNumber(call, 'replicas', 1, REPLICAS_MAX);
    if (replicas === 0) throw new UsageError('WL1391', '--replicas 0 deploys nothing', 'Write --replicas 1 or more.');
    const { checked, warnings } = await loadGraph(call.positionals[0]!, loadOptions(call));
    for (const warning of warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
    const networks = readNetworks(call.list('network'), checked.interfaces.map(({ name }) => name), target.network.lettersMax - (target.network.own && replicas > 1 ? `-${replicas}`.length : 0));
    const wrong = await typeErrors(ownClasses(checked));
    if (wrong.some(({ severity }) => severity === 'error')) throw new DiagnosticError(wrong);
    const image = await build(plan(checked), 'vm', (what) => process.stderr.write(`${what} ...\n`));
    const name = engineName(image.manifest.name);
    const deployment = {
      name,
      image: `${name}.elf`,
      folder: path.resolve(folder),
      memoryMib: memoryMibOf(image.manifest),
      machines: machinesOf(image.manifest, replicas, networks, target.network),
    };
    const files = deployedFiles(target, deployment);
    try {
      makeFolder(folder);
      deliver(image.file, path.join(folder, deployment.image));
      for (const file of files) {
        writeFileSync(path.join(folder, file.name), file.text);
        if (file.executable === true) chmodSync(path.join(folder, file.name), 0o755);
      }
    } catch (error) {
      throw notWritten(error, folder);
    }
    const written = [deployment.image, ...files.map((file) => file.name)].map((file) => path.join(folder, file));
    call.print(() => [...written, '', ...target.start(deployment).map((line) => `start it, in ${folder}: ${line}`)].join('\n'), {
      target: to, files: written, image: written[0], memory_bytes: deployment.memoryMib * 2 ** 20, replicas, sha256: image.sha256,
    });
    return 0;
  },
};

function readNetworks(texts: readonly string[], interfaces: readonly string[], lettersMax: number): Map<string, string> {
  return new Map(texts.map((text) => {
    const [, name, network] = /^([^=]+)=([\w.:/-]+)$/.exec(text) ?? [];
    if (name === undefined || network === undefined) throw new UsageError('WL1391', `--network ${text} does not say which interface plugs into what`, 'Write --network IFACE=NAME, with letters, digits and .:/_- in the name.');
    if (!interfaces.includes(name)) throw new UsageError('WL1391', `--network ${text}: the graph has no interface "${name}"`, suggestion(name, interfaces) ?? `It has ${interfaces.join(', ')}.`);
    if (network.length > lettersMax) throw new UsageError('WL1391', `--network ${text}: the name is too long`, `It may have ${lettersMax} letters, with what tells several machines' apart.`);
    return [name, network] as const;
  }));
}
