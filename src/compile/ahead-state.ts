/**
 * What code that looks ahead knows at one place of a routine: which variables it has computed, within which bounds, and
 * how far behind the start of the frame its pointers may be.
 *
 * Bounds are those of the computation itself, not those that conditions on the way have proved, for such code leaves
 * most conditions out: a load of 16 bits is 0..65535 whatever was asked about it before.
 */
import { typeOf } from './c-expression.js';
import type { Condition, ConstantArray, Expression, Mark, PacketLocal, Pointer } from './ir.js';
import { ARITHMETIC, BITWISE, contains, exactly, FULL, hull, INT32, range, UINT32, type Range } from './range.js';

/** Whether a constant array is too large for the cache, and so read by nobody who looks ahead. */
export type IsLarge = (array: ConstantArray) => boolean;

const C_RANGES = { uint32_t: UINT32, int32_t: INT32, int64_t: FULL } as const;

export class AheadState {
  /** By number of the local; absent: not computed. */
  private readonly locals: Map<number, Range>;
  /** Bytes behind where the data began when the routine was entered, at most; absent: not known. */
  private readonly places: Map<string, number>;
  /** Annotation words that were written with what is not known. */
  private readonly words: Set<number>;

  constructor(from?: AheadState) {
    this.locals = new Map(from?.locals);
    this.places = new Map(from?.places);
    this.words = new Set(from?.words);
  }

  /** What is known where this and another way meet. */
  joined(other: AheadState): AheadState {
    const both = new AheadState();
    for (const [id, bounds] of this.locals) {
      const others = other.locals.get(id);
      if (others !== undefined) both.locals.set(id, hull(bounds, others));
    }
    for (const name of new Set([...this.places.keys(), ...other.places.keys()])) both.places.set(name, Math.max(this.place(name), other.place(name)));
    for (const word of [...this.words, ...other.words]) both.words.add(word);
    return both;
  }

  set(local: { readonly id: number }, bounds: Range | undefined): void {
    if (bounds === undefined) this.locals.delete(local.id);
    else this.locals.set(local.id, bounds);
  }

  knowsWord(word: number): boolean {
    return !this.words.has(word);
  }

  setWord(word: number, known: boolean): void {
    if (known) this.words.delete(word);
    else this.words.add(word);
  }

  // ---- pointers ---------------------------------------------------------------------------------------------

  /** The farthest a pointer may be; infinite if it is not known. Pointers that the routine was given are where it began. */
  reach(pointer: Pointer): number {
    if ('view' in pointer) return this.places.get(`view ${pointer.view}`) ?? Infinity;
    if (pointer.part === 'end' || pointer.part === 'limit' || pointer.part === 'room') return Infinity;
    return this.place(`${pointer.part} ${pointer.packet.id}`);
  }

  private place(name: string): number {
    return this.places.get(name) ?? (name.startsWith('view') ? Infinity : 0);
  }

  setView(view: number, reach: number): void {
    this.places.set(`view ${view}`, reach);
  }

  setPart(packet: PacketLocal, part: 'data' | Mark, reach: number): void {
    this.places.set(`${part} ${packet.id}`, reach);
  }

  // ---- expressions --------------------------------------------------------------------------------------------

  /** The bounds of an expression, FULL where there are none; undefined: it cannot be computed. */
  bounds(expression: Expression, large: IsLarge): Range | undefined {
    const found = this.computed(expression, large);
    // C computes in the type of the proved range: what does not fit there may be anything.
    return found === undefined || contains(C_RANGES[typeOf(expression.range)], found) ? found : FULL;
  }

  private computed(expression: Expression, large: IsLarge): Range | undefined {
    switch (expression.op) {
      case 'number':
        return exactly(expression.value);
      case 'local': {
        const bounds = this.locals.get(expression.local.id);
        return bounds === undefined || contains(C_RANGES[typeOf(expression.local.range)], bounds) ? bounds : FULL;
      }
      case 'arithmetic':
      case 'bitwise':
        return this.binary(expression, large);
      case 'function': {
        const parts = expression.arguments.map((part) => this.bounds(part, large));
        if (parts.includes(undefined)) return undefined;
        return { truncate8: range(0, 0xff), truncate16: range(0, 0xffff), truncate32: UINT32, truncate48: FULL, signed32: INT32, imul: INT32, clz32: range(0, 32), fold16: range(0, 0xffff), checksum: range(0, 0xffff), 'checksum-fallen': range(0, 0xffff) }[expression.name];
      }
      case 'select': {
        const [a, b] = [this.bounds(expression.a, large), this.bounds(expression.b, large)];
        return a === undefined || b === undefined || !this.holds(expression.condition, large) ? undefined : hull(a, b);
      }
      case 'constant': {
        const index = this.bounds(expression.index, large);
        return index === undefined || large(expression.array) || !isInside(index, expression.array) ? undefined : expression.array.range;
      }
      case 'distance':
        return [expression.from, expression.to].some((pointer) => 'view' in pointer && this.reach(pointer) === Infinity) ? undefined : FULL;
    }
  }

  private binary(expression: Extract<Expression, { op: 'arithmetic' | 'bitwise' }>, large: IsLarge): Range | undefined {
    const [a, b] = [this.bounds(expression.a, large), this.bounds(expression.b, large)];
    if (a === undefined || b === undefined) return undefined;
    const { op, operator } = expression;
    if (op === 'bitwise') return BITWISE[operator](a, b);
    if ((operator === '/' || operator === '%') && b.low <= 0 && b.high >= 0) return undefined;
    return ARITHMETIC[operator](a, b);
  }

  /** Whether it can be told if a condition holds. */
  holds(condition: Condition, large: IsLarge): boolean {
    switch (condition.op) {
      case 'flag':
        return this.locals.has(condition.local.id);
      case 'compare':
        return this.bounds(condition.a, large) !== undefined && this.bounds(condition.b, large) !== undefined;
      case 'and':
      case 'or':
        return this.holds(condition.a, large) && this.holds(condition.b, large);
      case 'not':
        return this.holds(condition.a, large);
      default:
        return true;
    }
  }
}

/** Whether all of a range are indices of the array. */
export function isInside(index: Range, array: ConstantArray): boolean {
  return index.low >= 0 && index.high < array.values.length;
}
