import { formatDiagnostic } from '../../diagnostics.js';
import { loadGraph } from '../../graph/load.js';
import { readPorts, type PortSpec } from '../../run/port-spec.js';
import { SEED_DEFAULT } from '../../run/run.js';
import { traceText } from '../../run/trace/trace-text.js';
import { trace } from '../../run/trace/trace.js';
import { GRAPH_OPTIONS, loadOptions, UsageError, type Call, type Command } from '../command.js';

const COUNT_DEFAULT = 10;
const COUNT_MAX = 100_000;

export const command: Command = {
  usage: 'GRAPH [--port NAME=pcap:in=FILE]...',
  summary: 'Shows what becomes of packets, element by element: headers, what changed, why they were dropped.',
  options: {
    ...GRAPH_OPTIONS,
    port: { type: 'string', multiple: true, value: 'NAME=SPEC', doc: 'Where frames come from: pcap:in=FILE, or gen:... ; without it one made-up frame comes to the first interface.' },
    from: { type: 'string', value: 'ELEMENT', doc: 'Hand the frames to the input of this element instead.' },
    match: { type: 'string', value: 'EXPR', doc: "Show only IPv4 packets that match, in IPFilter's language: 'dst tcp port 80'." },
    count: { type: 'string', short: 'n', value: 'N', doc: `Show so many frames at most; ${COUNT_DEFAULT} unless said.` },
    seed: { type: 'string', value: 'N', doc: 'Seed of hash keys and random numbers; 1 unless said.' },
  },
  positionals: [1, 1],
  async run(call) {
    const say = (text: string) => process.stderr.write(`${text}\n`);
    const count = readNumber(call, 'count', COUNT_DEFAULT, COUNT_MAX);
    const seed = readNumber(call, 'seed', SEED_DEFAULT, 0xffff_ffff);
    const { checked, warnings } = await loadGraph(call.positionals[0]!, loadOptions(call));
    for (const warning of warnings) say(formatDiagnostic(warning));
    const ports = new Map<string, PortSpec>(readPorts(call.list('port'), checked.interfaces));
    const first = checked.interfaces.find(({ receives }) => receives);
    if (call.list('port').length === 0 && first !== undefined) ports.set(first.name, { kind: 'gen', size: 64, count: 1, flows: 1, rate: 'max' });
    const result = trace(checked, { ports, from: call.text('from'), match: call.text('match'), count, seed, log: say });
    call.print(() => traceText(result), result);
    return 0;
  },
};

function readNumber(call: Call, option: string, otherwise: number, most: number): number {
  const text = call.text(option);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most) throw new UsageError('WL1391', `--${option} ${text} is not a number from 0 to ${most}`);
  return value;
}
