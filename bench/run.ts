/** `npm run bench`: every figure that docs/specification.md promises, or with --scale how cost grows, for docs/scaling.md (options.ts has its words). */
import { textTable } from '#src/cli/text-table.js';
import { conditions, conditionsText } from '#src/measure/conditions.js';
import { measureFullSpeed } from '#src/measure/full-speed.js';
import { GROWTHS } from '#src/measure/scale/growth.js';
import { SCALE_COLUMNS, scaleRows } from '#src/measure/scale/report.js';
import { shown as shownNumber } from '#src/measure/shown.js';
import { timeLeft } from '#src/measure/time-left.js';
import { probeKvm } from '#src/run/machine.js';
import { CaptureWriter } from '#src/capture/write.js';
import { packageRoot } from '#src/package-root.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { measureClick } from './click.js';
import { coreToCore, CROSSING, measureCrossing } from './crossing.js';
import { GOALS, measureGoals } from './goals.js';
import { reached, reachText, type GoalGroup } from './goals/goal.js';
import { measureNative } from './native.js';
import { measureKernelPaths, type Measured } from './kernel-paths.js';
import { measureOpenVswitch } from './open-vswitch.js';
import { bounceTimes } from './peers/testpmd.js';
import { appendRun, figureText, type Row } from './record.js';
import { options } from './options.js';
import { measureScaling } from './scaling.js';
import { specification } from './specification.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { measureTestpmd } from './testpmd.js';

/** Samples of paths through the kernel: each takes seconds. */
const PEER_SAMPLES = 3;
/** Frames of a template: all that the hot mixes have. */
const VM_FRAMES = 1024;
/** The scenario that is compared with rings of others between two cores: nothing is done to its frames, either. */
const BOUNCED = 'wire';

const values = options(process.argv.slice(2));
const only = values.only?.split(',');
const { samples } = values;
const say = (text: string) => process.stderr.write(`${text}\n`);

const rows: Row[] = [];
if (values.scale !== undefined) {
  await showScaling(values.scale.split(','));
  process.exit();
}
const known = [...SCENARIOS.map(({ name }) => name), CROSSING, ...GOALS.map(({ name }) => name)];
const unknown = (only ?? []).filter((name) => !known.includes(name));
if (unknown.length > 0) {
  say(`--only ${unknown.join(',')}: nothing of that name is measured. There are ${known.join(', ')}.`);
  process.exit(2);
}
const asked = SCENARIOS.filter(({ name }) => only === undefined || only.includes(name));
const began = performance.now();
for (const [done, scenario] of asked.entries()) {
  say(`${scenario.name}, native (${done + 1} of ${asked.length}${timeLeft(began, done, asked.length)}) ...`);
  const { hot, cold, reason } = await measureNative(scenario, samples);
  const programs = values.peers ? await measurePrograms(scenario) : {};
  const coldFields = cold && { cold_ns_per_packet: cold.ns_per_packet, cold_cycles_per_packet: cold.cycles_per_packet, cold_samples: cold.samples, cold_reference_ns_per_packet: cold.reference_ns_per_packet, cold_peers: cold.peers };
  rows.push({ name: scenario.name, engine: 'native', frame_size: 64, ...hot, ...coldFields, ...withPeers(hot.peers, programs, scenario, reason) });
  if (values.vm) rows.push(await inVm(scenario));
}
if (only === undefined || only.includes(CROSSING)) {
  say(`${CROSSING} ...`);
  rows.push(await measureCrossing(samples));
}
const groups = GOALS.filter(({ name, usual }) => (only === undefined ? usual === true : only.includes(name)));
const figures = await measureGoals(groups, samples, say);
const vmm = probeKvm().usable ? 'kvm' : 'process';
if (values.write) {
  appendRun({ conditions: conditions(vmm), scenarios: rows, figures });
  writeFileSync(path.join(packageRoot, 'docs/specification.md'), specification());
}
if (values.json) {
  console.log(JSON.stringify({ conditions: conditions(vmm), scenarios: rows, figures }, null, 2));
} else {
  console.log(`${conditionsText(conditions(vmm))}; 64-byte frames, medians of ${samples} runs\n`);
  const shown = (value: number | null, digits = 2) => (value === null ? '-' : value.toFixed(digits));
  const ratio = (ours: number | null, theirs: number | null) => (ours === null || theirs === null ? '-' : (ours / theirs).toFixed(2));
  const peersText = ({ peers, cold_peers }: Row) => Object.entries(peers).map(([name, ns]) => `${name} ${shown(ns)}${cold_peers === undefined ? '' : ` ${shown(cold_peers[name] ?? null)}`}`).join(', ');
  if (rows.length > 0) console.log(textTable(
    [{ title: 'scenario' }, { title: 'engine' }, { title: 'ns/packet', align: 'right' }, { title: 'cycles', align: 'right' }, { title: 'Mpps', align: 'right' }, { title: 'by hand in C, ns', align: 'right' }, { title: 'ratio', align: 'right' }, { title: 'cold, ns', align: 'right' }, { title: 'by hand', align: 'right' }, { title: 'ratio', align: 'right' }, { title: 'others, hot and cold' }, { title: '' }],
    rows.map((row) => {
      const { ns_per_packet: ns, reference_ns_per_packet: reference, cold_ns_per_packet: cold = null, cold_reference_ns_per_packet: coldReference = null } = row;
      return [row.name, row.engine, shown(ns), shown(row.cycles_per_packet, 1), ns === null ? '-' : (1e3 / ns).toFixed(1), shown(reference), ratio(ns, reference), shown(cold), shown(coldReference), ratio(cold, coldReference), peersText(row), notes(row)];
    }),
  ));
  if (groups.length > 0) console.log(`${rows.length > 0 ? '\n' : ''}${textTable([{ title: 'figure' }, { title: 'measured', align: 'right' }, { title: 'to reach', align: 'right' }, { title: '' }, { title: '' }], groups.flatMap(figureRows))}`);
}

