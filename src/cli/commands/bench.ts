import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bench, METHODS, type Method } from '../../measure/bench.js';
import { conditionsText } from '../../measure/conditions.js';
import { csvOf } from '../../measure/csv-report.js';
import { htmlReport } from '../../measure/html-report.js';
import { appendRecord } from '../../measure/record.js';
import { GROWTHS } from '../../measure/scale/growth.js';
import { measureScale } from '../../measure/scale/measure.js';
import { scaleCsv, scalePlots, scaleReport, scaleRows } from '../../measure/scale/report.js';
import { shown } from '../../measure/shown.js';
import { wakeReport } from '../../measure/site/report.js';
import { measureWake } from '../../measure/wake.js';
import { VMMS } from '../../run/choose-vmm.js';
import { probeKvm } from '../../run/machine.js';
import { readGeneratorOptions, readPorts, type PortSpec } from '../../run/port-spec.js';
import { interfaceNames, openSubject } from '../../run/subject.js';
import { compare } from '../bench-compare.js';
import { checkFiles, number, sizesOf, vmmOf, whileNotStopped, writeWhereAsked } from '../bench-options.js';
import { boot, chain, density, publish, replacement } from '../bench-sites.js';
import { GRAPH_OPTIONS, loadOptions, UsageError, type Call, type Command } from '../command.js';
import { interruptedText, recordText } from '../show-record.js';
import { textTable } from '../text-table.js';

export const command: Command = {
  usage: 'GRAPH | boot | wake | scale | density | chain | swap | compare A B',
  summary: 'Measures packet rates (RFC 2544, MLRsearch), latency, loss, bursts, how fast appliances boot and wake, how cost grows; how many a machine holds, what chains carry, what a swap loses; compares two records or revisions.',
  options: {
    ...GRAPH_OPTIONS,
    method: { type: 'string', value: METHODS.join('|'), doc: 'What to measure; full-speed unless said: the appliance sets the pace.' },
    vmm: { type: 'string', value: VMMS.join('|'), doc: 'How to run; without it kvm, or process where there is no KVM.' },
    sizes: { type: 'string', value: 'BYTES,...', doc: 'Frame sizes with the frame check sequence, imix, or all (RFC 2544); 64 unless said, 64 and 1518 for chain.' },
    from: { type: 'string', value: 'INTERFACE', doc: 'Interface that frames are sent to; the first unless said.' },
    port: { type: 'string', multiple: true, value: 'NAME=SPEC', doc: 'Plug another interface in, as of run; what is behind it sends the frames back, and is measured too.' },
    template: { type: 'string', value: 'FILE', doc: 'Send the frames of a capture, in turn.' },
    traffic: { type: 'string', value: 'NAME=VALUE,...', doc: 'Options of the generator, as of a port gen: flows=N and others.' },
    duration: { type: 'string', value: 'SECONDS', doc: 'Of a trial that counts, or of the overload of recovery; 1 unless said. Of soak: how long, 60 unless said.' },
    rate: { type: 'string', value: 'PPS', doc: 'For soak and reset: frames a second; half of full speed unless said. For recovery: the throughput, searched unless said. For swap: a million unless said.' },
    search: { type: 'string', value: 'mlr|binary', doc: 'For throughput: MLRsearch unless said, or binary search with loss verification.' },
    runs: { type: 'string', value: 'N', doc: 'Repetitions: 7, or 100 boots, 3 of wake and chain, 2 of density, 5 of swap, unless said.' },
    count: { type: 'string', value: 'N', doc: 'For density: how many firewalls; 1,000 unless said.' },
    others: { type: 'string', value: 'N', doc: 'For boot: measure it, too, while so many firewalls run.' },
    html: { type: 'string', value: 'FILE', doc: 'Also write a report with plots and every condition.' },
    csv: { type: 'string', value: 'FILE', doc: 'Also write conditions, figures, samples and trials as CSV.' },
    trials: { type: 'boolean', doc: 'Also print every trial.' },
    history: { type: 'string', value: 'FILE', doc: 'Also append the record to a file, a line each.' },
    only: { type: 'string', value: 'NAME,...', doc: `For scale: ${GROWTHS.map(({ name }) => name).join(', ')}; all unless said. For chain: pairs, hop, chains.` },
    most: { type: 'string', value: 'N', doc: 'For scale: leave out what is larger. For chain: the longest chain; 8 unless said.' },
    svg: { type: 'string', value: 'FOLDER', doc: 'For scale: also write each plot as a file.' },
    graph: { type: 'string', value: 'GRAPH', doc: 'For boot, wake and compare: the graph; configs/firewall.yaml unless said, for wake configs/wire.yaml.' },
  },
  positionals: [1, 3],
  async run(call) {
    const [what, ...rest] = call.positionals as [string, ...string[]];
    checkFiles(call);
    if (what === 'compare') return compare(call, rest);
    if (rest.length > 0) throw new UsageError('WL1392', `bench takes one graph, not ${rest.length + 1}`);
    if (what === 'scale') return scale(call);
    const parts = { boot, wake, density, chain, swap: replacement }[what];
    return parts === undefined ? measure(call, what) : whileNotStopped((signal) => parts(call, signal));
  },
};

