/**
 * Decision programs (src/kit/classify/program.ts) as C. A small program is printed as code, one label for
 * each node, so that the C compiler and the branch predictor see every test. A large one is printed as
 * tables (index-tables.ts) below the nodes whose answers are alike for most packets.
 */
import type { Span } from '../diagnostics.js';
import { fullMask, type Anchor } from '../kit/classify/expression.js';
import { kindOrder } from '../kit/classify/build.js';
import { rankOf, sizeOf, targetsOf, type Choice, type DecisionProgram, type ProgramSize, type List, type Target, type Variable } from '../kit/classify/program.js';
import { storageType, type ArrayNames } from './c-expression.js';
import { choiceText } from './c-choice.js';
import { IndexTables } from './index-tables.js';
import type { Lines } from './c-lines.js';

/** C variables of the packet: its data, its end, its marks (NULL when unmarked). */
export type PacketPointers = Readonly<Record<'data' | 'end' | 'mac' | 'network' | 'transport', string>>;

/** The marks that a program reads. */
export function marksOf(program: object): Exclude<Anchor, 'start'>[] {
  const anchors = (program as DecisionProgram).variables.map((variable) => (variable.kind === 'length' ? variable.anchor : variable.field.anchor));
  return [...new Set(anchors)].filter((anchor) => anchor !== 'start');
}

/** Programs with no more nodes than this are printed as code only. */
const CODE_NODES_MAX = 8;
/**
 * So are those with no more nodes than this whose tables would take many steps: 20 varied rules, 256 flows
 * in random order, 3.5 GHz: 25 ns in 9 steps, 10 as code; 20 rules alike: 9 ns in 5 steps, 15 as code.
 */
const DEEP_NODES_MAX = 64;
const DEEP_STEPS = 7;
/** What an index node's variable number has room for. */
const VARIABLES_MAX = 255;
/** Steps through tables that are printed one after the other; deeper walks ask whether they are at an end. */
const STEPS_MAX = 10;

/** How a program was printed. */
export interface PrintedProgram extends ProgramSize {
  /** `code`: a test for each node; `tables`: those for most packets as code, those below as tables that are walked. */
  readonly kind: 'code' | 'tables';
  readonly bytes: number;
}

/** C that sets `result` to the class of the packet. */
export function classifyText(lines: Lines, given: object, packet: PacketPointers, result: string, names: ArrayNames, at: Span): PrintedProgram {
  const program = given as DecisionProgram;
  const size = sizeOf(program);
  const { parts, nodes, edges, depth } = size;
  lines.add(`/* ${parts} part${parts === 1 ? '' : 's'}, ${nodes} nodes, ${edges} edges, depth ${depth} */`);
  lines.add(`${result} = -1;`, at);
  let bytes = 0;
  const arrays: ArrayNames = {
    nameOf(array) {
      bytes += (array.values.length * bitsOf(storageType(array.range))) / 8;
      return names.nameOf(array);
    },
  };
  const printer = new ProgramPrinter(lines, program, packet, result, arrays);
  if (program.parts.length === 1) printer.only(program.parts[0]!);
  else lines.block('', () => printer.several());
  return { ...size, kind: printer.walksTables ? 'tables' : 'code', bytes };
}

/** Bits of one of C's integer types. */
const bitsOf = (type: string): number => Number(/\d+/.exec(type)![0]);

class ProgramPrinter {
  private readonly tables: IndexTables | undefined;
  private names: TableNames | undefined;

  constructor(
    private readonly lines: Lines,
    private readonly program: DecisionProgram,
    private readonly packet: PacketPointers,
    private readonly result: string,
    private readonly arrays: ArrayNames,
  ) {
    const { nodes, variables } = program;
    if (nodes.length <= CODE_NODES_MAX || variables.length > VARIABLES_MAX) return;
    const tables = new IndexTables(program, (variable) => maximumOf(variables[variable]!));
    this.tables = tables;
    const roots = new Set(program.parts.flatMap((part) => this.reachedFrom(part)).filter((index) => !this.isCode(index)));
    const depth = Math.max(0, ...[...roots].map((index) => tables.nodes[tables.numberOf(index)]!.depth));
    if (nodes.length <= DEEP_NODES_MAX && depth >= DEEP_STEPS) this.tables = undefined;
  }

  get walksTables(): boolean {
    return this.tables !== undefined;
  }

  /** A program of one part: its ends set the result. */
  only(root: Target): void {
    const { classes } = this.program;
    const codes = this.arrays.nameOf({ values: classes, range: { low: -1, high: Math.max(...classes) } });
    this.part(root, `${this.result}_end`, {
      code: (rank) => `${this.result} = ${classes[rank]!};`,
      table: (at) => `${this.result} = ${codes}[${at}];`,
    });
  }

