/**
 * Decision programs (src/kit/classify/program.ts) as C. A small program is printed as code, one label for
 * each node, so that the C compiler and the branch predictor see every test. A large one is printed as
 * tables (index-tables.ts) below the nodes whose answers are alike for most packets.
 */
import type { Span } from '../diagnostics.js';
import type { Anchor } from '../kit/classify/expression.js';
import { tellsKinds } from '../kit/classify/variables.js';
import { rankOf, sizeOf, targetsOf, type Choice, type DecisionProgram, type ProgramSize, type List, type Slots, type Target, type Variable } from '../kit/classify/program.js';
import { storageBytes, storageType } from '../plan/storage.js';
import type { ArrayNames } from './c-expression.js';
import { isShorterText, valueText, type PacketPointers } from './c-variable.js';
import { choiceText } from './c-choice.js';
import { slotsText } from './c-slots.js';
import { answerText, askText, type WalkArrays } from './c-walk-ahead.js';
import { TableWalk, type TableNames } from './c-walk.js';
import { IndexTables } from './index-tables.js';
import { extent } from './range.js';
import type { Lines } from './c-lines.js';

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

/** How a program was printed. */
export interface PrintedProgram extends ProgramSize {
  /** `code`: a test for each node; `tables`: those for most packets as code, those below as tables that are walked; `hash`: rules are looked up by a hash of what all ask for. */
  readonly kind: 'code' | 'tables' | 'hash';
  readonly bytes: number;
}

/** C that sets `result` to the class of the packet. */
export function classifyText(lines: Lines, given: object, packet: PacketPointers, result: string, names: ArrayNames, ahead: WalkArrays, at: Span): PrintedProgram {
  const program = given as DecisionProgram;
  const size = sizeOf(program);
  const { parts, nodes, edges, depth } = size;
  lines.add(`/* ${parts} part${parts === 1 ? '' : 's'}, ${nodes} nodes, ${edges} edges, depth ${depth} */`);
  lines.add(`${result} = -1;`, at);
  let bytes = 0;
  const arrays: ArrayNames = {
    nameOf(array) {
      bytes += array.values.length * storageBytes(storageType(array.range));
      return names.nameOf(array);
    },
  };
  const printer = new ProgramPrinter(lines, program, packet, result, arrays, { arrays: ahead });
  if (program.parts.length === 1) printer.only(program.parts[0]!);
  else lines.block('', () => printer.several());
  return { ...size, kind: program.nodes.some((node) => node.kind === 'slots') ? 'hash' : printer.walksTables ? 'tables' : 'code', bytes };
}

/**
 * C that notes, for the packet of a batch at `index`, what the walks of a program will look at, so that they are made for
 * all packets of the batch together (c-walk-ahead.ts). `label` is in use for nothing else.
 */
export function classifyAheadText(lines: Lines, given: object, packet: PacketPointers, label: string, names: ArrayNames, arrays: WalkArrays, index: string): void {
  new ProgramPrinter(lines, given as DecisionProgram, packet, label, names, { arrays, index }).asking();
}

/** The tables of each program, and the nodes where walks through them begin. */
const KNOWN = new WeakMap<object, Walks>();

interface Walks {
  readonly tables: IndexTables | undefined;
  readonly roots: readonly number[];
}

/** The tables by which a program is printed, if it is, and where walks begin, as nodes of the program. */
export function walksOf(given: object): Walks {
  let walks = KNOWN.get(given);
  if (walks === undefined) KNOWN.set(given, (walks = walksAnew(given as DecisionProgram)));
  return walks;
}

function walksAnew(program: DecisionProgram): Walks {
  const { nodes, variables } = program;
  if (nodes.length <= CODE_NODES_MAX || variables.length > VARIABLES_MAX) return { tables: undefined, roots: [] };
  const tables = new IndexTables(program, (variable) => maximumOf(variables[variable]!));
  const roots = [...new Set(program.parts.flatMap((part) => reachedFrom(program, part, true)))].filter((index) => !isAlwaysCode(program, index));
  const depth = Math.max(0, ...roots.map((index) => tables.nodes[tables.numberOf(index)]!.depth));
  return nodes.length <= DEEP_NODES_MAX && depth >= DEEP_STEPS ? { tables: undefined, roots: [] } : { tables, roots };
}

/** Whether a node tells kinds of packets apart with likely answers, or looks rules up by a hash: it is printed as code, whatever the others are. */
function isAlwaysCode(program: DecisionProgram, index: number): boolean {
  const node = program.nodes[index]!;
  return node.kind === 'slots' || (node.kind === 'choice' && tellsKinds(program.variables[node.variable]!));
}

