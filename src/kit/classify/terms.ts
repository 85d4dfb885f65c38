/**
 * Expressions as the builder works on them: without negations (the set of a test is complemented
 * instead), with the test that a word is there made explicit, and each term stored once and known by its
 * number. So equal terms are equal numbers, and what is left of a term once a variable is known is found
 * quickly.
 */
import { fullMask, type Anchor, type Expression, type Test } from './expression.js';
import type { ValueRange, Variable } from './program.js';
import { complement, has, intersection, rangeSet, union, valuesOf, type ValueSet } from './value-set.js';

export type Term = number;
export const FALSE: Term = 0;
export const TRUE: Term = 1;

type Shape =
  | { readonly op: 'constant' }
  | { readonly op: 'test'; readonly variable: number; readonly set: ValueSet }
  | { readonly op: 'and' | 'or'; readonly of: readonly Term[] };

/** Offset and size of the IPv4 header's words of more than a byte (RFC 791, 3.1). */
const HEADER_WORDS = [[2, 2], [4, 2], [6, 2], [10, 2], [12, 4], [16, 4]] as const;

/** More terms than this, and the rules are refused: they would fill the machine's memory. */
export const TERMS_MAX = 4_000_000;

export class Terms {
  readonly variables: Variable[] = [];
  private readonly variableNumbers = new Map<string, number>();
  private readonly shapes: Shape[] = [{ op: 'constant' }, { op: 'constant' }];
  private readonly numbers = new Map<string, Term>();
  /** For each term: the variables in it, ascending. */
  private readonly variablesIn: (readonly number[])[] = [[], []];
  private readonly rests = new Map<number, Term | undefined>();

  constructor(private readonly networkBytes: number) {}

  variablesOf(term: Term): readonly number[] {
    return this.variablesIn[term]!;
  }

  /** The expression, or its contrary, as a term. */
  of(expression: Expression, wanted = true): Term {
    switch (expression.op) {
      case 'constant':
        return expression.value === wanted ? TRUE : FALSE;
      case 'not':
        return this.of(expression.of, !wanted);
      case 'test':
        return this.testOf(expression, wanted);
      case 'and':
      case 'or': {
        const of = expression.of.map((part) => this.of(part, wanted));
        return (expression.op === 'and') === wanted ? this.and(of) : this.or(of);
      }
    }
  }

  private testOf(given: Test, wanted: boolean): Term {
    const test = this.widened(given);
    const { field } = test;
    const set = valuesOf(test);
    const masked = set === undefined;
    const variable = this.variable({ kind: 'word', field, mask: masked ? test.mask : fullMask(field.size) });
    const inside = set ?? rangeSet(test.low, test.high, field.size);
    const end = field.offset + field.size;
    const holds = this.test(variable, wanted === (test.outside !== true) ? inside : complement(inside));
    if (field.anchor === 'network' && end <= this.networkBytes) return holds;
    const length = this.lengthVariable(field.anchor);
    return wanted ? this.and([this.test(length, [end]), holds]) : this.or([this.test(length, [0, end]), holds]);
  }

  /** A test of some bytes of an IPv4 header word as one of the whole word, so that there is one variable. */
  private widened(test: Test): Test {
    const { field, mask, low, high } = test;
    const end = field.offset + field.size;
    if (field.anchor !== 'network' || end > this.networkBytes) return test;
    const word = HEADER_WORDS.find(([offset, size]) => offset <= field.offset && end <= offset + size);
    if (word === undefined || word[1] === field.size) return test;
    const [offset, size] = word;
    const scale = 256 ** (offset + size - end);
    return { ...test, field: { anchor: 'network', offset, size }, mask: mask * scale, low: low * scale, high: high * scale };
  }

  /** The variable of the bytes behind an anchor. */
  lengthVariable(anchor: Anchor): number {
    return this.variable({ kind: 'length', anchor });
  }

  private variable(variable: Variable): number {
    const key = variable.kind === 'length' ? variable.anchor : `${variable.field.anchor} ${variable.field.offset} ${variable.field.size} ${variable.mask}`;
    let number = this.variableNumbers.get(key);
    if (number === undefined) {
      number = this.variables.push(variable) - 1;
      this.variableNumbers.set(key, number);
    }
    return number;
  }

