/**
 * Nodes of a decision program as tables that are walked without a branch. An index node subtracts a base
 * from its variable, modulo 2^32, and divides by the width of its entries; what is beyond them (and so what
 * is below the base, too) has the last entry. Entries are index nodes again. The ends of the program are
 * nodes that lead to themselves, so that a walk of as many steps as the deepest path has ends well for
 * every packet; and so are its lists, which come next and are looked at when the walk is over.
 *
 * The division is a multiplication by 2^31 / width, rounded up, and a shift. For widths that are powers
 * of two it is exact; with one entry of another width w, the result is 0 exactly for distances below w if
 * w (w - 1) < 2^31.
 *
 * A node with many ranges becomes a table of about as many entries; where a boundary falls inside an
 * entry, that entry is a node on the same variable again.
 */
import { LIST_RULES_MAX, rankOf, type Choice, type DecisionProgram, type List, type Target } from '../kit/classify/program.js';

/** Entries of one node for each of its ranges, at most; more make shallower walks and larger tables. */
const ENTRIES_PER_RANGE = 4;
const ENTRIES_MIN = 8;
const ENTRIES_MAX = 65_536;
/** Widest single entry that is not a power of two. */
const ODD_WIDTH_MAX = 46_341;

export interface IndexNode {
  readonly variable: number;
  readonly base: number;
  /** 2^31 / width of an entry, rounded up. */
  readonly factor: number;
  /** Where its entries begin. */
  readonly start: number;
  /** The entry for all values beyond the others, counted from `start`. */
  readonly last: number;
  /** Steps to the end of the longest path. */
  readonly depth: number;
}

/** Values `from..to` go on alike. */
interface Interval {
  readonly from: number;
  readonly to: number;
  readonly target: Target;
}

export class IndexTables {
  readonly nodes: IndexNode[] = [];
  readonly entries: number[] = [];
  /** Nodes below this number are where walks end: the end with rank `r` is node `r`, lists follow. */
  readonly leaves: number;
  private readonly lists: List[] = [];
  private readonly numbers = new Map<Target, number>();
  private readonly stored = new Map<string, number>();

  constructor(
    private readonly program: DecisionProgram,
    private readonly maximumOf: (variable: number) => number,
  ) {
    program.classes.forEach(() => this.leaf());
    program.nodes.forEach((node, target) => {
      if (node.kind !== 'list') return;
      this.numbers.set(target, this.leaf());
      this.lists.push(node);
    });
    this.leaves = this.nodes.length;
  }

  private leaf(): number {
    const number = this.nodes.length;
    const start = this.entries.push(number) - 1;
    return this.nodes.push({ variable: 0, base: 0, factor: 0, start, last: 0, depth: 0 }) - 1;
  }

  /** The index node for a node or end of the program. */
  numberOf(target: Target): number {
    if (target < 0) return rankOf(target);
    const known = this.numbers.get(target);
    if (known !== undefined) return known;
    const { variable, bounds, targets } = this.program.nodes[target] as Choice;
    const intervals = targets.map((next, index) => ({
      from: index === 0 ? 0 : bounds[index - 1]!,
      to: index === targets.length - 1 ? this.maximumOf(variable) : bounds[index]! - 1,
      target: next,
    }));
    const number = this.indexed(variable, intervals);
    this.numbers.set(target, number);
    return number;
  }

  /** Variables that the lists compare. */
  get listVariables(): number[] {
    const variables = this.lists.flatMap(({ rules }) => rules.flatMap(({ ranges }) => ranges.map(({ variable }) => variable)));
    return [...new Set(variables)].sort((a, b) => a - b);
  }

  /** Lists of one rule at most: nothing to do at the same time. */
  get single(): boolean {
    return this.lists.every(({ rules }) => rules.length <= 1);
  }

