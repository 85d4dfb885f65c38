/**
 * Elements side by side that do the same with other constants, made one: each difference becomes an array, indexed by
 * the lane that the packet is in. Where an element chooses among such outputs nothing is left to be mispredicted.
 */
import { typeOf } from './c-expression.js';
import type { Expression, Local, Routine } from './ir.js';
import { hull, type Range } from './range.js';

/** The routine for all lanes, or undefined if they differ in more than integers. The lane is a local called `lane`. */
export function mergeRoutines(routines: readonly Routine[]): Routine | undefined {
  try {
    return new Merging(routines).routine();
  } catch (error) {
    if (error instanceof Different) return undefined;
    throw error;
  }
}

/** The C variable of the lane: the name that c-expression gives to the local. */
export const LANE = 'lane_9999';

class Different extends Error {}

class Merging {
  private readonly lane: Local;
  private readonly locals = new Map<number, Local>();

  constructor(private readonly routines: readonly Routine[]) {
    this.lane = { id: 9999, name: 'lane', type: 'integer', range: { low: 0, high: routines.length - 1 } };
  }

  routine(): Routine {
    const [first] = this.routines as [Routine];
    const body = this.merged(this.routines.map((routine) => routine.body)) as Routine['body'];
    return { ...first, body, locals: first.locals.map((local) => this.locals.get(local.id) ?? local) };
  }

  private merged(values: readonly unknown[]): unknown {
    const [first] = values;
    if (values.every((value) => value === first)) return this.isLocal(first) ? this.local(values as Local[]) : first;
    if (values.some((value) => typeof value !== 'object' || value === null)) throw new Different();
    if (ArrayBuffer.isView(first)) throw new Different();
    if (Array.isArray(first)) {
      const lists = values as unknown[][];
      if (lists.some((list) => !Array.isArray(list) || list.length !== first.length)) throw new Different();
      return first.map((_, index) => this.merged(lists.map((list) => list[index])));
    }
    return this.object(values as Record<string, unknown>[]);
  }

  private object(values: readonly Record<string, unknown>[]): unknown {
    const [first] = values as [Record<string, unknown>];
    if (this.isLocal(first)) return this.local(values as unknown as Local[]);
    if ('low' in first && 'high' in first) return (values as unknown as Range[]).reduce(hull);
    if (first['op'] === 'number' && values.every(({ op }) => op === 'number')) return this.number(values as unknown as { value: number; range: Range }[]);
    const keys = Object.keys(first);
    if (values.some((value) => value['op'] !== first['op'] || Object.keys(value).length !== keys.length)) throw new Different();
    const merged = Object.fromEntries(keys.map((key) => [key, key === 'at' ? first[key] : this.member(key, values)]));
    // Where an annotation lies must be known.
    if (String(first['op']).startsWith('annotation') && (merged['offset'] as Expression).op !== 'number') throw new Different();
    return merged;
  }

  private member(key: string, values: readonly Record<string, unknown>[]): unknown {
    const members = values.map((value) => value[key]);
    if ((key === 'program' || key === 'array' || key === 'procedure') && members.some((member) => member !== members[0])) throw new Different();
    return this.merged(members);
  }

  private number(numbers: readonly { value: number; range: Range }[]): Expression {
    const values = numbers.map(({ value }) => value);
    const range = { low: Math.min(...values), high: Math.max(...values) };
    if (range.low === range.high) return { op: 'number', value: range.low, range };
    return { op: 'constant', array: { values, range }, index: { op: 'local', local: this.lane, range: this.lane.range }, range };
  }

  private isLocal(value: unknown): value is Local {
    return typeof value === 'object' && value !== null && 'name' in value && 'id' in value && 'type' in value && 'range' in value;
  }

  private local(values: readonly Local[]): Local {
    const [first] = values as [Local];
    if (values.some(({ id, type, range }) => id !== first.id || type !== first.type || typeOf(range) !== typeOf(first.range))) throw new Different();
    const known = this.locals.get(first.id);
    if (known !== undefined) return known;
    const local = { ...first, range: values.map(({ range }) => range).reduce(hull) };
    this.locals.set(first.id, local);
    return local;
  }
}