  test(variable: number, set: ValueSet): Term {
    if (set.length === 0) return FALSE;
    if (set.length === 1 && set[0] === 0) return TRUE;
    return this.store(`${variable}:${set.join()}`, { op: 'test', variable, set });
  }

  and(of: readonly Term[]): Term {
    return this.joined('and', of);
  }

  or(of: readonly Term[]): Term {
    return this.joined('or', of);
  }

  private joined(op: 'and' | 'or', parts: readonly Term[]): Term {
    const [absorbing, neutral] = op === 'and' ? [FALSE, TRUE] : [TRUE, FALSE];
    const tests = new Map<number, ValueSet>();
    const others = new Set<Term>();
    const pending = [...parts];
    while (pending.length > 0) {
      const part = pending.pop()!;
      const shape = this.shapes[part]!;
      if (part === absorbing) return absorbing;
      if (part === neutral) continue;
      if (shape.op === op) pending.push(...shape.of);
      else if (shape.op !== 'test') others.add(part);
      else {
        const before = tests.get(shape.variable);
        const both = op === 'and' ? intersection : union;
        tests.set(shape.variable, before === undefined ? shape.set : both(before, shape.set));
      }
    }
    for (const [variable, set] of tests) {
      const term = this.test(variable, set);
      if (term === absorbing) return absorbing;
      if (term !== neutral) others.add(term);
    }
    if (op === 'or') this.merge(others);
    if (others.size === 0) return neutral;
    if (others.size === 1) return [...others][0]!;
    const of = [...others].sort((a, b) => a - b);
    return this.store(`${op === 'and' ? '&' : '|'}${of.join()}`, { op, of });
  }

  /** `a && x || b && x`, with `a` and `b` tests of one variable, is one test and `x`. */
  private merge(parts: Set<Term>): void {
    for (let again = true; again; ) {
      again = false;
      const seen = new Map<string, { part: Term; test: Term; others: readonly Term[] }>();
      for (const part of [...parts]) {
        const shape = this.shapes[part]!;
        if (shape.op !== 'and' || !parts.has(part)) continue;
        for (const test of shape.of) {
          const inner = this.shapes[test]!;
          // The test that a word is there must stay with the test of the word.
          if (inner.op !== 'test' || this.variables[inner.variable]!.kind === 'length') continue;
          const others = shape.of.filter((other) => other !== test);
          const key = `${inner.variable}/${others.join()}`;
          const twin = seen.get(key);
          if (twin === undefined || !parts.has(twin.part) || twin.part === part) {
            seen.set(key, { part, test, others });
            continue;
          }
          parts.delete(part);
          parts.delete(twin.part);
          const merged = this.and([...others, this.or([test, twin.test])]);
          if (merged !== FALSE) parts.add(merged);
          again = true;
          break;
        }
      }
    }
  }

  private store(key: string, shape: Exclude<Shape, { op: 'constant' }>): Term {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const term = this.shapes.push(shape) - 1;
    if (term > TERMS_MAX) throw new RulesTooLarge();
    this.numbers.set(key, term);
    const variables = shape.op === 'test' ? [shape.variable] : [...new Set(shape.of.flatMap((part) => this.variablesIn[part]!))].sort((a, b) => a - b);
    this.variablesIn.push(variables);
    return term;
  }

  /** Adds the values of `variable` at which the term may change. */
  changes(term: Term, variable: number, into: Set<number>): void {
    const shape = this.shapes[term]!;
    if (shape.op === 'constant' || !this.variablesIn[term]!.includes(variable)) return;
    if (shape.op === 'test') for (const value of shape.set) into.add(value);
    else for (const part of shape.of) this.changes(part, variable, into);
  }

  /** What is left of the term when `variable` has `value`. */
  given(term: Term, variable: number, value: number): Term {
    const shape = this.shapes[term]!;
    if (shape.op === 'constant' || !this.variablesIn[term]!.includes(variable)) return term;
    if (shape.op === 'test') return has(shape.set, value) ? TRUE : FALSE;
    if (shape.op === 'and') {
      const test = this.ownTest(shape.of, variable);
      if (test !== undefined) {
        if (!has(test.set, value)) return FALSE;
        return this.rest(term, shape.of, test.term, variable, value);
      }
    }
    const of = shape.of.map((part) => this.given(part, variable, value));
    return this.joined(shape.op, of);
  }

