/** Rules that one earlier rule covers, of lists too long to compare each with all others together. */
import type { Rule } from './expression.js';
import { RulesTooLarge, Terms, type Conjunction, type Term } from './terms.js';
import { FULL, intersection, type ValueSet } from './value-set.js';

/** Conjunctions that a rule may be; rules that are more are left alone. */
const CONJUNCTIONS_MAX = 16;
/** Comparisons of two conjunctions: about a second. */
const COMPARISONS_MAX = 500_000_000;

/**
 * Numbers of the rules that contradict themselves, or whose packets each match an earlier rule's conjunction as a whole. Rules
 * that only several earlier ones cover together are not found.
 */
export function coveredRules(rules: readonly Rule[], networkBytes: number): number[] {
  const terms = new Terms(networkBytes);
  let of: Term[];
  try {
    of = rules.map(({ condition }) => terms.of(condition));
  } catch (error) {
    if (error instanceof RulesTooLarge) return [];
    throw error;
  }
  const parts = of.map((term) => terms.conjunctions(term, CONJUNCTIONS_MAX));
  const all = parts.flatMap((own) => own ?? []);
  const columns = terms.variables.map((_, variable) => new Column(all.map((part) => part.get(variable) ?? FULL)));
  // What tells most of them apart first: mostly that is all that is compared.
  columns.sort((x, y) => y.variety - x.variety);
  const covered: number[] = [];
  let before = 0;
  let comparisons = 0;
  for (const [index, own] of parts.entries()) {
    if (own === undefined) continue;
    comparisons += own.length * before;
    if (comparisons > COMPARISONS_MAX) break;
    const first = before;
    if (own.every((_: Conjunction, number) => isCovered(columns, first + number, first))) covered.push(index);
    before += own.length;
  }
  return covered;
}

/** The sets of one variable in all conjunctions, and their bounds, by which most are told apart. */
class Column {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly variety: number;

  constructor(private readonly sets: readonly ValueSet[]) {
    this.low = Float64Array.from(sets, (set) => set[0]!);
    this.high = Float64Array.from(sets, (set) => (set.length % 2 === 0 ? set.at(-1)! : Infinity));
    this.variety = new Set(this.low).size;
  }

  holds(outer: number, inner: number): boolean {
    const [a, b] = [this.sets[outer]!, this.sets[inner]!];
    return a === b || intersection(a, b).join() === b.join();
  }
}

/** Whether a conjunction is within one of the first `before`. */
function isCovered(columns: readonly Column[], at: number, before: number): boolean {
  const first = columns[0];
  if (first === undefined) return before > 0;
  const [low, high] = [first.low[at]!, first.high[at]!];
  for (let other = 0; other < before; other += 1) {
    if (first.low[other]! > low || first.high[other]! < high) continue;
    if (columns.every((column) => column.low[other]! <= column.low[at]! && column.high[other]! >= column.high[at]!) && columns.every((column) => column.holds(other, at))) return true;
  }
  return false;
}
