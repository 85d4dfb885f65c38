import { formatDiagnostic } from '../../diagnostics.js';
import { loadGraph } from '../../graph/load.js';
import { ControlClient } from '../../run/control/control-client.js';
import { traceAppliance } from '../../run/control/live-trace.js';
import { findRegistered } from '../../run/control/run-folder.js';
import { readPorts, type PortSpec } from '../../run/port-spec.js';
import { SEED_DEFAULT } from '../../run/run-request.js';
import { arrivalsAt } from '../../run/trace/arrivals.js';
import { traceText } from '../../run/trace/trace-text.js';
import { trace } from '../../run/trace/trace.js';
import { GRAPH_OPTIONS, loadOptions, UsageError, wholeNumber, type Call, type Command } from '../command.js';
import { namesGraph } from '../names-graph.js';
import { refusal } from '../refusal.js';
import { stopSignal } from '../stop-signal.js';

const COUNT_DEFAULT = 10;
const COUNT_MAX = 100_000;

export const command: Command = {
  usage: 'GRAPH|VM [--port NAME=pcap:in=FILE]...',
  summary: 'Shows what becomes of packets, element by element: headers, what changed, why they were dropped.',
  options: {
    ...GRAPH_OPTIONS,
    port: { type: 'string', multiple: true, value: 'NAME=SPEC', doc: 'Where frames come from: pcap:in=FILE, or gen:... ; without it one made-up frame comes to the first interface.' },
    from: { type: 'string', value: 'ELEMENT', doc: 'Hand the frames to the input of this element instead.' },
    match: { type: 'string', value: 'EXPR', doc: "Show only IPv4 packets that match, in IPFilter's language: 'dst tcp port 80'." },
    count: { type: 'string', short: 'n', value: 'N', doc: `Show so many frames at most; ${COUNT_DEFAULT} unless said.` },
    seed: { type: 'string', value: 'N', doc: 'Seed of hash keys and random numbers; 1 unless said.' },
    for: { type: 'string', value: 'SECONDS', doc: 'Of a VM: wait so long for frames; else until there are N, or Ctrl-C.' },
  },
  positionals: [1, 1],
  async run(call) {
    const [subject] = call.positionals as [string];
    return namesGraph(subject) ? ofGraph(call, subject) : ofAppliance(call, subject);
  },
};

const say = (text: string) => process.stderr.write(`${text}\n`);

async function ofGraph(call: Call, file: string): Promise<number> {
  const count = wholeNumber(call, 'count', COUNT_DEFAULT, COUNT_MAX);
  const { checked, warnings } = await loadGraph(file, loadOptions(call));
  for (const warning of warnings) say(formatDiagnostic(warning));
  const ports = new Map<string, PortSpec>(readPorts(call.list('port'), checked.interfaces));
  const first = checked.interfaces.find(({ receives }) => receives);
  if (call.list('port').length === 0 && first !== undefined) ports.set(first.name, { kind: 'gen', size: 64, count: 1, flows: 1, rate: 'max' });
  const result = trace(checked, { arrivals: arrivalsAt(checked, ports, count), from: call.text('from'), match: call.text('match'), count, seed: seedOf(call), log: say });
  call.print(() => traceText(result), result);
  return 0;
}

/** Copies of what a running appliance receives, followed through its graph in Node. */
async function ofAppliance(call: Call, vm: string): Promise<number> {
  if (call.list('port').length > 0 || call.text('from') !== undefined) {
    throw new UsageError('WL1391', '--port and --from are for graphs: frames of a running appliance come from its interfaces');
  }
  const { socket } = findRegistered(vm);
  const stopper = stopSignal(wholeNumber(call, 'for', 0, 1e6));
  const client = await ControlClient.connect({ path: socket });
  try {
    const count = wholeNumber(call, 'count', COUNT_DEFAULT, COUNT_MAX);
    const result = await traceAppliance(client, {
      vm, match: call.text('match'), count, seed: seedOf(call), elementFolders: call.list('elements'), signal: stopper.signal, log: say,
    });
    const how = `Followed in Node, ${result.with_state ? 'with what the elements knew when this began' : 'beginning anew'}; ${result.lost === 0 ? 'no frame is missing' : `${result.lost} frames are missing`}.`;
    call.print(() => `${traceText(result)}\n${how}`, result);
    return 0;
  } catch (error) {
    throw refusal(error, vm);
  } finally {
    client.close();
    stopper.close();
  }
}

const seedOf = (call: Call) => wholeNumber(call, 'seed', SEED_DEFAULT, 0xffff_ffff);