  /** The term as at most `most` conjunctions of ranges, one of which must hold; undefined if it takes more. */
  boxes(term: Term, most: number): ValueRange[][] | undefined {
    const shape = this.shapes[term]!;
    if (shape.op === 'constant') return term === TRUE ? [[]] : [];
    if (shape.op === 'test') return this.rangesOf(shape.variable, shape.set, most);
    let result: ValueRange[][] = shape.op === 'or' ? [] : [[]];
    for (const part of shape.of) {
      const boxes = this.boxes(part, most);
      if (boxes === undefined) return undefined;
      result = shape.op === 'or' ? [...result, ...boxes] : result.flatMap((box) => boxes.flatMap((other) => joinedBox(box, other)));
      if (result.length > most) return undefined;
    }
    return result;
  }

  /** The term as at most `most` conjunctions, of which each has a set for some variables; undefined if it takes more. */
  conjunctions(term: Term, most: number): Conjunction[] | undefined {
    const shape = this.shapes[term]!;
    if (shape.op === 'constant') return term === TRUE ? [new Map()] : [];
    if (shape.op === 'test') return [new Map([[shape.variable, shape.set]])];
    let result: Conjunction[] = shape.op === 'or' ? [] : [new Map()];
    for (const part of shape.of) {
      const own = this.conjunctions(part, most);
      if (own === undefined) return undefined;
      result = shape.op === 'or' ? [...result, ...own] : result.flatMap((one) => own.flatMap((other) => bothOf(one, other)));
      if (result.length > most) return undefined;
    }
    return result;
  }

  private rangesOf(variable: number, set: ValueSet, most: number): ValueRange[][] | undefined {
    const described = this.variables[variable]!;
    if (set.length > 2 * most || described.kind === 'length') return undefined;
    const result: ValueRange[][] = [];
    for (let index = 0; index < set.length; index += 2) {
      const end = set[index + 1];
      result.push([{ variable, low: set[index]!, high: end === undefined ? described.mask : end - 1 }]);
    }
    return result;
  }

  private ownTest(of: readonly Term[], variable: number): { term: Term; set: ValueSet } | undefined {
    for (const term of of) {
      const shape = this.shapes[term]!;
      if (shape.op === 'test' && shape.variable === variable) return { term, set: shape.set };
    }
    return undefined;
  }

  /** A conjunction without its own test of `variable`, which holds. */
  private rest(term: Term, of: readonly Term[], test: Term, variable: number, value: number): Term {
    const key = term * 65_536 + variable;
    if (this.rests.has(key)) {
      const known = this.rests.get(key);
      if (known !== undefined) return known;
    } else {
      const others = of.filter((part) => part !== test);
      const elsewhere = others.some((part) => this.variablesIn[part]!.includes(variable));
      const known = elsewhere ? undefined : this.and(others);
      this.rests.set(key, known);
      if (known !== undefined) return known;
    }
    return this.and(of.filter((part) => part !== test).map((part) => this.given(part, variable, value)));
  }
}

/** Sets of which variables must be members; others may be anything. */
export type Conjunction = ReadonlyMap<number, ValueSet>;

/** Both at once; nothing when they contradict each other. */
function bothOf(one: Conjunction, other: Conjunction): Conjunction[] {
  const both = new Map(one);
  for (const [variable, set] of other) {
    const before = both.get(variable);
    const joined = before === undefined ? set : intersection(before, set);
    if (joined.length === 0) return [];
    both.set(variable, joined);
  }
  return [both];
}

/** Both boxes at once: one range for each variable, or no box when they contradict each other. */
function joinedBox(box: readonly ValueRange[], other: readonly ValueRange[]): ValueRange[][] {
  const ranges = new Map(box.map((range) => [range.variable, range]));
  for (const range of other) {
    const { variable, low, high } = range;
    const before = ranges.get(variable);
    const joined = before === undefined ? range : { variable, low: Math.max(low, before.low), high: Math.min(high, before.high) };
    if (joined.low > joined.high) return [];
    ranges.set(variable, joined);
  }
  return [[...ranges.values()]];
}

/** The rules cannot be compiled within the limits. */
export class RulesTooLarge extends Error {
  constructor() {
    super('the rules are too large together to be compiled');
  }
}
