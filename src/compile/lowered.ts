/** A graph after lowering: the IR of its instances, and the C file of it all. */
import type { Plan } from '../plan/plan.js';
import type { CounterTable } from './counter-table.js';
import type { InstanceRoutines } from './routines.js';
import type { UnitFacts } from './unit-facts.js';

/** The header of native/ that drives the graph: the loop of a VM, of a process, or of a measurement. */
export type UnitHost = string;

export interface Lowered {
  readonly plan: Plan;
  readonly routines: readonly InstanceRoutines[];
  readonly counters: CounterTable;
  /** Size of the ring for lines of text; 0 when no element writes any. */
  readonly logBytes: number;
  /** C expressions for all element state, in the order of `statePieces`. */
  readonly places: readonly string[];
  /** The same for where instances keep their random numbers, by the numbers of those that have some. */
  readonly randoms: ReadonlyMap<number, string>;
  /** What passes over the whole graph did; see report.ts. */
  readonly facts: UnitFacts;
  /** The whole C file for a host's loop, given by the header's name; `more` are settings besides those of the graph. */
  source(host: UnitHost, more?: Readonly<Record<string, string>>): string;
}
