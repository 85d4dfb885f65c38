/** `bench compare A B`: two records, or two revisions that are built and measured in turns. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { compareTimes, compareTurns, TURNS_MIN, type Comparison } from '../measure/comparison.js';
import { comparisonCsv, comparisonReport, type ComparisonRecord } from '../measure/comparison-report.js';
import { measureRevisions } from '../measure/compare-revisions.js';
import { conditions, conditionsText } from '../measure/conditions.js';
import { appendRecord, readRecord } from '../measure/record.js';
import { shown } from '../measure/shown.js';
import { packageRoot } from '../package-root.js';
import { chooseVmm } from '../run/choose-vmm.js';
import { openSubject } from '../run/subject.js';
import { number, vmmOf, whileNotStopped, writeWhereAsked } from './bench-options.js';
import { loadOptions, UsageError, type Call } from './command.js';
import { interruptedText } from './show-record.js';

const TURNS = 9, TURNS_MAX = 1000;
/** Options that both revisions get as they are. */
const HANDED_ON = ['vmm', 'sizes', 'from', 'template', 'traffic'] as const;

export async function compare(call: Call, names: readonly string[]): Promise<number> {
  if (names.length !== 2) throw new UsageError('WL1392', 'bench compare needs two records or two revisions', 'Write wirelet bench compare A B; a record is what --json or --history wrote.');
  const [a, b] = names as [string, string];
  if (call.text('sizes')?.includes(',') === true) throw new UsageError('WL1391', `--sizes ${call.text('sizes')}: two revisions are compared with frames of one size`);
  const turns = number(call, 'runs', TURNS, TURNS_MIN, TURNS_MAX);
  const finish = (record: ComparisonRecord) => {
    writeWhereAsked(call, { html: () => comparisonReport(record), csv: () => comparisonCsv(record), history: (file) => appendRecord(file, record) });
    call.print(() => textOf(record), record);
    return record.verdict === 'unclear' || record.partial === true ? 1 : 0;
  };
  return names.every((name) => existsSync(name)) ? finish(ofRecords(a, b)) : whileNotStopped(async (signal) => finish(await ofRevisions(call, a, b, turns, signal)));
}

function ofRecords(a: string, b: string): ComparisonRecord {
  const records = [readRecord(a), readRecord(b)] as const;
  const [one, other] = records;
  const differ = one.conditions.host_fingerprint !== other.conditions.host_fingerprint;
  const found = compareTimes(one.samples, other.samples);
  const result: Comparison = differ ? { ...found, verdict: 'unclear', text: 'no conclusion: the records are of different hosts' } : found;
  return { conditions: other.conditions, names: [a, b], a: one.samples, b: other.samples, in_turns: false, ...result };
}

async function ofRevisions(call: Call, a: string, b: string, turns: number, signal: AbortSignal): Promise<ComparisonRecord> {
  const graph = path.resolve(call.text('graph') ?? path.join(packageRoot, 'configs/firewall.yaml'));
  const vmm = vmmOf(call);
  // What is wrong with the graph is said before anything is built.
  const { subject } = await openSubject(graph, loadOptions(call));
  const words = [
    ...HANDED_ON.flatMap((name) => (call.text(name) === undefined ? [] : [`--${name}`, call.text(name)!])),
    ...(['set', 'elements'] as const).flatMap((name) => call.list(name).flatMap((value) => [`--${name}`, value])),
  ];
  const { revisions, partial, turns: done } = await measureRevisions({ names: [a, b], graph, words, turns, signal, onProgress: (text) => process.stderr.write(`${text}\n`) });
  const [first, second] = revisions.map(({ name, commit }) => (commit.startsWith(name) ? commit.slice(0, 12) : `${name} (${commit.slice(0, 12)})`)) as [string, string];
  return { conditions: conditions(chooseVmm(vmm, subject).vmm), names: [first, second], a: done.map(({ a: ns }) => ns), b: done.map(({ b: ns }) => ns), in_turns: true, core_to_core_ns: done.map(({ core_to_core_ns }) => core_to_core_ns), ...(partial === true ? { partial } : {}), ...compareTurns(done) };
}

function textOf(record: ComparisonRecord): string {
  const { names, a, b, core_to_core_ns } = record;
  return [
    conditionsText(record.conditions),
    ...interruptedText(record),
    `A ${names[0]}: ${a.map(shown).join(', ')} ns/packet`,
    `B ${names[1]}: ${b.map(shown).join(', ')} ns/packet`,
    ...(core_to_core_ns === undefined ? [] : [`From core to core, before, between and after them: ${core_to_core_ns.map((times) => times.map((ns) => (ns === null ? '-' : shown(ns))).join(' ')).join(', ')} ns`]),
    record.text,
  ].join('\n');
}
