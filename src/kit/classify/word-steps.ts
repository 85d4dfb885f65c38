/**
 * Patterns as Click tells them to people: steps that each look at one aligned word of four bytes, under a mask, and go on to
 * another step or to an output (Click's handler `program`). Packets are not sorted by them; buildProgram makes what sorts.
 */
import { fullMask, type Anchor, type Expression, type Test } from './expression.js';

/** Where a step leads: a positive number is a step, the others are outputs, negated, or one of the two below. */
export type Target = number;
/** The packet is dropped. */
export const DROPPED: Target = -0x7fff_ffff;
/** No pattern so far has matched: the next one is asked. */
export const UNMATCHED: Target = -0x7fff_fffe;

export interface Step {
  /** Bytes, a multiple of four; headers have ranges of their own. */
  offset: number;
  /** Big-endian. */
  value: number;
  mask: number;
  yes: Target;
  no: Target;
  /** Whether a packet without these bytes goes where those go that have the value. */
  shortYes: boolean;
}

/** Where the offsets of each header begin. Ethernet addresses lie at words so that the IP header after them does, too. */
const BASES: Readonly<Record<Anchor, number>> = { start: 0, mac: 2, network: 256, transport: 512 };

/** The least packet length, in bytes from the header's base, for which the step's bytes are all there. */
export function bytesNeeded({ offset, mask }: Pick<Step, 'offset' | 'mask'>): number {
  if (mask === 0) return 0;
  let bytes = 4;
  while (((mask >>> (8 * (4 - bytes))) & 0xff) === 0) bytes -= 1;
  return offset + bytes;
}

/** Steps of one condition, in the order in which it is written; what matches leaves on `output`, the rest is UNMATCHED. */
export function stepsOf(condition: Expression, output: Target): Step[] {
  const builder = new StepBuilder();
  builder.place(condition, builder.fixed(output), builder.fixed(UNMATCHED), false);
  return builder.finished();
}

/** A place in the program that is known only when the steps before it are there. */
interface Label {
  target: Target | undefined;
}

/** Bytes of a packet, from the base of their header on. */
interface Place {
  readonly first: number;
  readonly size: number;
}

class StepBuilder {
  private readonly steps: (Omit<Step, 'yes' | 'no'> & { yes: Label; no: Label })[] = [];

  fixed(target: Target): Label {
    return { target };
  }

  place(expression: Expression, yes: Label, no: Label, negated: boolean): void {
    switch (expression.op) {
      case 'constant':
        this.add(0, 0, 0, ...(expression.value ? ([yes, no] as const) : ([no, yes] as const)));
        return;
      case 'not':
        this.place(expression.of, no, yes, !negated);
        return;
      case 'test':
        this.compare(expression, yes, no);
        return;
      default: {
        const all = expression.op === 'and';
        if (expression.of.length === 0) this.add(0, 0, 0, ...(all ? ([yes, no] as const) : ([no, yes] as const)));
        expression.of.forEach((part, index) => {
          if (index === expression.of.length - 1) {
            this.place(part, yes, no, negated);
            return;
          }
          const next: Label = { target: undefined };
          this.place(part, all ? next : yes, all ? no : next, negated);
          next.target = this.steps.length;
        });
      }
    }
  }

  finished(): Step[] {
    return this.steps.map(({ yes, no, ...step }) => ({ ...step, yes: yes.target!, no: no.target! }));
  }

  private add(offset: number, value: number, mask: number, yes: Label, no: Label, shortYes = false): void {
    this.steps.push({ offset, value, mask, yes, no, shortYes });
  }

  private compare({ field, mask, low, high, outside }: Test, yes: Label, no: Label): void {
    const place: Place = { first: BASES[field.anchor] + field.offset, size: field.size };
    if (outside === true) this.equal(place, low, mask, no, yes, true);
    else if (low === high) this.equal(place, low, mask, yes, no);
    else if (low === 0 && high >= mask) this.add(0, 0, 0, yes, no);
    else if (high >= mask) this.above(place, low - 1, mask, yes, no);
    else if (low === 0) this.above(place, high, mask, no, yes, true);
    else {
      const next: Label = { target: undefined };
      this.above(place, low - 1, mask, next, no);
      next.target = this.steps.length;
      this.above(place, high, mask, no, yes, true);
    }
  }

  /** `(bytes & mask) == value`, in as many steps as there are words with bytes of it. */
  private equal({ first, size }: Place, value: number, mask: number, yes: Label, no: Label, shortYes = false): void {
    for (let at = 0; at < size; ) {
      const begin = first + at;
      const count = Math.min(4 - (begin % 4), size - at);
      at += count;
      const shift = 8 * (4 - (begin % 4) - count);
      const part = (of: number) => ((Math.floor(of / 2 ** (8 * (size - at))) % 2 ** (8 * count)) << shift) >>> 0;
      if (part(mask) === 0 && at < size) continue;
      const next: Label = at === size ? yes : { target: undefined };
      this.add(begin - (begin % 4), part(value), part(mask), next, no, shortYes);
      if (next.target === undefined) next.target = this.steps.length;
    }
  }

  /**
   * `(word & mask) > bound` in tests for equality, from the highest bits on. Where the bound's are all clear, any bit set is
   * enough; where they are all set, none may be clear; the bits below decide what is left. A packet without the word goes to
   * `no`, or to `yes` if it is the contrary that is asked.
   */
  private above(place: Place, bound: number, mask: number, yes: Label, no: Label, contrary = false): void {
    let bits = mask;
    // Values under the mask skip: above the bound is what is above the greatest of them that is not.
    const beyond = (bound & ~mask) >>> 0;
    let least = ((beyond === 0 ? bound : bound | fullBelow(32 - Math.clz32(beyond))) & mask) >>> 0;
    const pieces: { set: boolean; mask: number }[] = [];
    while (least < bits) {
      const set = least > bits >>> 1;
      const differing = set ? (~(least + 1) & bits) >>> 0 : least;
      const upper = (bits & ~(differing === 0 ? 0 : fullBelow(32 - Math.clz32(differing)))) >>> 0;
      pieces.push({ set, mask: upper });
      bits = (bits & ~upper) >>> 0;
      least = (least & bits) >>> 0;
    }
    if (pieces.length === 0) this.add(0, 0, 0, no, yes);
    pieces.forEach((piece, index) => {
      const next: Label = index === pieces.length - 1 ? (piece.set ? yes : no) : { target: undefined };
      if (piece.set) this.equal(place, piece.mask, piece.mask, next, no, contrary);
      else this.equal(place, 0, piece.mask, next, yes, !contrary);
      if (next.target === undefined) next.target = this.steps.length;
    });
  }
}

/** The lowest `count` bits. */
function fullBelow(count: number): number {
  return count === 32 ? fullMask(4) : 2 ** count - 1;
}
