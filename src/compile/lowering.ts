/**
 * The state of lowering one method: the statements so far, what is known, and the ways to add to both.
 * What each kind of syntax and each part of the context does is in the files beside this one.
 */
import type ts from 'typescript';
import type { Diagnostics, Span } from '../diagnostics.js';
import { INTEGER_MAX } from '../kit/integers.js';
import type { TrapReason } from '../kit/trap.js';
import { Flow, type PacketStatus } from './flow.js';
import type { Condition, Expression, Local, PacketLocal, Pointer, Statement } from './ir.js';
import type { KitSource } from './kit-source.js';
import { LoopMemory } from './loop-memory.js';
import type { ModuleLibrary, ModuleSource } from './module-source.js';
import type { Procedures } from './procedures.js';
import { compareRanges, contains, describeRange, extent, isExact, type Range } from './range.js';
import { describe as describeValue, number, plus, type BooleanValue, type IntegerValue, type Value, type Variable } from './value.js';

/** Most statements one method may come to: what is beyond was unrolled or inlined too far. */
export const STATEMENTS_MAX = 200_000;

/** Thrown to give up the statement at hand; the message has been given. */
export class Refusal extends Error {}

/** Where a `return` goes. */
export interface ReturnTarget {
  /** Ends the function with a value (undefined: none). The flow is dead afterwards. */
  accept(lowering: Lowering, value: Value | undefined, at: ts.Node): void;
}

/** The end of a method of an element, of which there are kinds: see MethodTask. */
export interface MethodEnd {
  readonly kind: string;
  /** The packet that the method was given, if it was given one. */
  readonly main: PacketLocal | undefined;
  readonly target: ReturnTarget;
  /** The same end in a function that ends the method. */
  of(main: PacketLocal | undefined): ReturnTarget;
}

/** Where `break` and `continue` go. */
export interface LoopTarget {
  readonly name: string | undefined;
  readonly breakLabel: number;
  readonly continueLabel: number | undefined;
  readonly breaks: Flow[];
  readonly continues: Flow[];
}

export class Lowering {
  flow = Flow.start();
  private statements: Statement[] = [];
  private statementCount = 0;
  readonly locals: Local[] = [];
  readonly packets: PacketLocal[] = [];
  private viewCount = 0;
  private labelCount = 0;
  /** Functions being inlined, outermost first: recursion would repeat one. */
  readonly callStack: ts.Node[] = [];
  /** The calls that these are inlined for. */
  readonly callSites: ts.Node[] = [];
  readonly loops: LoopTarget[] = [];
  /** What was found of loops within the one that is being looked at; see loop-memory.ts. */
  readonly loopMemory = new LoopMemory();
  returnTarget!: ReturnTarget;
  /** What the end of the method is, where it is this that is lowered; a procedure may be called there and end it. */
  end: MethodEnd | undefined;
  /** The number of the port that the method runs for. */
  port = 0;
  module: ModuleSource;
  /** Above 0 while a loop's fixed point is sought: nothing is reported. */
  private quiet = 0;
  /** Statements given up so far: what follows from them is not reported. */
  refusals = 0;
  /** Whether the method looked at the number of its port. */
  usesPort = false;

  constructor(
    module: ModuleSource,
    readonly library: ModuleLibrary,
    readonly kit: KitSource,
    private readonly diagnostics: Diagnostics,
    private readonly where: Span,
    /** Functions that are called instead of lowered in place; none: all are lowered in place. */
    readonly procedures?: Procedures,
  ) {
    this.module = module;
  }

  /** For a function that is lowered by itself, where this one calls it. */
  apart(diagnostics: Diagnostics): Lowering {
    const inner = new Lowering(this.module, this.library, this.kit, diagnostics, this.where, this.procedures);
    inner.callStack.push(...this.callStack);
    inner.port = this.port;
    return inner;
  }

  get views(): number {
    return this.viewCount;
  }

  // ---- statements ------------------------------------------------------------------------------------

  add(statement: WithoutPlace<Statement>, at: ts.Node): void {
    this.statementCount += 1;
    if (this.statementCount > STATEMENTS_MAX) {
      this.statementCount = 0;
      this.refuse(
        'WL2016',
        at,
        `the method comes to more than ${STATEMENTS_MAX} steps when its loops and calls are expanded`,
        'Use a loop over numbers instead of for..of over a long constant array, or smaller functions.',
      );
    }
    this.statements.push({ ...statement, at: this.module.span(at) } as Statement);
  }

  /** Adds statements that were collected. */
  append(statements: readonly Statement[]): void {
    for (const statement of statements) this.statements.push(statement);
  }

  /** The statements that `fill` adds, apart from those before. */
  collect(fill: () => void): Statement[] {
    const outer = this.statements;
    const inner: Statement[] = [];
    this.statements = inner;
    try {
      fill();
    } finally {
      this.statements = outer;
    }
    return inner;
  }