  /** Several parts: the least rank decides. */
  several(): void {
    const { classes, parts } = this.program;
    const [rank, none] = [`${this.result}_rank`, classes.length - 1];
    this.lines.add(`uint32_t ${rank} = ${none}u;`);
    parts.forEach((part, index) =>
      this.part(part, `${this.result}_end${index}`, {
        code: (end) => (end === none ? ';' : `if (${end}u < ${rank}) ${rank} = ${end}u;`),
        table: (at) => `if (${at} < ${rank}) ${rank} = ${at};`,
      }));
    const codes = this.arrays.nameOf({ values: classes, range: { low: -1, high: Math.max(...classes) } });
    this.lines.add(`${this.result} = ${codes}[${rank}];`);
  }

  private part(root: Target, end: string, ended: Ended): void {
    if (root < 0) return this.lines.add(ended.code(rankOf(root)));
    const ranks = new Set<number>();
    const jump = (target: Target): string => {
      if (target >= 0) return `goto ${end}_n${target};`;
      ranks.add(rankOf(target));
      return `goto ${end}_r${rankOf(target)};`;
    };
    for (const index of this.reachedFrom(root)) {
      const label = index === root ? '' : `${end}_n${index}: `;
      this.lines.block(label, () => {
        const node = this.program.nodes[index]!;
        if (!this.isCode(index)) this.walk(index, end, ended);
        else if (node.kind === 'list') this.list(node, jump);
        else this.choice(node, jump);
      });
    }
    for (const rank of ranks) {
      this.lines.block(`${end}_r${rank}:`, () => {
        this.lines.add(ended.code(rank));
        this.lines.add(`goto ${end};`);
      });
    }
    this.lines.add(`${end}:;`);
  }

  /** Whether a node is printed as code: everything, or what tells kinds of packets apart with likely answers. */
  private isCode(index: number): boolean {
    if (this.tables === undefined) return true;
    const node = this.program.nodes[index]!;
    if (node.kind === 'list') return false;
    const order = kindOrder(this.program.variables[node.variable]!);
    return order !== undefined && order < 2;
  }

  /** Nodes that are printed: those reached through code, parents first. */
  private reachedFrom(root: Target): number[] {
    const reached = new Set<number>(root < 0 ? [] : [root]);
    for (let index = Math.max(0, root); index < this.program.nodes.length; index += 1) {
      if (!reached.has(index) || !this.isCode(index)) continue;
      for (const target of targetsOf(this.program.nodes[index]!)) if (target >= 0) reached.add(target);
    }
    return [...reached].sort((a, b) => a - b);
  }

  private choice(node: Choice, jump: (target: Target) => string): void {
    const variable = this.program.variables[node.variable]!;
    this.lines.add(`const uint32_t v = ${valueText(variable, this.packet)};`);
    choiceText(this.lines, node, maximumOf(variable), jump);
  }

  /** A list as code: one condition after the other. */
  private list({ rules, otherwise }: List, jump: (target: Target) => string): void {
    const used = new Set(rules.flatMap(({ ranges }) => ranges.map(({ variable }) => variable)));
    for (const variable of used) this.lines.add(`const uint32_t x${variable} = ${valueText(this.program.variables[variable]!, this.packet)};`);
    for (const { ranges, end } of rules) {
      const conditions = ranges.map(({ variable, low, high }) => `x${variable} - ${low}u <= ${high - low}u`);
      this.lines.add(`if (${conditions.join(' && ') || 'true'}) ${jump(end)}`);
    }
    this.lines.add(jump(otherwise));
  }

  /** The walk through tables from a node on, and the list at its end. */
  private walk(index: number, end: string, ended: Ended): void {
    const tables = this.tables!;
    const root = tables.numberOf(index);
    const listed = tables.listVariables;
    this.loads([...tables.variablesBelow(root), ...listed]);
    const { nodes, entries, ranges, ranks } = this.tableNames();
    const { depth } = tables.nodes[root]!;
    this.lines.add(`uint32_t at = ${depth === 0 ? `${root}u` : `${entries}[${this.rootEntry(root)}]`};`);
    const steps = tables.levels(root, Math.min(depth, STEPS_MAX)).slice(1);
    const step = (value: string) => this.lines.add(`at = ${entries}[wl_index_entry(${nodes} + 4 * at, ${value})];`);
    for (const variable of steps) step(variable === undefined ? `wl_index_variable(${nodes} + 4 * at, x)` : `x[${variable}]`);
    if (depth > STEPS_MAX) {
      this.lines.block(`while (at >= ${tables.leaves}u)`, () => {
        for (let count = 0; count < 4; count += 1) step(`wl_index_variable(${nodes} + 4 * at, x)`);
      });
    }
    if (tables.leaves > this.program.classes.length) {
      const values = listed.map((variable) => `x[${variable}]`);
      if (tables.single) this.singleRule(values);
      else {
        this.lines.add(`const uint32_t y[] = {${values.join(', ') || '0'}};`);
        this.lines.add(`at = ${ranks}[5 * at + wl_list_first(${ranges} + ${8 * values.length} * at, y, ${values.length})];`);
      }
    }
    this.lines.add(ended.table('at'));
    this.lines.add(`goto ${end};`);
  }