async function measure(call: Call, file: string): Promise<number> {
  const method = (call.text('method') ?? 'full-speed') as Method;
  if (!METHODS.includes(method)) throw new UsageError('WL1391', `--method ${method}: there is no such method`, `There are ${METHODS.join(', ')}.`);
  const search = call.text('search') ?? 'mlr';
  if (search !== 'mlr' && search !== 'binary') throw new UsageError('WL1391', `--search ${search} is neither mlr nor binary`);
  const plugs = await plugsOf(call, file);
  if (plugs.size > 0 && method === 'full-speed') throw new UsageError('WL1391', '--port needs a method that counts what is lost', 'For example --method throughput: what is behind a port does not say how many frames it takes.');
  const seconds = number(call, 'duration', method === 'soak' ? 60 : 1, 0.001, 1e6);
  const traffic = { ...(call.text('traffic') === undefined ? {} : readGeneratorOptions(call.text('traffic')!)), ...(call.text('template') === undefined ? {} : { template: call.text('template')! }) };
  return whileNotStopped(async (signal) => {
    const record = await bench({
      file,
      load: loadOptions(call),
      vmm: vmmOf(call),
      method,
      search,
      sizes: sizesOf(call.text('sizes') ?? '64'),
      from: call.text('from'),
      plugs,
      traffic,
      runs: number(call, 'runs', 7, 1, 100_000),
      trialSeconds: seconds,
      soakSeconds: seconds,
      soakRate: call.text('rate') === undefined ? undefined : number(call, 'rate', 0, 1, 1e9),
      signal,
      onProgress: (text) => process.stderr.write(`${text}\n`),
    });
    writeWhereAsked(call, { html: () => htmlReport(record), csv: () => csvOf(record), history: (to) => appendRecord(to, record) });
    call.print(() => recordText(record, call.flag('trials')), record);
    return record.partial === true ? 1 : 0;
  });
}

/** How cost grows with rules, routes, flows, elements and frames. */
async function scale(call: Call): Promise<number> {
  const names = GROWTHS.map(({ name }) => name);
  const only = call.text('only')?.split(',') ?? names;
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new UsageError('WL1391', `--only ${unknown.join(',')}: nothing of that name grows`, `There are ${names.join(', ')}.`);
  const vmm = vmmOf(call) ?? (probeKvm().usable ? 'kvm' : 'process');
  return whileNotStopped(async (signal) => {
    const record = await measureScale({
      growths: GROWTHS.filter(({ name }) => only.includes(name)),
      runs: number(call, 'runs', 5, 1, 1000),
      most: number(call, 'most', 1e9, 1, 1e9),
      vmm,
      signal,
      onProgress: (text) => process.stderr.write(`${text}\n`),
    });
    writeWhereAsked(call, { html: () => scaleReport(record), csv: () => scaleCsv(record), history: (to) => appendRecord(to, record) });
    const folder = call.text('svg');
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true });
      for (const [name, svg] of scalePlots(record)) writeFileSync(path.join(folder, name), svg);
    }
    const rows = scaleRows(record).map((row) => row.map((cell) => (typeof cell === 'number' ? shown(cell) : cell)));
    const right = (title: string) => ({ title, align: 'right' as const });
    call.print(() => [conditionsText(record.conditions), ...interruptedText(record), '', textTable([{ title: 'growth' }, right('size'), { title: 'line' }, right('median'), right('least'), right('most'), { title: 'unit' }], rows)].join('\n'), record);
    return record.partial === true ? 1 : 0;
  });
}

/** What an appliance takes without traffic, and how soon it is awake. */
async function wake(call: Call, signal: AbortSignal): Promise<number> {
  const result = await measureWake({ graph: call.text('graph'), vmm: vmmOf(call), runs: number(call, 'runs', 3, 1, 1000), load: loadOptions(call), signal, onProgress: (text) => process.stderr.write(`${text}\n`) });
  const { idle_percent: idle, wake_ns } = result;
  return publish(
    call,
    () =>
      [
        conditionsText(result.conditions),
        ...interruptedText(result),
        `without traffic: ${idle.median.toFixed(3)} % of a core (${idle.samples.map((sample) => sample.toFixed(3)).join(', ')}; VMM and guest)`,
        `asleep, from a frame to the same frame out: ${Object.entries(wake_ns).map(([name, ns]) => `${name} ${(ns / 1000).toFixed(1)}`).join(', ')} us (${result.frames} frames)`,
      ].join('\n'),
    result,
    wakeReport(result),
  );
}

/** What interfaces beside the generator's are plugged into. */
async function plugsOf(call: Call, file: string): Promise<Map<string, PortSpec>> {
  const options = call.list('port');
  if (options.length === 0) return new Map();
  const { subject } = await openSubject(file, loadOptions(call));
  const names = interfaceNames(subject);
  const plugs = new Map([...readPorts(options, names.map((name) => ({ name })))].filter(([, { kind }]) => kind !== 'null'));
  const from = call.text('from') ?? names[0];
  if (from !== undefined && plugs.has(from)) throw new UsageError('WL1391', `--port ${from}: the generator is there`, 'Plug in another interface, or choose with --from where frames are sent to.');
  return plugs;
}
