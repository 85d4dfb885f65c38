/**
 * A decision program: what a list of rules is compiled to. Node interprets it here, and
 * src/compile/c-classify.ts prints the same program as C.
 *
 * It has one or more parts, each a directed graph without cycles of nodes. A node looks at one variable of
 * the packet and goes on by the range in which its value lies, or tries a short list of rules. Every part ends with a rank; the least rank
 * of all parts decides the class. A program that could be kept small enough has one part.
 */
import { intrinsic } from '../intrinsic.js';
import type { Packet } from '../packet.js';
import { fullMask, type Anchor, type Field } from './expression.js';

/**
 * What nodes look at: the bytes from an anchor to the packet's end (0 when it is not marked or lies beyond),
 * or a word under a mask, of which the path has made sure that it is there.
 */
export type Variable =
  | { readonly kind: 'length'; readonly anchor: Anchor }
  | { readonly kind: 'word'; readonly field: Field; readonly mask: number };

/** Where a node goes on: another node, 0 or more; or the end with rank `r`, written as -1 - r. */
export type Target = number;

export type Node = Choice | List | Slots;

/** Goes on by the value of one variable. */
export interface Choice {
  readonly kind: 'choice';
  /** Number among the program's variables. */
  readonly variable: number;
  /** Ascending: `targets[i]` is for values below `bounds[i]`, the last target for all others. */
  readonly bounds: readonly number[];
  readonly targets: readonly Target[];
}

/** Ends with the first of a few rules whose ranges all hold. */
export interface List {
  readonly kind: 'list';
  readonly rules: readonly { readonly ranges: readonly ValueRange[]; readonly end: Target }[];
  readonly otherwise: Target;
}

/**
 * Ends with the first of the few rules of a slot whose ranges all hold. All rules ask for the bits of the keys: those that a packet
 * can match are in the slot that the hash of its own bits says.
 */
export interface Slots {
  readonly kind: 'slots';
  /** The hash is the sum of the masked values, each times its odd factor, modulo 2^32. */
  readonly keys: readonly { readonly variable: number; readonly mask: number; readonly factor: number }[];
  /** Bits of the hash that do not count: the upper ones are the slot. */
  readonly shift: number;
  /** For each slot the number of its first rule, and behind the last slot how many rules there are. */
  readonly first: readonly number[];
  readonly rules: List['rules'];
  /** Rules of a slot, at most. */
  readonly most: number;
  /** Rules of a slot that are looked at in any case, `most` or fewer: only few have more. Those behind a slot's own are of others, and hold for none of its packets. */
  readonly atOnce: number;
  readonly otherwise: Target;
}

export interface ValueRange {
  readonly variable: number;
  readonly low: number;
  readonly high: number;
}

/** Most rules of a list: what fits into the lanes of a 128-bit register. */
export const LIST_RULES_MAX = 4;

/** Where a node may go on. */
export function targetsOf(node: Node): readonly Target[] {
  return node.kind === 'choice' ? node.targets : [...new Set(node.rules.map(({ end }) => end)), node.otherwise];
}

export interface DecisionProgram {
  /** `classify` gives -1 (no rule) or a class below this. */
  readonly outputs: number;
  readonly variables: readonly Variable[];
  /** A node's targets have higher numbers than the node. */
  readonly nodes: readonly Node[];
  readonly parts: readonly Target[];
  /** The class of each rank. */
  readonly classes: readonly number[];
  /** Bytes of the network header that whoever calls `classify` has made sure of. */
  readonly networkBytes: number;
}

export const endOf = (rank: number): Target => -1 - rank;
export const rankOf = (target: Target): number => -1 - target;

function run(program: DecisionProgram, packet: Packet): number {
  let rank = program.classes.length - 1;
  for (const part of program.parts) {
    let target = part;
    while (target >= 0) {
      const node = program.nodes[target]!;
      const value = (variable: number) => valueOf(program.variables[variable]!, packet);
      target = next(node, value);
    }
    rank = Math.min(rank, rankOf(target));
  }
  return program.classes[rank]!;
}

/** The class of the packet, or -1 when no rule matches it. */
export const classify = intrinsic('classify', run);

/** The slot of a packet with such values. */
export function slotOf(keys: Slots['keys'], shift: number, valueOf: (variable: number) => number): number {
  let sum = 0;
  for (const { variable, mask, factor } of keys) sum = (sum + Math.imul(valueOf(variable) & mask, factor)) | 0;
  return sum >>> shift;
}

function next(node: Node, value: (variable: number) => number): Target {
  if (node.kind === 'list') return listed(node, value);
  if (node.kind === 'choice') return node.targets[indexOf(node.bounds, value(node.variable))]!;
  const { keys, shift, first, rules, most, otherwise } = node;
  const from = first[slotOf(keys, shift, value)]!;
  return listed({ kind: 'list', rules: rules.slice(from, from + most), otherwise }, value);
}

function listed({ rules, otherwise }: List, value: (variable: number) => number): Target {
  const holds = ({ variable, low, high }: ValueRange) => value(variable) >= low && value(variable) <= high;
  return rules.find(({ ranges }) => ranges.every(holds))?.end ?? otherwise;
}

/** The number of bounds that are not above `value`. */
function indexOf(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bounds[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function valueOf(variable: Variable, packet: Packet): number {
  if (variable.kind === 'length') return lengthFrom(packet, variable.anchor);
  const { field, mask } = variable;
  const at = anchorOf(packet, field.anchor) + field.offset;
  if (at + field.size > packet.end) throw new Error('a decision program reads beyond the packet');
  let word = 0;
  for (let index = 0; index < field.size; index += 1) word = word * 256 + packet.bytes[at + index]!;
  return mask === fullMask(field.size) ? word : (word & mask) >>> 0;
}

function lengthFrom(packet: Packet, anchor: Anchor): number {
  const at = anchorOf(packet, anchor);
  return at < 0 ? 0 : Math.max(0, packet.end - at);
}

function anchorOf(packet: Packet, anchor: Anchor): number {
  switch (anchor) {
    case 'start':
      return packet.start;
    case 'mac':
      return packet.macHeader;
    case 'network':
      return packet.networkHeader;
    case 'transport':
      return packet.transportHeader;
  }
}

/** Numbers for people: how large a program is, and how much of it one packet meets at most. */
export interface ProgramSize {
  readonly parts: number;
  readonly nodes: number;
  readonly edges: number;
  /** Nodes on the longest path, of all parts together. */
  readonly depth: number;
}

export function sizeOf({ nodes, parts }: DecisionProgram): ProgramSize {
  const depths: number[] = [];
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    depths[index] = 1 + Math.max(...targetsOf(nodes[index]!).map((target) => depths[target] ?? 0));
  }
  return {
    parts: parts.length,
    nodes: nodes.length,
    edges: nodes.reduce((sum, node) => sum + targetsOf(node).length, 0),
    depth: parts.reduce((sum, part) => sum + (depths[part] ?? 0), 0),
  };
}
