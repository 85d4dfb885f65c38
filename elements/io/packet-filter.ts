/**
 * Filters of frames: instructions of the BSD packet filter (McCanne and Jacobson, "The BSD packet filter", 1993), which `isWanted` carries out on each frame. They only
 * ever jump forward.
 */
import { u32, type Packet } from 'wirelet';

/** What an instruction does; A and X are the registers. */
export const OP = { returnConstant: 0, returnA: 1, loadAt: 2, loadAtX: 3, loadConstant: 4, loadWord: 5, loadLength: 6, headerLength: 7, xConstant: 8, xWord: 9, xLength: 10, store: 11, storeX: 12, compute: 13, jump: 14, toX: 15, toA: 16 } as const;
export const ALU = { add: 0, sub: 1, mul: 2, div: 3, or: 4, and: 5, left: 6, right: 7, negate: 8, mod: 9, xor: 10 } as const;
export const JUMP = { always: 0, equal: 1, greater: 2, atLeast: 3, anyBit: 4 } as const;
/** Words that a filter may remember things in (bpf(4)). */
export const WORDS = 16;
/** Instructions, column by column. Empty: every frame is wanted. */
export interface PacketFilter {
  readonly ops: readonly number[];
  /** Bytes of a load; what is computed, or compared. */
  readonly kinds: readonly number[];
  /** 1: with X in place of the constant. */
  readonly byX: readonly number[];
  readonly constants: readonly number[];
  /** Where it goes on if the comparison holds, and if it does not. */
  readonly yes: readonly number[];
  readonly no: readonly number[];
}

export const NO_FILTER: PacketFilter = { ops: [], kinds: [], byX: [], constants: [], yes: [], no: [] };

/** What the instructions remember, WORDS words. */
export interface FilterMemory {
  readonly words: { [index: number]: number };
}

/** Whether the filter takes the frame: it does not where it looks beyond the frame's end, or divides by zero. */
export function isWanted(filter: PacketFilter, memory: FilterMemory, packet: Packet): boolean {
  let a = 0;
  let x = 0;
  let at = 0;
  // Jumps lead forward: there are no more steps than instructions.
  for (let step = 0; step < filter.ops.length; step += 1) {
    if (at >= filter.ops.length) return false;
    const op = filter.ops[at]!;
    const kind = filter.kinds[at]!;
    const constant = filter.constants[at]!;
    const operand = filter.byX[at]! === 1 ? x : constant;
    let next = at + 1;
    if (op === OP.returnConstant) return constant !== 0;
    if (op === OP.returnA) return a !== 0;
    if (op === OP.loadAt || op === OP.loadAtX) {
      const place = op === OP.loadAtX ? x + constant : constant;
      if (place + kind > packet.length) return false;
      a = kind === 4 ? packet.loadU32(place) : kind === 2 ? packet.loadU16(place) : packet.loadU8(place);
    } else if (op === OP.headerLength) {
      if (constant >= packet.length) return false;
      x = (packet.loadU8(constant) & 15) * 4;
    } else if (op === OP.loadConstant) a = constant;
    else if (op === OP.loadLength) a = packet.length;
    else if (op === OP.xConstant) x = constant;
    else if (op === OP.xLength) x = packet.length;
    else if (op === OP.loadWord) a = memory.words[constant & (WORDS - 1)]!;
    else if (op === OP.xWord) x = memory.words[constant & (WORDS - 1)]!;
    else if (op === OP.store) memory.words[constant & (WORDS - 1)] = a;
    else if (op === OP.storeX) memory.words[constant & (WORDS - 1)] = x;
    else if (op === OP.toX) x = a;
    else if (op === OP.toA) a = x;
    else if (op === OP.jump) next = holds(kind, a, operand) ? filter.yes[at]! : filter.no[at]!;
    else if ((kind === ALU.div || kind === ALU.mod) && operand === 0) return false;
    else a = computed(kind, a, operand);
    at = next;
  }
  return false;
}

function holds(kind: number, a: number, operand: number): boolean {
  if (kind === JUMP.equal) return a === operand;
  if (kind === JUMP.greater) return a > operand;
  if (kind === JUMP.atLeast) return a >= operand;
  if (kind === JUMP.anyBit) return (a & operand) !== 0;
  return true;
}

function computed(kind: number, a: number, operand: number): number {
  if (kind === ALU.add) return u32(a + operand);
  if (kind === ALU.sub) return u32(a - operand);
  if (kind === ALU.mul) return u32(Math.imul(a, operand));
  if (kind === ALU.or) return u32(a | operand);
  if (kind === ALU.and) return u32(a & operand);
  if (kind === ALU.xor) return u32(a ^ operand);
  if (kind === ALU.negate) return u32(-a);
  if (kind === ALU.div) return operand === 0 ? 0 : u32(Math.trunc(a / operand));
  if (kind === ALU.mod) return operand === 0 ? 0 : a % operand;
  if (operand > 31) return 0;
  return kind === ALU.left ? u32(a << operand) : a >>> operand;
}