/** Nodes that are printed: those reached through code, parents first. */
function reachedFrom(program: DecisionProgram, root: Target, tables: boolean): number[] {
  const reached = new Set<number>(root < 0 ? [] : [root]);
  for (let index = Math.max(0, root); index < program.nodes.length; index += 1) {
    if (!reached.has(index) || (tables && !isAlwaysCode(program, index))) continue;
    for (const target of targetsOf(program.nodes[index]!)) if (target >= 0) reached.add(target);
  }
  return [...reached].sort((a, b) => a - b);
}

class ProgramPrinter {
  private readonly tables: IndexTables | undefined;
  private readonly named: { names?: TableNames } = {};

  constructor(
    private readonly lines: Lines,
    private readonly program: DecisionProgram,
    private readonly packet: PacketPointers,
    private readonly result: string,
    private readonly arrays: ArrayNames,
    /** Arrays of walks that are made ahead; with an index, this is the code that asks for them. */
    private readonly ahead: { readonly arrays: WalkArrays; readonly index?: string },
  ) {
    this.tables = walksOf(program).tables;
  }

  get walksTables(): boolean {
    return this.tables !== undefined;
  }

  /** A program of one part: its ends set the result. */
  only(root: Target): void {
    const { classes } = this.program;
    const codes = () => this.arrays.nameOf({ values: classes, range: extent(classes) });
    this.part(root, `${this.result}_end`, {
      code: (rank) => `${this.result} = ${classes[rank]!};`,
      table: (at) => `${this.result} = ${codes()}[${at}];`,
      class: (text) => `${this.result} = ${text};`,
    });
  }

  /** Nothing is decided yet: all parts note what their walks will look at. */
  asking(): void {
    this.program.parts.forEach((part, index) => this.part(part, `${this.result}_end${index}`, { code: () => ';', table: () => ';' }));
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
    const codes = this.arrays.nameOf({ values: classes, range: extent(classes) });
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
    for (const index of reachedFrom(this.program, root, this.tables !== undefined)) {
      const label = index === root ? '' : `${end}_n${index}: `;
      this.lines.block(label, () => {
        const node = this.program.nodes[index]!;
        if (!this.isCode(index)) this.walk(index, end, ended);
        else if (node.kind === 'list') this.list(node, jump);
        else if (node.kind === 'slots') this.slots(node, end, ended, jump);
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

  /** Whether a node is printed as code: everything, or what tells kinds of packets apart. */
  private isCode(index: number): boolean {
    return this.tables === undefined || isAlwaysCode(this.program, index);
  }

  private choice(node: Choice, jump: (target: Target) => string): void {
    const variable = this.program.variables[node.variable]!;
    const [least] = node.bounds;
    if (variable.kind === 'length' && node.targets.length === 2 && least! > 0) {
      this.lines.add(`if (${isShorterText(variable.anchor, least!, this.packet)}) ${jump(node.targets[0]!)}`);
      return this.lines.add(jump(node.targets[1]!));
    }
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

  private slots(node: Slots, end: string, ended: Ended, jump: (target: Target) => string): void {
    // What looks ahead only asks for what the packet will look at: here that is looked at at once.
    if (this.ahead.index !== undefined) return this.lines.add(node.otherwise < 0 ? `goto ${end};` : jump(node.otherwise));
    const { classes } = this.program;
    // Where nothing else decides, what is found is the class at once.
    const found = ended.class === undefined ? { value: (rank: number) => rank, ended: (text: string) => ended.table(text) } : { value: (rank: number) => classes[rank]!, ended: ended.class };
    slotsText(this.lines, node, this.program, this.packet, this.arrays, found, jump);
    this.lines.add(`goto ${end};`);
  }

  /** The walk through tables from a node on, and the list at its end. */
  private walk(index: number, end: string, ended: Ended): void {
    const walk = new TableWalk(this.program, this.tables!, this.arrays, index, this.named);
    const ahead = this.ahead.arrays.walkOf(this.program, index);
    if (this.ahead.index !== undefined) {
      if (ahead !== undefined) askText(this.lines, walk, ahead, this.packet, this.ahead.index);
    } else {
      if (ahead === undefined && ended.class !== undefined && walk.isOneRule) this.lines.add(ended.class(walk.classOfOneRule(this.lines, this.packet)));
      else {
        // They are its tables, too, where the walk itself is made elsewhere.
        walk.tableNames();
        if (ahead === undefined) walk.inPlace(this.lines, this.packet);
        else answerText(this.lines, walk, ahead, this.packet);
        this.lines.add(ended.table('at'));
      }
    }
    this.lines.add(`goto ${end};`);
  }
}

/** What happens at the ends of a part. */
interface Ended {
  code(rank: number): string;
  /** `at` is a C variable that holds the rank. */
  table(at: string): string;
  /** Where nothing but this part decides: with the class itself. */
  class?(text: string): string;
}

/** The greatest value of a variable; lengths are those of packets, so far below. */
export function maximumOf(variable: Variable): number {
  return variable.kind === 'length' ? 0xffff_ffff : variable.mask;
}
