/**
 * The walk through the tables of a decision program (index-tables.ts), as C. Every packet takes as many steps as the longest
 * path has, and each step waits for the memory of the one before.
 */
import type { ArrayNames } from './c-expression.js';
import type { Lines } from './c-lines.js';
import { safeText, type PacketPointers } from './c-variable.js';
import type { DecisionProgram } from '../kit/classify/program.js';
import type { IndexTables } from './index-tables.js';
import { extent, UINT32 } from './range.js';

/** Steps through tables that are printed one after the other; deeper walks ask whether they are at an end. */
const STEPS_MAX = 10;
/** Entries of a single step that are rules themselves: some kilobytes of them. */
const OWN_RULES_MAX = 256;

export class TableWalk {
  private readonly root: number;

  /** `index`: the node of the program where it begins; `known`: the names of the tables, shared by all walks through them. */
  constructor(
    readonly program: DecisionProgram,
    private readonly tables: IndexTables,
    private readonly arrays: ArrayNames,
    readonly index: number,
    private readonly known: { names?: TableNames } = {},
  ) {
    this.root = tables.numberOf(index);
  }

  get depth(): number {
    return this.tables.nodes[this.root]!.depth;
  }

  /** Bytes of the tables, those of ranks left out. */
  get bytes(): number {
    const { nodes, entries, leaves, listVariables } = this.tables;
    return nodes.length * 16 + entries.length * 2 + leaves * listVariables.length * 32;
  }

  /** The variables that the walk and the list at its end look at. */
  get variables(): number[] {
    return [...new Set([...this.tables.variablesBelow(this.root), ...this.tables.listVariables])].sort((a, b) => a - b);
  }

  /** C of a variable's value; 0 for what is beyond the packet's end, which no path then looks at. */
  valueOf(variable: number, packet: PacketPointers): string {
    return safeText(this.program.variables[variable]!, packet, this.program.networkBytes);
  }

  /** The whole walk of a packet; `at` is the rank it found. */
  inPlace(lines: Lines, packet: PacketPointers): void {
    this.whole(lines, (variable) => this.valueOf(variable, packet));
  }

  /** The same with the values given. */
  whole(lines: Lines, valueOf: (variable: number) => string): void {
    this.values(lines, valueOf);
    lines.add(`uint32_t at = ${this.first()};`);
    for (const step of this.steps()) lines.add(step);
    if (this.depth > STEPS_MAX) {
      lines.block(`while (at >= ${this.tables.leaves}u)`, () => {
        for (let count = 0; count < 4; count += 1) lines.add(this.step(undefined));
      });
    }
    this.last(lines);
  }

  /** Whether a single step leads to lists of one rule: then its entries are the rules, and which class a rule means lies beside it. */
  get isOneRule(): boolean {
    return this.depth === 1 && this.tables.single && this.tables.leaves > this.program.classes.length && this.tables.nodes[this.root]!.last < OWN_RULES_MAX;
  }

  /** C of the class that the one rule means: firewall-20 5.0 to 4.4 ns/packet, 9.5 to 8.3 where no predictor knows what comes. */
  classOfOneRule(lines: Lines, packet: PacketPointers): string {
    const { start, last } = this.tables.nodes[this.root]!;
    const { ranges, ranks, widths } = this.tables.singleTables(this.tables.entries.slice(start, start + last + 1));
    const { classes } = this.program;
    this.values(lines, (variable) => this.valueOf(variable, packet));
    lines.add(`const uint32_t at = ${this.rootEntry()};`);
    const words = ranges.length / (last + 1);
    const rules = (values: readonly number[]) => this.arrays.nameOf({ values, range: UINT32 });
    const ends = ranks.map((rank) => classes[rank]!);
    const [none, ...others] = ends.filter((_, index) => index % 2 === 0);
    if (others.some((other) => other !== none)) {
      const named = this.arrays.nameOf({ values: ends, range: extent(ends) });
      return `${named}[2 * at + ${this.ruleHolds(lines, rules(ranges), widths)}]`;
    }
    // Loaded with the rule while it is compared, not afterwards; from a table of its own C makes bits and a branch.
    const rows = Array.from({ length: last + 1 }, (_, at) => [...ranges.slice(words * at, words * (at + 1)), (ends[2 * at + 1]! ^ none!) >>> 0]).flat();
    return `(${none}) ^ ((int32_t)rule[${words}] & -(int32_t)${this.ruleHolds(lines, rules(rows), widths, 1)})`;
  }

  /** C of the first step, in which the node is known. */
  first(): string {
    const { entries } = this.tableNames();
    return this.depth === 0 ? `${this.root}u` : `${entries}[${this.tables.nodes[this.root]!.start}u + (${this.rootEntry()})]`;
  }

