/** docs/specification.md: what is promised, what was measured last, and what is not yet met. Made from the history. */
import { conditionsText } from '#src/measure/conditions.js';
import { GOALS } from './goals.js';
import { reached, reachText, type GoalGroup } from './goals/goal.js';
import { figureText, history, type BenchRun, type Figure, type Row } from './record.js';
import { BOUNCE_TARGET, NATIVE_TARGETS, RATIO_TARGET, TARGET_GHZ, VM_TARGETS, type Target } from './targets.js';

const INTRODUCTION = `# Specification: figures

Made by \`npm run bench -- --write\` from its history (\`bench/history.ndjson\`); \`npm run bench\` prints the same tables for
your machine. Figures are medians of repeated runs; frames have 64 bytes with their check sequence. "By hand" is C of the
same job written by hand (\`bench/reference\`), measured in turns with ours, so that their ratio means more than times of a
machine that others share. "Cold" is traffic that misses the caches. "Others" are
DPDK's libraries and programs and paths through the kernel, in the same run, where they are installed. Switches, NAT and
connection tracking are written by hand twice. The one that ratios are of compares a byte of the hash for all entries of a
bucket at once, and asks for what a batch will want. "By hand without tags", among the others, compares one key after the
other: faster where flows are so few that a predictor knows which it will be, else slower by far. So are firewalls: by a table or a hash of
what rules ask for, and, among the others, "rule by rule" or by tuple space search. Ratios are of the one that is faster where
nothing can be foreseen; hot, the other may be faster than both. A row is of the last run that measured it; which one,
where it is not the one below, stands with the table. Times to reach are
of a core of ${TARGET_GHZ} GHz; on a slower one as many cycles reach them, too. Cycles are of the clock that the processor is named by
and counts time with; it may run faster for a while. A figure that is not reached says so.
`;

/** The page; each row is of the last run that measured it. */
export function specification(runs: readonly BenchRun[] = history()): string {
  // The run that measured most scenarios: others add single figures.
  const last = runs.findLast(({ scenarios }) => scenarios.length > 1) ?? runs.at(-1);
  if (last === undefined) return `${INTRODUCTION}\nNothing was measured yet.\n`;
  const rows = new Map<string, { row: Row; run: BenchRun }>();
  for (const run of runs) for (const row of run.scenarios) rows.set(`${row.engine} ${row.name}`, { row, run });
  const figures = new Map<string, { figure: Figure; run: BenchRun }>();
  for (const run of runs) for (const figure of run.figures) figures.set(figure.name, { figure, run });
  const measured = (engine: Row['engine']) => [...rows.values()].filter(({ row }) => row.engine === engine);
  const of = (engine: Row['engine']) => measured(engine).map(({ row }) => row);
  return [
    INTRODUCTION,
    `Measured on ${conditionsText(last.conditions)}, ${last.conditions.date.slice(0, 10)}.\n`,
    '## One core, packets in memory\n',
    table(['job', 'ns/packet', 'cycles', 'by hand, ns', 'ratio', 'cold, ns', 'by hand, ns', 'ratio', 'others, ns', 'to reach', ''], withMissing('native', of('native'), NATIVE_TARGETS).map(nativeRow)),
    ...otherRuns(measured('native'), last),
    '\n## Through a VM\n',
    'Generator, virtio rings, one virtual processor, virtio rings, sink; generator and sink are one thread. How long a cache\nline takes from one processor to the other, before and after, stands beside: rates of two processors depend on it.\nDPDK\'s bounce is of virtio-user and vhost between the same two processors in the same minute (`bench/peers/testpmd.ts`).\n',
    table(['job', 'Mpps', 'ns/packet', 'core to core, ns', "times DPDK's best bounce", 'to reach', ''], withMissing('vm', of('vm'), VM_TARGETS).map(vmRow)),
    ...otherRuns(measured('vm'), last),
    ...GOALS.flatMap((group) => groupLines(group, figures, last)),
    '',
  ].join('\n');
}

/** Which rows are of other runs than the page's, and what those were like. */
function otherRuns(rows: readonly { readonly row: Row; readonly run: BenchRun }[], last: BenchRun): string[] {
  const others = [...new Set(rows.map(({ run }) => run))].filter((run) => run !== last);
  return others.map((run) => {
    const names = rows.filter((each) => each.run === run).map(({ row }) => row.name);
    return `\n${names.join(', ')}: measured on ${conditionsText(run.conditions)}, ${run.conditions.date.slice(0, 10)}.`;
  });
}