  /**
   * Runs `attempt` without keeping its statements or messages; the flow is the caller's to restore. False: it was refused
   * somewhere, and did not get to its end.
   */
  rehearse(attempt: () => void): boolean {
    this.quiet += 1;
    try {
      this.collect(attempt);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return false;
    } finally {
      this.quiet -= 1;
    }
  }

  get rehearsing(): boolean {
    return this.quiet > 0;
  }

  newLabel(): number {
    return this.labelCount++;
  }

  newView(): number {
    return this.viewCount++;
  }

  newLocal(name: string, range: Range): Local {
    const local: Local = { id: this.locals.length, name, type: 'integer', range };
    this.locals.push(local);
    return local;
  }

  newFlag(name: string): Local {
    const local: Local = { id: this.locals.length, name, type: 'boolean', range: { low: 0, high: 1 } };
    this.locals.push(local);
    return local;
  }

  newPacket(main: boolean, status: PacketStatus): PacketLocal {
    const packet: PacketLocal = { id: this.packets.length, main };
    this.packets.push(packet);
    this.flow.setStatus(packet, status);
    return packet;
  }

  // ---- messages ----------------------------------------------------------------------------------------

  report(code: string, at: ts.Node, message: string, hint?: string): void {
    if (this.quiet > 0) return;
    const span = this.module.span(at);
    const related = [{ message: 'for this element', span: this.where }];
    // Unrolled and inlined code is lowered many times; one place has one message.
    const seen = this.diagnostics.list.some(
      (other) =>
        other.code === code &&
        other.span?.source === span.source &&
        other.span.start === span.start &&
        other.message === message,
    );
    if (!seen) this.diagnostics.error(code, span, message, hint, related);
  }

  refuse(code: string, at: ts.Node, message: string, hint?: string): never {
    this.report(code, at, message, hint);
    throw new Refusal();
  }

  // ---- values ------------------------------------------------------------------------------------------

  /** The value as an integer expression. */
  integer(value: Value, at: ts.Node, what = 'an integer'): Expression {
    if (value.kind === 'integer') return value.expression;
    if (value.kind === 'const' && typeof value.value === 'number') {
      if (!Number.isSafeInteger(value.value)) {
        this.refuse('WL2003', at, `${value.value} is not an integer`, 'Round it in build, or use Math.trunc.');
      }
      return number(value.value + 0);
    }
    if (value.kind === 'const' && typeof value.value === 'bigint') return number(Number(value.value));
    if (value.kind === 'pick') return this.pickedNumber(value, at);
    return this.refuseKind(value, at, what);
  }

  private pickedNumber(value: Extract<Value, { kind: 'pick' }>, at: ts.Node): Expression {
    const { array, index } = value;
    if (!array.every((item) => Number.isSafeInteger(item))) {
      this.refuse('WL2003', at, 'the elements of this array are not all integers');
    }
    const values = array as readonly number[];
    // In a loop that goes from entry to entry, a state machine say, more of them come into reach with every round: take all at once.
    const used = this.rehearsing && !isExact(index.range) ? values : values.slice(Math.max(0, index.range.low), index.range.high + 1);
    const { low, high } = index.range;
    const inARow = !this.rehearsing && low >= 0 && used.length === high - low + 1 && used.every((item, place) => item === used[0]! + place);
    if (inARow) return plus(index, used[0]! - low);
    return { op: 'constant', array: { values, range: extent(values) }, index, range: extent(used) };
  }

  /** The value as a condition. */
  condition(value: Value, at: ts.Node): BooleanValue {
    if (value.kind === 'boolean') return value;
    if (value.kind === 'const' && typeof value.value === 'boolean') {
      return { kind: 'boolean', condition: { op: 'boolean', value: value.value } };
    }
    if (value.kind === 'pick' && value.array.every((item) => typeof item === 'boolean')) {
      const values = value.array.map(Number);
      const a: Expression = { op: 'constant', array: { values, range: { low: 0, high: 1 } }, index: value.index, range: { low: 0, high: 1 } };
      return { kind: 'boolean', condition: { op: 'compare', operator: '!==', a, b: number(0) } };
    }
    return this.refuseKind(value, at, 'a boolean; compare explicitly, as in `count !== 0`');
  }

  /** The constant behind a value, or undefined if it is not one. */
  constantOf(value: Value): { value: unknown } | undefined {
    if (value.kind === 'const') return value;
    if (value.kind === 'integer') {
      const { low, high } = value.expression.range;
      return low === high ? { value: low } : undefined;
    }
    if (value.kind === 'boolean' && value.condition.op === 'boolean') return { value: value.condition.value };
    return undefined;
  }

  refuseKind(value: Value, at: ts.Node, wanted: string): never {
    if (value.kind === 'refused') throw new Refusal();
    return this.refuse('WL2015', at, `expected ${wanted}, got ${describeValue(value)}`);
  }