/** A row for each goal of a group, also for one that has no figure. */
function figureRows({ goals }: GoalGroup): string[][] {
  return goals.map((goal) => {
    const figure = figures.find(({ name }) => name === goal.name);
    if (figure === undefined) return [goal.name, '-', reachText(goal), 'not measured', ''];
    const good = reached(goal, figure.value);
    return [goal.name, figureText(figure), reachText(goal), good === null ? '' : good ? 'reached' : 'NOT reached', figure.note ?? ''];
  });
}

/** How cost grows, as a table. */
async function showScaling(names: readonly string[]): Promise<void> {
  const strange = names.filter((name) => !GROWTHS.some((growth) => growth.name === name));
  if (strange.length > 0) {
    say(`--scale ${strange.join(',')}: nothing of that name grows. There are ${GROWTHS.map(({ name }) => name).join(', ')}.`);
    process.exit(2);
  }
  const record = await measureScaling(names, samples, values.write, say);
  if (values.json) console.log(JSON.stringify(record, null, 2));
  else console.log(textTable(SCALE_COLUMNS.map((title) => ({ title })), scaleRows(record).map((row) => row.map((cell) => (typeof cell === 'number' ? shownNumber(cell) : cell)))));
}

/** What a reader should know beside the figures: how near the two cores were, and why something was not measured. */
function notes({ core_to_core_ns: cores, reason, peer_reasons = {} }: Row): string {
  return [
    ...(cores === undefined ? [] : [`core to core ${cores[0]} ns before, ${cores[1]} after`]),
    ...(reason === undefined ? [] : [reason]),
    ...Object.entries(peer_reasons).map(([name, why]) => `${name}: ${why}`),
  ].join('; ');
}

/** What others do for the job as whole programs, or the kernel does, in the same minute. */
async function measurePrograms(scenario: Scenario): Promise<Record<string, Measured>> {
  say(`${scenario.name}, others ...`);
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-peers-'));
  try {
    return {
      ...(await measureTestpmd(scenario.name, samples)),
      ...(await measureOpenVswitch(scenario, samples, folder)),
      ...(await measureKernelPaths(scenario, PEER_SAMPLES, folder)),
      ...(values.click === undefined ? {} : measureClick(values.click, scenario, PEER_SAMPLES, folder)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Figures of all peers by name; those that are null with their reasons beside. */
function withPeers(libraries: Row['peers'], programs: Readonly<Record<string, Measured>>, { peer }: Scenario, reason: string | undefined): Pick<Row, 'peers' | 'reason' | 'peer_reasons'> {
  const missing = peer === undefined || peer.name in libraries ? {} : { [peer.name]: { reason: reason ?? 'it was not measured' } };
  const all: [string, Measured][] = Object.entries({ ...missing, ...programs });
  const reasons = Object.fromEntries(all.flatMap(([name, measured]) => ('reason' in measured ? [[name, measured.reason]] : [])));
  return {
    peers: { ...libraries, ...Object.fromEntries(all.map(([name, measured]) => [name, 'reason' in measured ? null : measured.ns_per_packet])) },
    ...(Object.keys(reasons).length === 0 ? {} : { peer_reasons: reasons }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Generator -> virtio rings -> VM -> virtio rings -> sink. */
async function inVm(scenario: Scenario): Promise<Row> {
  const base = { name: scenario.name, engine: 'vm' as const, frame_size: 64, reference_ns_per_packet: null, peers: {} };
  if (!probeKvm().usable) return { ...base, ns_per_packet: null, cycles_per_packet: null, samples: [], reason: 'no usable /dev/kvm' };
  say(`${scenario.name}, in a VM ...`);
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-bench-'));
  try {
    const template = path.join(folder, 'frames.pcap');
    const writer = new CaptureWriter(template);
    for (const frame of scenario.hot().traffic(0, VM_FRAMES)) writer.write(0n, frame);
    writer.close();
    const before = await coreToCore();
    const document = await measureFullSpeed({ file: path.join(packageRoot, `bench/scenarios/${scenario.name}.yaml`), vmm: 'kvm', runs: samples, load: {}, traffic: { template } });
    const after = await coreToCore();
    const cores = before === undefined || after === undefined ? {} : { core_to_core_ns: [before, after] as const };
    // In the same minute, as what two cores can do together changes on shared hosts.
    const { times, reason } = scenario.name === BOUNCED ? await bounceTimes() : { times: {} };
    return { ...base, ns_per_packet: document.ns_per_packet, cycles_per_packet: document.cycles_per_packet, samples: document.samples, ...cores, peers: times, ...(reason === undefined ? {} : { reason }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