  /** The one rule of a list: a few comparisons, of which none is a branch. */
  private singleRule(values: readonly string[]): void {
    const { ranges, ranks, widths } = this.tableNames();
    let words = 0;
    const conditions = values.map((value, index) => {
      const [low, width] = [`rule[${words++}]`, widths[index] === undefined ? `rule[${words++}]` : `${widths[index]}u`];
      return width === '0u' ? `(${value} == ${low})` : `(${value} - ${low} <= ${width})`;
    });
    if (words > 0) this.lines.add(`const uint32_t *const rule = ${ranges} + ${words} * at;`);
    this.lines.add(`at = ${ranks}[2 * at + (${conditions.join(' & ') || '1'})];`);
  }

  /** The first step, in which the node is known. */
  private rootEntry(root: number): string {
    const { variable, base, factor, start, last } = this.tables!.nodes[root]!;
    const distance = base === 0 ? `x[${variable}]` : `(x[${variable}] - ${base}u)`;
    const entry = factor === 2 ** 31 ? distance : `(uint64_t)${distance} * ${factor}u >> 31`;
    return `${start}u + (${entry} < ${last}u ? (uint32_t)(${entry}) : ${last}u)`;
  }

  /** The variables' values; 0 for what is beyond the packet's end, which no path then looks at. */
  private loads(variables: readonly number[]): void {
    const values = this.program.variables.map((variable, index) => (variables.includes(index) ? safeText(variable, this.packet, this.program.networkBytes) : '0'));
    this.lines.add(`const uint32_t x[] = {${values.join(', ')}};`);
  }

  private tableNames(): TableNames {
    if (this.names !== undefined) return this.names;
    const { nodes, entries } = this.tables!;
    const words = nodes.flatMap(({ base, factor, start, last, variable }) => [base, factor, start, last * 256 + variable]);
    const { ranges, ranks, widths } = this.tables!.single ? this.tables!.singleTables() : { ...this.tables!.listTables(), widths: [] };
    const named = (values: readonly number[], high: number) => (values.length === 0 ? '' : this.arrays.nameOf({ values, range: { low: 0, high } }));
    return (this.names = {
      nodes: named(words, 0xffff_ffff),
      entries: named(entries, nodes.length),
      ranges: named(ranges, 0xffff_ffff),
      ranks: named(ranks, this.program.classes.length),
      widths,
    });
  }
}

/** C arrays of the tables. */
interface TableNames {
  readonly nodes: string;
  readonly entries: string;
  readonly ranges: string;
  readonly ranks: string;
  /** Of lists of one rule: the width of each variable's range, where it is the same in all. */
  readonly widths: readonly (number | undefined)[];
}

/** What happens at the ends of a part. */
interface Ended {
  code(rank: number): string;
  /** `at` is a C variable that holds the rank. */
  table(at: string): string;
}

/** The greatest value of a variable; lengths are those of packets, so far below. */
export function maximumOf(variable: Variable): number {
  return variable.kind === 'length' ? 0xffff_ffff : variable.mask;
}

export function valueText(variable: Variable, packet: PacketPointers): string {
  if (variable.kind === 'length') {
    const { end } = packet;
    const from = anchorText(variable.anchor, packet);
    if (variable.anchor === 'start') return `(uint32_t)(${end} - ${from})`;
    return `${from} == NULL || ${end} <= ${from} ? 0u : (uint32_t)(${end} - ${from})`;
  }
  const { field, mask } = variable;
  const word = loadText(`${anchorText(field.anchor, packet)} + ${field.offset}`, field.size);
  return mask === fullMask(field.size) ? word : `${word} & ${mask}u`;
}

/** As `valueText`, but 0 for a word that is not all in the packet. */
function safeText(variable: Variable, packet: PacketPointers, networkBytes: number): string {
  if (variable.kind === 'length') return valueText(variable, packet);
  const { anchor, offset, size } = variable.field;
  if (anchor === 'network' && offset + size <= networkBytes) return valueText(variable, packet);
  const length = valueText({ kind: 'length', anchor }, packet);
  return `(${length}) >= ${offset + size}u ? ${valueText(variable, packet)} : 0u`;
}

function loadText(at: string, size: number): string {
  if (size === 3) return `((uint32_t)wl_load16(${at}) << 8 | wl_load8(${at} + 2))`;
  return `wl_load${size * 8}(${at})`;
}

function anchorText(anchor: Anchor, packet: PacketPointers): string {
  return anchor === 'start' ? packet.data : packet[anchor];
}
