/**
 * Stride scheduling (Waldspurger and Weihl, "Stride Scheduling: Deterministic Proportional-Share Resource Management",
 * 1995): whoever has the lowest pass is next, and each turn raises the pass by a stride, the smaller the more tickets.
 */
import { integer, rest } from 'wirelet';

/** Stride of one ticket. */
const STRIDE_ONE = 65_536;
/** Passes above this are brought down together, since only their differences count. */
export const PASS_HIGH = 1_099_511_627_776;

/** Passes grow no higher: what they are brought down from, and one stride. */
export const PASS_MAX = PASS_HIGH + 2 * STRIDE_ONE;

export const tickets = rest(integer({ min: 1, max: 32_768, doc: 'Tickets.' }), { min: 1, max: 1024, doc: 'Tickets of each port, in order.' });

/** Strides of ports with these tickets. */
export function stridesOf(given: readonly number[]): number[] {
  return given.map((value) => Math.trunc(STRIDE_ONE / value));
}
