/** docs/specification.md: what is promised, what was measured last, and what is not yet met. Made from the history. */
import { conditionsText } from '#src/measure/conditions.js';
import { history, type BenchRun, type Row } from './record.js';
import { NATIVE_TARGETS, RATIO_TARGET, VM_TARGETS } from './targets.js';

const INTRODUCTION = `# Specification: figures

Made by \`npm run bench -- --write\` from its history (\`bench/history.ndjson\`); \`npm run bench\` prints the same tables for
your machine. Figures are medians of repeated runs; frames have 64 bytes with their check sequence. "By hand" is C of the
same job written by hand (\`bench/reference\`), measured in turns with ours, so that their ratio means more than times of a
machine that others share. "Cold" is traffic that misses the caches. "Others" are
DPDK's libraries and programs and paths through the kernel, in the same run, where they are installed. A figure that is not reached says so.
`;

/** The page; each row is of the last run that measured it. */
export function specification(runs: readonly BenchRun[] = history()): string {
  const last = runs.at(-1);
  if (last === undefined) return `${INTRODUCTION}\nNothing was measured yet.\n`;
  const rows = new Map<string, { row: Row; run: BenchRun }>();
  for (const run of runs) for (const row of run.scenarios) rows.set(`${row.engine} ${row.name}`, { row, run });
  const figures = [...runs].reverse().find((run) => run.figures.length > 0);
  const sites = [...runs].reverse().find((run) => run.sites !== undefined);
  const of = (engine: Row['engine']) => [...rows.values()].filter(({ row }) => row.engine === engine).map(({ row }) => row);
  return [
    INTRODUCTION,
    `Measured on ${conditionsText(last.conditions)}, ${last.conditions.date.slice(0, 10)}.\n`,
    '## One core, packets in memory\n',
    table(['job', 'ns/packet', 'cycles', 'by hand, ns', 'ratio', 'cold, ns', 'by hand, ns', 'ratio', 'others, ns', 'to reach', ''], of('native').map(nativeRow)),
    '\n## Through a VM\n',
    'Generator, virtio rings, one virtual processor, virtio rings, sink; generator and sink are one thread. How long a cache\nline takes from one processor to the other, before and after, stands beside: rates of two processors depend on it.\n',
    table(['job', 'Mpps', 'ns/packet', 'core to core, ns', 'to reach', ''], of('vm').map(vmRow)),
    ...(figures === undefined ? [] : ['\n## Sizes and times\n', table(['figure', 'measured', 'to reach', ''], figures.figures.map(({ name, value, unit, reach, good }) => [name, `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`, reach, verdict(good)]))]),
    ...(sites === undefined ? [] : [`\n## A machine full of appliances\n\n\`npx wirelet bench density\`, \`boot --others 999\`, \`chain\`, \`swap\` and \`wake\`; ${sites.conditions.cores} cores, ${sites.conditions.memory_gib} GiB, ${sites.conditions.date.slice(0, 10)}.\n`, table(['figure', 'measured', 'to reach', ''], sites.sites!.map(({ name, measured, reach, good }) => [name, measured, reach, good === null ? '' : verdict(good)]))]),
    '',
  ].join('\n');
}

const verdict = (good: boolean) => (good ? 'reached' : '**not yet**');
const ns = (value: number | null | undefined) => (value === null || value === undefined ? '-' : value.toFixed(2));
const quotient = (ours: number | null | undefined, theirs: number | null | undefined) => (typeof ours === 'number' && typeof theirs === 'number' ? (ours / theirs).toFixed(2) : '-');

function nativeRow(row: Row): string[] {
  const target = NATIVE_TARGETS[row.name];
  const reached = target === undefined || row.ns_per_packet === null ? '' : verdict(row.ns_per_packet <= target.hot);
  const near = row.ns_per_packet === null || row.reference_ns_per_packet === null || row.ns_per_packet / row.reference_ns_per_packet <= RATIO_TARGET;
  return [
    row.name, ns(row.ns_per_packet), row.cycles_per_packet?.toFixed(1) ?? '-', ns(row.reference_ns_per_packet), quotient(row.ns_per_packet, row.reference_ns_per_packet),
    ns(row.cold_ns_per_packet), ns(row.cold_reference_ns_per_packet), quotient(row.cold_ns_per_packet, row.cold_reference_ns_per_packet),
    Object.entries(row.peers).flatMap(([name, of]) => (of === null ? [] : [`${name} ${of.toFixed(of < 100 ? 1 : 0)}`])).join('; ') || '-',
    target === undefined ? '' : `<= ${target.hot}`, near ? reached : `${reached}; ratio above ${RATIO_TARGET}`,
  ];
}

function vmRow(row: Row): string[] {
  const target = VM_TARGETS[row.name];
  const mpps = row.ns_per_packet === null ? null : 1e3 / row.ns_per_packet;
  return [row.name, mpps === null ? '-' : mpps.toFixed(1), ns(row.ns_per_packet), row.core_to_core_ns?.join(', ') ?? '-', target === undefined ? '' : `>= ${target}`, mpps === null ? (row.reason ?? '') : target === undefined ? '' : verdict(mpps >= target)];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