  /** C of the further steps, or as many as are printed one after the other: each changes `at`. */
  steps(): string[] {
    return this.tables.levels(this.root, Math.min(this.depth, STEPS_MAX)).slice(1).map((variable) => this.step(variable));
  }

  /** All of them, and how often each is taken one after the other; what is at an end before stays there. */
  allSteps(): { readonly step: string; times: number }[] {
    const runs: { readonly step: string; times: number }[] = [];
    for (const step of this.tables.levels(this.root, this.depth).slice(1).map((variable) => this.step(variable))) {
      const last = runs.at(-1);
      if (last?.step === step) last.times += 1;
      else runs.push({ step, times: 1 });
    }
    return runs;
  }

  /** The values that the walk looks at, by the numbers of their variables. */
  private values(lines: Lines, valueOf: (variable: number) => string): void {
    const { variables } = this;
    lines.add(`const uint32_t x[] = {${this.program.variables.map((_, index) => (variables.includes(index) ? valueOf(index) : '0')).join(', ')}};`);
  }

  private step(variable: number | undefined): string {
    const { nodes, entries } = this.tableNames();
    return `at = ${entries}[wl_index_entry(${nodes} + 4 * at, ${variable === undefined ? `wl_index_variable(${nodes} + 4 * at, x)` : `x[${variable}]`})];`;
  }

  /** What is done with the list where the walk ended. */
  last(lines: Lines): void {
    if (this.tables.leaves <= this.program.classes.length) return;
    const { ranges, ranks } = this.tableNames();
    const values = this.tables.listVariables.map((variable) => `x[${variable}]`);
    if (this.tables.single) return this.oneRule(lines);
    lines.add(`const uint32_t y[] = {${values.join(', ') || '0'}};`);
    lines.add(`at = ${ranks}[5 * at + wl_list_first(${ranges} + ${8 * values.length} * at, y, ${values.length})];`);
  }

  private oneRule(lines: Lines): void {
    const { ranges, ranks, widths } = this.tableNames();
    const holds = this.ruleHolds(lines, ranges, widths);
    lines.add(`at = ${ranks}[2 * at + ${holds}];`);
  }

  /** Whether the one rule of list `at` holds: what differs from it, of all values together, so that one comparison and no branch tells. `beside`: further words of each in `rules`. */
  private ruleHolds(lines: Lines, rules: string, widths: TableNames['widths'], beside = 0): string {
    const values = this.tables.listVariables.map((variable) => `x[${variable}]`);
    let words = 0;
    const differences = values.map((value, index) => {
      const width = widths[index];
      const low = `rule[${words++}]`;
      if (width === 0) return `(${value} ^ ${low})`;
      if (width === undefined) return `(${value} - ${low} > rule[${words++}])`;
      // A prefix: what is beyond it are upper bits.
      return (width & (width + 1)) === 0 ? `((${value} - ${low}) & ${2 ** 32 - 1 - width}u)` : `(${value} - ${low} > ${width}u)`;
    });
    if (words + beside > 0) lines.add(`const uint32_t *const rule = ${rules} + ${words + beside} * at;`);
    return differences.length === 0 ? '1' : `((${differences.join(' | ')}) == 0)`;
  }

  private rootEntry(): string {
    const { variable, base, factor, last } = this.tables.nodes[this.root]!;
    const distance = base === 0 ? `x[${variable}]` : `(x[${variable}] - ${base}u)`;
    const entry = factor === 2 ** 31 ? distance : `(uint64_t)${distance} * ${factor}u >> 31`;
    return `${entry} < ${last}u ? (uint32_t)(${entry}) : ${last}u`;
  }

  /** The tables, which are counted where they are named first. */
  tableNames(): TableNames {
    if (this.known.names !== undefined) return this.known.names;
    const { nodes, entries } = this.tables;
    const words = nodes.flatMap(({ base, factor, start, last, variable }) => [base, factor, start, last * 256 + variable]);
    const { ranges, ranks, widths } = this.tables.single ? this.tables.singleTables() : { ...this.tables.listTables(), widths: [] };
    const named = (values: readonly number[], high: number) => (values.length === 0 ? '' : this.arrays.nameOf({ values, range: { low: 0, high } }));
    return (this.known.names = {
      nodes: named(words, 0xffff_ffff),
      entries: named(entries, nodes.length),
      ranges: named(ranges, 0xffff_ffff),
      ranks: named(ranks, this.program.classes.length),
      widths,
    });
  }
}

/** C arrays of the tables. */
export interface TableNames {
  readonly nodes: string;
  readonly entries: string;
  readonly ranges: string;
  readonly ranks: string;
  /** Of lists of one rule: the width of each variable's range, where it is the same in all. */
  readonly widths: readonly (number | undefined)[];
}