/** A heading, what is measured and how it is measured again, and a row for each goal; one that has no figure says so. */
function groupLines({ name, title, text, goals, measure, usual }: GoalGroup, figures: ReadonlyMap<string, { figure: Figure; run: BenchRun }>, last: BenchRun): string[] {
  const runs = [...new Set(goals.flatMap((goal) => figures.get(goal.name)?.run ?? []))];
  const command = measure === undefined ? [] : [usual === true ? `Part of \`npm run bench\`; alone \`npm run bench -- --only ${name}\`.` : `\`npm run bench -- --only ${name}\`.`];
  const where = runs.filter((run) => run !== last).map(({ conditions: of }) => `Measured on ${conditionsText(of)}, ${of.date.slice(0, 10)}.`);
  const rows = goals.map((goal) => {
    const figure = figures.get(goal.name)?.figure;
    if (figure === undefined) return [goal.name, '-', reachText(goal), '**not measured yet**', ''];
    const good = reached(goal, figure.value);
    return [goal.name, figureText({ value: figure.value, unit: goal.unit }), reachText(goal), good === null ? '' : verdict(good), figure.note ?? ''];
  });
  const words = [...(text === undefined ? [] : [text]), ...command, ...where];
  return [`\n## ${title}\n`, ...(words.length === 0 ? [] : [`${words.join('\n')}\n`]), table(['figure', 'measured', 'to reach', '', ''], rows)];
}

const verdict = (good: boolean) => (good ? 'reached' : '**not yet**');
const ns = (value: number | null | undefined) => (value === null || value === undefined ? '-' : value.toFixed(2));
const quotient = (ours: number | null | undefined, theirs: number | null | undefined) => (typeof ours === 'number' && typeof theirs === 'number' ? (ours / theirs).toFixed(2) : '-');

function nativeRow(row: Row): string[] {
  const target = NATIVE_TARGETS[row.name];
  const met = row.ns_per_packet === null ? (row.reason ?? '') : target === undefined ? '' : nativeVerdict(row, target);
  const near = row.ns_per_packet === null || row.reference_ns_per_packet === null || row.ns_per_packet / row.reference_ns_per_packet <= RATIO_TARGET;
  return [
    row.name, ns(row.ns_per_packet), row.cycles_per_packet?.toFixed(1) ?? '-', ns(row.reference_ns_per_packet), quotient(row.ns_per_packet, row.reference_ns_per_packet),
    ns(row.cold_ns_per_packet), ns(row.cold_reference_ns_per_packet), quotient(row.cold_ns_per_packet, row.cold_reference_ns_per_packet),
    Object.entries(row.peers).flatMap(([name, of]) => (of === null ? [] : [`${name} ${of.toFixed(of < 100 ? 1 : 0)}`])).join('; ') || '-',
    target === undefined ? '' : `<= ${target.hot}`, near ? met : `${met}; ratio above ${RATIO_TARGET}`,
  ];
}

/** In time, or else in cycles: the machine's clock may be slower than that of the target. */
function nativeVerdict({ ns_per_packet, cycles_per_packet }: Row, { hot }: Target): string {
  if (ns_per_packet !== null && ns_per_packet <= hot) return verdict(true);
  const cycles = hot * TARGET_GHZ;
  return cycles_per_packet !== null && cycles_per_packet <= cycles ? `reached in cycles: ${cycles.toFixed(1)} are ${hot} ns at ${TARGET_GHZ} GHz` : verdict(false);
}

/** Rows, and one without figures for each target that was not measured. */
function withMissing(engine: Row['engine'], rows: readonly Row[], targets: Readonly<Record<string, unknown>>): Row[] {
  const missing = Object.keys(targets).filter((name) => !rows.some((row) => row.name === name));
  return [...rows, ...missing.map((name): Row => ({ name, engine, frame_size: 64, ns_per_packet: null, cycles_per_packet: null, samples: [], reference_ns_per_packet: null, peers: {}, reason: '**not measured yet**' }))];
}

function vmRow(row: Row): string[] {
  const target = VM_TARGETS[row.name];
  const mpps = row.ns_per_packet === null ? null : 1e3 / row.ns_per_packet;
  const bounces = Object.values(row.peers).filter((peer) => peer !== null);
  const times = row.ns_per_packet === null || bounces.length === 0 ? null : Math.min(...bounces) / row.ns_per_packet;
  const good = (target === undefined || (mpps !== null && mpps >= target)) && (times === null || times >= BOUNCE_TARGET);
  return [
    row.name, mpps === null ? '-' : mpps.toFixed(1), ns(row.ns_per_packet), row.core_to_core_ns?.join(', ') ?? '-', times === null ? '-' : times.toFixed(2),
    [...(target === undefined ? [] : [`>= ${target} Mpps`]), ...(times === null ? [] : [`>= ${BOUNCE_TARGET} times`])].join(', '),
    mpps === null ? (row.reason ?? '') : target === undefined ? '' : verdict(good),
  ];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