  /**
   * For each leaf, as wl_classify.h describes: the ranges of four rules for each list variable, and five
   * ranks: those of the rules and that of none of them. Leaves that are no lists have rules that always hold.
   */
  listTables(): { ranges: number[]; ranks: number[] } {
    const ranges = this.ofLists(this.allLeaves(), (list) =>
      this.listVariables.flatMap((variable) => {
        const lanes = Array.from({ length: LIST_RULES_MAX }, (_, index) => laneOf(list?.rules[index], variable));
        return [...lanes.map(({ low }) => low), ...lanes.map(({ low, high }) => ((high - low) ^ 0x8000_0000) >>> 0)];
      }));
    return { ranges, ranks: this.ofLists(this.allLeaves(), (list, otherwise) => [...ranksOf(list, otherwise), otherwise]) };
  }

  /**
   * The same for lists of one rule: the low end and, unless it is the same in all of them, the width of its
   * range for each variable, then two ranks for each leaf: without a match, and with one. `leaves`: those that are wanted, in this order.
   */
  singleTables(leaves = this.allLeaves()): { ranges: number[]; ranks: number[]; widths: (number | undefined)[] } {
    const variables = this.listVariables;
    const lanes = this.lists.map(({ rules }) => variables.map((variable) => laneOf(rules[0], variable)));
    const widths = variables.map((_, index) => {
      const [first, ...others] = lanes.map((lane) => lane[index]!.high - lane[index]!.low);
      return others.every((width) => width === first) ? first : undefined;
    });
    // What is no list has the same rank twice: any range serves there.
    const ranges = this.ofLists(leaves, (list) =>
      variables.flatMap((variable, index) => {
        const { low, high } = laneOf(list?.rules[0], variable);
        return widths[index] === undefined ? [low, high - low] : [low];
      }));
    return { ranges, ranks: this.ofLists(leaves, (list, otherwise) => [otherwise, ranksOf(list, otherwise)[0]!]), widths };
  }

  private allLeaves(): readonly number[] {
    return Array.from({ length: this.leaves }, (_, leaf) => leaf);
  }

  /** What is said of each leaf, in their order; `otherwise` is the rank where none of its rules matches. */
  private ofLists(leaves: readonly number[], words: (list: List | undefined, otherwise: number) => readonly number[]): number[] {
    return leaves.flatMap((leaf) => {
      const list = this.lists[leaf - this.program.classes.length];
      return words(list, list === undefined ? leaf : rankOf(list.otherwise));
    });
  }

  /** Variables that nodes below `number` look at. */
  variablesBelow(number: number): number[] {
    const seen = new Set<number>();
    const variables = new Set<number>();
    const visit = (at: number): void => {
      const node = this.nodes[at]!;
      if (node.depth === 0 || seen.has(at)) return;
      seen.add(at);
      variables.add(node.variable);
      for (const next of this.entries.slice(node.start, node.start + node.last + 1)) visit(next);
    };
    visit(number);
    return [...variables].sort((a, b) => a - b);
  }

  /** For each of the first steps from `root`: the variable that all nodes there look at, if it is one. */
  levels(root: number, steps: number): (number | undefined)[] {
    const result: (number | undefined)[] = [];
    let level = new Set([root]);
    for (let step = 0; step < steps; step += 1) {
      const variables = new Set([...level].map((at) => this.nodes[at]!.variable));
      result.push(variables.size === 1 ? [...variables][0] : undefined);
      const next = new Set<number>();
      for (const at of level) {
        const { start, last } = this.nodes[at]!;
        // Ends need no step: any variable serves there.
        for (const entry of this.entries.slice(start, start + last + 1)) if (this.nodes[entry]!.depth > 0) next.add(entry);
      }
      level = next;
    }
    return result;
  }