  /** A local that holds `expression` from here on, so that later assignments do not change it. */
  materialize(expression: Expression, name: string, at: ts.Node): Expression {
    if (expression.op === 'number') return expression;
    if (expression.range.low === expression.range.high) return number(expression.range.low);
    const local = this.newLocal(name, expression.range);
    this.add({ op: 'set', local, value: expression }, at);
    return { op: 'local', local, range: expression.range };
  }

  /** A fresh local for the result of a statement, as a value. */
  result(name: string, range: Range): { local: Local; value: IntegerValue } {
    const local = this.newLocal(name, range);
    const variable: Variable = { name, local, constant: true };
    this.flow.know(variable, range);
    return { local, value: { kind: 'integer', expression: { op: 'local', local, range }, variable } };
  }

  flagResult(name: string): { local: Local; value: BooleanValue } {
    const local = this.newFlag(name);
    return { local, value: { kind: 'boolean', condition: { op: 'flag', local } } };
  }

  // ---- proofs ------------------------------------------------------------------------------------------

  /** Refuses a value that a double may not hold exactly. */
  exact(range: Range, at: ts.Node): void {
    if (range.low >= -INTEGER_MAX && range.high <= INTEGER_MAX) return;
    this.refuse(
      'WL2004',
      at,
      `this value may be ${describeRange(range)}, beyond the exact integers (+-(2^53-1))`,
      'Narrow an operand first, for example with u32(...).',
    );
  }

  /** Refuses a value that may not fit where it is stored. */
  fits(expression: Expression, allowed: Range, name: string, at: ts.Node): void {
    if (contains(allowed, expression.range)) return;
    const cast = castFor(allowed);
    this.refuse(
      'WL2003',
      at,
      `value ${describeRange(expression.range)} may not fit '${name}' (${describeRange(allowed)})`,
      cast === undefined
        ? `Check its range first, for example: if (value <= ${allowed.high}) ...`
        : `Wrap it in ${cast}(...) to truncate it, or check its range first.`,
    );
  }

  // ---- packets ------------------------------------------------------------------------------------------

  /** The packet behind a value, which must be here (owned). */
  packet(value: Value, at: ts.Node): PacketLocal {
    if (value.kind !== 'packet') return this.refuseKind(value, at, 'a packet');
    this.owned(value.packet, at);
    return value.packet;
  }

  owned(packet: PacketLocal, at: ts.Node): void {
    const status = this.flow.statusOf(packet);
    if (status === 'owned') return;
    const messages: Record<PacketStatus, [string, string | undefined]> = {
      owned: ['', undefined],
      maybe: ['the packet may be null here', 'Compare it with null first.'],
      null: ['the packet is null here', undefined],
      gone: ['the packet is gone: it was emitted, stored or returned before', 'Use it before you pass it on, or pass on a copy with emitCopy.'],
      disputed: ['the packet was passed on along one path to this point and not along another', 'Pass it on or keep it on both paths.'],
    };
    const [message, hint] = messages[status];
    this.refuse('WL2008', at, message, hint);
  }

  /** The packet has been passed on. */
  used(packet: PacketLocal): void {
    this.flow.setStatus(packet, 'gone');
  }

  trapIf(condition: Condition, reason: TrapReason, at: ts.Node): void {
    if (condition.op === 'boolean' && !condition.value) return;
    this.add({ op: 'trap-if', condition, reason, held: this.flow.held() }, at);
  }

  /** Traps unless `size` bytes at `offset` from `pointer` are inside the packet. */
  inside(pointer: Pointer, packet: PacketLocal, offset: Expression, size: number, at: ts.Node): void {
    const room: Expression = {
      op: 'distance',
      from: pointer,
      to: { packet, part: 'end' },
      range: DISTANCE,
    };
    const needed: Expression =
      offset.op === 'number'
        ? number(offset.value + size)
        : {
            op: 'arithmetic',
            operator: '+',
            a: offset,
            b: number(size),
            range: { low: offset.range.low + size, high: offset.range.high + size },
          };
    this.exact(needed.range, at);
    this.trapIf(compare('<', room, needed), 'short_packet', at);
  }
}

/** Bytes between two places of one packet. */
export const DISTANCE: Range = { low: -0x4000, high: 0x4000 };

/** A comparison, folded when the ranges decide it. */
export function compare(operator: '===' | '!==' | '<' | '<=' | '>' | '>=', a: Expression, b: Expression): Condition {
  const decided = compareRanges(operator, a.range, b.range);
  return decided === undefined ? { op: 'compare', operator, a, b } : { op: 'boolean', value: decided };
}

function castFor({ low, high }: Range): string | undefined {
  if (low < 0) return low === -0x8000_0000 && high === 0x7fff_ffff ? 'i32' : undefined;
  const bits = [8, 16, 32, 48].find((width) => high === 2 ** width - 1);
  return bits === undefined ? undefined : `u${bits}`;
}

type WithoutPlace<T> = T extends { at: Span } ? Omit<T, 'at'> : never;


