/**
 * Decision programs (src/kit/classify/program.ts) as C. A small program is printed as code, one label for
 * each node, so that the C compiler and the branch predictor see every test. A large one is printed as
 * tables (c-classify-tables.ts) below the nodes that packets of one kind have in common.
 */
import type { Span } from '../diagnostics.js';
import { fullMask, type Anchor } from '../kit/classify/expression.js';
import { rankOf, type DecisionProgram, type Node, type Target, type Variable } from '../kit/classify/program.js';
import type { ArrayNames } from './c-expression.js';
import { choiceText } from './c-choice.js';
import type { Lines } from './c-lines.js';

/** C variables of the packet: its data, its end, its marks (NULL when unmarked). */
export type PacketPointers = Readonly<Record<'data' | 'end' | 'mac' | 'network' | 'transport', string>>;

/** The marks that a program reads. */
export function marksOf(program: object): Exclude<Anchor, 'start'>[] {
  const anchors = (program as DecisionProgram).variables.map((variable) => (variable.kind === 'length' ? variable.anchor : variable.field.anchor));
  return [...new Set(anchors)].filter((anchor) => anchor !== 'start');
}

/** C that sets `result` to the class of the packet. */
export function classifyText(lines: Lines, given: object, packet: PacketPointers, result: string, _arrays: ArrayNames, at: Span): void {
  const program = given as DecisionProgram;
  lines.add(`${result} = -1;`, at);
  if (program.parts.length === 1) {
    new CodePrinter(lines, program, packet).part(program.parts[0]!, (rank) => `${result} = ${program.classes[rank]!};`, `${result}_end`);
    return;
  }
  const ranks = `${result}_rank`;
  const none = program.classes.length - 1;
  lines.block('', () => {
    lines.add(`static const int16_t ${result}_classes[] = {${program.classes.join(',')}};`);
    lines.add(`uint32_t ${ranks} = ${none}u;`);
    const printer = new CodePrinter(lines, program, packet);
    program.parts.forEach((part, index) =>
      printer.part(part, (rank) => (rank === none ? ';' : `if (${rank}u < ${ranks}) ${ranks} = ${rank}u;`), `${result}_end${index}`));
    lines.add(`${result} = ${result}_classes[${ranks}];`);
  });
}

class CodePrinter {
  constructor(
    private readonly lines: Lines,
    private readonly program: DecisionProgram,
    private readonly packet: PacketPointers,
  ) {}

  /** The code of one part; `ended` is what happens at an end. */
  part(root: Target, ended: (rank: number) => string, end: string): void {
    if (root < 0) return this.lines.add(ended(rankOf(root)));
    const reached = this.reachedFrom(root);
    const ranks = new Set<number>();
    const jump = (target: Target): string => {
      if (target >= 0) return `goto ${this.label(target, end)};`;
      ranks.add(rankOf(target));
      return `goto ${end}_r${rankOf(target)};`;
    };
    for (const index of reached) {
      const node = this.program.nodes[index]!;
      const label = index === root ? '' : `${this.label(index, end)}: `;
      this.lines.block(label, () => this.node(node, jump));
    }
    for (const rank of ranks) {
      this.lines.block(`${end}_r${rank}:`, () => {
        this.lines.add(ended(rank));
        this.lines.add(`goto ${end};`);
      });
    }
    this.lines.add(`${end}:;`);
  }

  private label(target: Target, end: string): string {
    return `${end}_n${target}`;
  }

  private reachedFrom(root: Target): number[] {
    const reached = new Set<number>([root]);
    for (let index = root; index < this.program.nodes.length; index += 1) {
      if (!reached.has(index)) continue;
      for (const target of this.program.nodes[index]!.targets) if (target >= 0) reached.add(target);
    }
    return [...reached].sort((a, b) => a - b);
  }

  private node(node: Node, jump: (target: Target) => string): void {
    const variable = this.program.variables[node.variable]!;
    this.lines.add(`const uint32_t v = ${valueText(variable, this.packet)};`);
    choiceText(this.lines, node, maximumOf(variable), jump);
  }
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

function loadText(at: string, size: number): string {
  if (size === 3) return `((uint32_t)wl_load16(${at}) << 8 | wl_load8(${at} + 2))`;
  return `wl_load${size * 8}(${at})`;
}

function anchorText(anchor: Anchor, packet: PacketPointers): string {
  return anchor === 'start' ? packet.data : packet[anchor];
}