  /** A node for values known to lie within the intervals, which follow each other. */
  private indexed(variable: number, intervals: readonly Interval[]): number {
    const first = intervals[0]!;
    const final = intervals.at(-1)!;
    if (intervals.length === 1) return this.numberOf(first.target);
    // Alike on both sides: only what lies between needs entries.
    const same = intervals.length > 2 && first.target === final.target;
    const outside = same || intervals.length === 2 ? final : undefined;
    const inner = outside === undefined ? intervals : same ? intervals.slice(1, -1) : intervals.slice(0, 1);
    const lowest = inner[0]!.from;
    const highest = inner.at(-1)!.to;
    const most = Math.min(ENTRIES_MAX, Math.max(ENTRIES_MIN, intervals.length * ENTRIES_PER_RANGE));
    const width = highest - lowest + 1;
    if (inner.length === 1 && outside !== undefined && (width <= ODD_WIDTH_MAX || isPower(width))) {
      const next = [this.numberOf(inner[0]!.target), this.numberOf(outside.target)];
      return this.store({ variable, base: lowest, factor: Math.ceil(2 ** 31 / width) }, next);
    }
    // Aligned, so that prefixes fall on whole entries, unless that would leave the values known.
    let shift = shiftFor(inner, 0, most);
    let base = Math.floor(lowest / 2 ** shift) * 2 ** shift;
    if (base < first.from) {
      base = first.from;
      shift = shiftFor(inner, base, most);
    }
    const unit = 2 ** shift;
    const next: number[] = [];
    for (let from = base; from <= highest; from += unit) {
      next.push(this.indexed(variable, clipped(intervals, from, from + unit - 1)));
    }
    next.push(outside === undefined ? next.at(-1)! : this.numberOf(outside.target));
    return this.store({ variable, base, factor: 2 ** (31 - shift) }, next);
  }

  private store(node: Pick<IndexNode, 'variable' | 'base' | 'factor'>, next: readonly number[]): number {
    const key = `${node.variable} ${node.base} ${node.factor} ${next.join()}`;
    const known = this.stored.get(key);
    if (known !== undefined) return known;
    const start = this.entries.length;
    for (const entry of next) this.entries.push(entry);
    const depth = 1 + next.reduce((most, entry) => Math.max(most, this.nodes[entry]!.depth), 0);
    const number = this.nodes.push({ ...node, start, last: next.length - 1, depth }) - 1;
    this.stored.set(key, number);
    return number;
  }
}

/** The greatest shift that separates the intervals, counted from `base`, or the least with `most` entries. */
function shiftFor(inner: readonly Interval[], base: number, most: number): number {
  const highest = inner.at(-1)!.to;
  let shift = trailingZeros(highest + 1 - base);
  for (const { from } of inner.slice(1)) shift = Math.min(shift, trailingZeros(from - base));
  while ((highest - Math.max(base, inner[0]!.from)) / 2 ** shift >= most && shift < 31) shift += 1;
  return shift;
}

function isPower(value: number): boolean {
  return Number.isInteger(Math.log2(value)) && value < 2 ** 32;
}

/** The range of a rule's values of a variable; everything if it does not ask. */
function laneOf(rule: List['rules'][number] | undefined, variable: number): { low: number; high: number } {
  return rule?.ranges.find((range) => range.variable === variable) ?? { low: 0, high: 0xffff_ffff };
}


/** The ranks of a list's rules, and what comes of none in the places that are left. */
function ranksOf(list: List | undefined, otherwise: number): number[] {
  return Array.from({ length: LIST_RULES_MAX }, (_, index) => {
    const rule = list?.rules[index];
    return rule === undefined ? otherwise : rankOf(rule.end);
  });
}

function clipped(intervals: readonly Interval[], from: number, to: number): Interval[] {
  const result: Interval[] = [];
  for (const interval of intervals) {
    if (interval.to < from || interval.from > to) continue;
    result.push({ from: Math.max(from, interval.from), to: Math.min(to, interval.to), target: interval.target });
  }
  return result;
}

function trailingZeros(value: number): number {
  let count = 0;
  while (count < 31 && value % 2 ** (count + 1) === 0) count += 1;
  return count;
}
