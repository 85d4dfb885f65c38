/** The report of a graph as text: a line for each element, then what would make it faster (src/compile/report.ts). */
import type { EdgeReport, ElementReport } from '../compile/report.js';
import { bytesText, grouped, textTable, type Column } from './text-table.js';

/** What `explain --report` adds to a stage's value. */
export interface GraphReport {
  readonly memory: { readonly packets: number; readonly pool_bytes: number; readonly state_bytes: number };
  readonly counters: number;
  readonly trap_sites: number;
  readonly c_lines: number;
  readonly functions: number;
  readonly elements: readonly ElementReport[];
  readonly edges: readonly EdgeReport[];
}

const COLUMNS: readonly Column[] = [
  { title: 'element' },
  { title: 'class' },
  { title: 'code' },
  { title: 'batch' },
  { title: 'constants', align: 'right' },
  { title: 'state', align: 'right' },
  { title: 'steps', align: 'right' },
  { title: 'accesses', align: 'right' },
  { title: 'can fail', align: 'right' },
  { title: 'look-ups', align: 'right' },
  { title: 'decisions', align: 'right' },
];

/** Steps to decisions are the most that is done with one packet. */
export function reportText(name: string, report: GraphReport): string {
  const { memory, elements, edges } = report;
  return [
    `${name}: ${count(elements.length, 'element')}, ${count(report.functions, 'function')} in ${count(report.c_lines, 'line')} of C, ${count(report.counters, 'counter')}`,
    `memory: ${count(memory.packets, 'packet')} in ${bytesText(memory.pool_bytes)}, ${bytesText(memory.state_bytes)} of state`,
    `arrows: ${grouped(edges.length)}, ${kinds(edges)}; ${grouped(edges.filter(({ batched }) => batched !== 'one by one').length)} for packets together`,
    '',
    textTable(COLUMNS, elements.map(row)),
    ...changes(elements),
  ].join('\n');
}

function row({ name, class: type, code, batch, constants, programs, state, worst_case: work, traps }: ElementReport): (string | number)[] {
  const folded = sum([...constants, ...programs].map(({ bytes }) => bytes));
  const kept = sum(state.map(({ bytes }) => bytes));
  return [name, type, code, batch, size(folded), size(kept), ...[work.statements, work.accesses, traps.length, work.look_ups, work.decisions].map((value) => value || '-')];
}

/** What there is to change, with all that it would mend. */
function changes(elements: readonly ElementReport[]): string[] {
  const found = new Map<string, Map<string, string[]>>();
  for (const { name, compromises } of elements) {
    for (const { what, why, change } of compromises) {
      const reasons = found.get(change) ?? new Map<string, string[]>();
      found.set(change, reasons);
      const reason = `${what}, as ${why}`;
      reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
    }
  }
  if (found.size === 0) return [];
  return ['', 'What is not as fast as it might be, and what to change:', ...[...found].flatMap(([change, reasons]) => [`- ${change}`, ...[...reasons].map(([reason, names]) => `    ${reason}: ${names.join(', ')}`)])];
}

function kinds(edges: readonly EdgeReport[]): string {
  const numbers = new Map<string, number>();
  for (const { by } of edges) numbers.set(by, (numbers.get(by) ?? 0) + 1);
  return [...numbers].map(([by, number]) => `${grouped(number)} ${BY[by as EdgeReport['by']]}`).join(', ');
}

const BY: Readonly<Record<EdgeReport['by'], string>> = { 'fused call': 'fused', call: 'by a call', lane: 'in lanes', pull: 'by a pull', device: 'to a device' };

const count = (number: number, noun: string) => `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;
const size = (bytes: number) => (bytes === 0 ? '-' : bytesText(bytes));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
