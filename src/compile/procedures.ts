/**
 * Functions of an element that are lowered once and called (which: call-weights.ts). A procedure is made at its first call
 * and serves every call that it allows: with the same constants, and numbers within the ranges that it was lowered for.
 * What it proves, it proves from these alone. Where it cannot be made, the function is lowered in place as all others are.
 */
import type ts from 'typescript';
import { Diagnostics } from '../diagnostics.js';
import { enter } from './calls.js';
import type { CallWeights } from './call-weights.js';
import { callOf, type Call } from './call-key.js';
import { Flow, type PacketStatus } from './flow.js';
import { contains as someStatement } from './graph-uses.js';
import type { Block, PacketLocal, Parameter, Procedure, Statement } from './ir.js';
import { withoutPassedChecks } from './known-lengths.js';
import { Refusal, type Lowering } from './lowering.js';
import { ProcedureResults, type Result } from './procedure-results.js';
import { contains, isExact, range, type Range } from './range.js';
import { constant, VOID, type FunctionValue, type Value } from './value.js';
import { withWideStores } from './wide-stores.js';

/** What a procedure takes for granted of its numbers: their types; what is known of those that vary; all that is known. */
const MODES = ['types', 'variables', 'all'] as const;

interface Made {
  readonly procedure: Procedure;
  /** What each value among the parameters may be; undefined for packets and views. */
  readonly ranges: readonly (Range | undefined)[];
  readonly result: Result;
  /** What has become of each packet among the parameters, in their order, and whether it lies or is marked otherwise. */
  readonly packets: readonly { readonly status: PacketStatus; readonly changed: boolean }[];
  /** The number of the port, if it looked at it. */
  readonly port: number | undefined;
}

/** Statements that may trap. */
const TRAPS = new Set<Statement['op']>(['trap-if', 'prepend', 'unstrip', 'append']);
/** Statements after which a packet lies elsewhere, or has other marks or annotations. */
const CHANGES = new Set<Statement['op']>(['move', 'cut', 'prepend', 'unstrip', 'append', 'mark', 'annotation-store', 'copy-annotations']);

/** Bounds of numbers whose type only is taken for granted. */
const UPPER = [0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 2 ** 48 - 1, Number.MAX_SAFE_INTEGER];
const LOWER = [0, -0x8000_0000, -Number.MAX_SAFE_INTEGER];

/** The procedures of the instances of one shape. */
export class Procedures {
  private readonly made = new Map<string, Made[]>();
  /** Calls, with their ranges, for which none could be made. */
  private readonly refused = new Set<string>();
  private count = 0;

  constructor(private readonly weights: CallWeights) {}

  /** Whether code is to be short: see CallWeights. */
  get compact(): boolean {
    return this.weights.large;
  }

  /** Calls the function, if it is one to be called: its value; undefined if it is to be lowered in place. */
  invoke(lowering: Lowering, callee: FunctionValue, values: readonly Value[], at: ts.CallExpression): Value | undefined {
    const call = this.weights.isCalled(callee.declaration) ? callOf(lowering, callee, values, []) : undefined;
    const made = call && this.find(lowering, callee, call, at, undefined);
    if (call === undefined || made === undefined) return undefined;
    const held = lowering.flow.held().filter((packet) => !call.packets.includes(packet));
    const changed = call.packets.filter((_, index) => made.packets[index]!.changed);
    const { local, value } = received(lowering, made.result);
    lowering.add({ op: 'invoke', procedure: made.procedure, arguments: call.arguments, result: local, held, changed }, at);
    call.packets.forEach((packet, index) => lowering.flow.setStatus(packet, made.packets[index]!.status));
    return value;
  }

  /** Calls the function at the end of the method, which ends with it; whether that could be done. */
  end(lowering: Lowering, callee: FunctionValue, values: readonly Value[], at: ts.CallExpression): boolean {
    const { end } = lowering;
    // What a pull gives is counted by the port that it is for, which differs from call to call.
    if (end === undefined || end.kind === 'pull' || lowering.returnTarget !== end.target || !this.weights.isCalled(callee.declaration)) return false;
    const main = end.main !== undefined && lowering.flow.statusOf(end.main) === 'owned' ? [end.main] : [];
    const call = callOf(lowering, callee, values, main);
    if (call === undefined || lowering.flow.left().some((packet) => !call.packets.includes(packet))) return false;
    const made = this.find(lowering, callee, call, at, end);
    if (made === undefined) return false;
    lowering.add({ op: 'invoke', procedure: made.procedure, arguments: call.arguments, held: [], changed: [] }, at);
    lowering.flow.dead = true;
    return true;
  }

  private find(lowering: Lowering, callee: FunctionValue, call: Call, at: ts.CallExpression, end: Lowering['end']): Made | undefined {
    const place = end?.main === undefined ? -1 : call.packets.indexOf(end.main);
    const key = `${end?.kind ?? 'value'} ${place} ${call.key}`;
    const list = this.made.get(key) ?? [];
    this.made.set(key, list);
    let found = list.find((one) => (one.port === undefined || one.port === lowering.port) && one.ranges.every((wide, index) => wide === undefined || contains(wide, call.ranges[index]!)));
    for (const mode of found === undefined ? MODES : []) {
      const ranges = call.ranges.map((known, index) => known && widened(known, call.declared[index], mode));
      const attempt = `${key} ${lowering.port} ${JSON.stringify(ranges)}`;
      if (this.refused.has(attempt) || ranges.some((wide, index) => wide !== undefined && !contains(wide, call.ranges[index]!))) continue;
      found = this.make(lowering, callee, call, at, ranges, end);
      if (found !== undefined) {
        list.push(found);
        break;
      }
      this.refused.add(attempt);
    }
    lowering.usesPort ||= found?.port !== undefined;
    return found;
  }

  private make(lowering: Lowering, callee: FunctionValue, call: Call, at: ts.CallExpression, ranges: readonly (Range | undefined)[], end: Lowering['end']): Made | undefined {
    const diagnostics = new Diagnostics();
    const inner = lowering.apart(diagnostics);
    const parameters = call.arguments.map((argument, index): Parameter => {
      if (argument.kind === 'packet') return { kind: 'packet', packet: inner.newPacket(false, 'owned') };
      if (argument.kind === 'view') return { kind: 'view', view: inner.newView() };
      const name = call.names[index]!;
      return { kind: 'value', local: call.types[index] === 'boolean' ? inner.newFlag(name) : inner.newLocal(name, ranges[index]!) };
    });
    const packets = parameters.flatMap((parameter) => (parameter.kind === 'packet' ? [parameter.packet] : []));
    const results = new ProcedureResults(packets);
    const target = end === undefined ? results : endOf(inner, end, call, packets);
    const body = inner.collect(() => {
      try {
        enter(inner, callee, call.bind(inner, parameters, ranges), at, target);
        if (!inner.flow.dead) target.accept(inner, undefined, at);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        inner.refusals += 1;
      }
    });
    const result = end === undefined ? results.result() : ({ kind: 'nothing' } as const);
    if (inner.refusals > 0 || diagnostics.list.length > 0 || result === undefined) return undefined;
    const after = results.flows.reduce<Flow | undefined>((joined, flow) => (joined === undefined ? flow : Flow.join(joined, flow)), undefined);
    const outcomes = packets.map((packet) => {
      const status = after?.statusOf(packet) ?? 'gone';
      return { status, changed: status === 'owned' && isChanged(body, packet) };
    });
    results.keepOnly(packets.filter((_, index) => outcomes[index]!.changed));
    const procedure: Procedure = {
      name: callee.declaration.name?.getText() ?? 'function',
      id: this.count++,
      routine: { body: withWideStores(withoutPassedChecks(body)), locals: inner.locals, packets: inner.packets, views: inner.views },
      parameters,
      ends: end === undefined ? 'value' : 'end',
      ...(result.kind === 'integer' || result.kind === 'boolean' ? { result: { type: result.kind, range: result.range } } : {}),
      traps: someStatement(body, ({ op }) => TRAPS.has(op)),
    };
    return { procedure, ranges, result, packets: outcomes, port: inner.usesPort ? inner.port : undefined };
  }
}

/** Where the returns of a procedure go that ends the method. */
function endOf(inner: Lowering, end: NonNullable<Lowering['end']>, call: Call, packets: readonly PacketLocal[]) {
  // A packet of the method that is gone by then cannot be returned; it is looked at all the same.
  const main = end.main && (packets[call.packets.indexOf(end.main)] ?? inner.newPacket(false, 'gone'));
  const target = end.of(main);
  inner.end = { kind: end.kind, of: end.of, main, target };
  return target;
}

function isChanged(body: Block, packet: PacketLocal): boolean {
  return someStatement(body, (statement) => (CHANGES.has(statement.op) && 'packet' in statement && statement.packet === packet) || (statement.op === 'invoke' && statement.changed.includes(packet)));
}

/** What of a range is taken for granted. */
function widened(known: Range, declared: Range | undefined, mode: (typeof MODES)[number]): Range {
  if (mode === 'all' || (mode === 'variables' && !isExact(known))) return known;
  return declared ?? range(LOWER.find((low) => low <= known.low)!, UPPER.find((high) => high >= known.high)!);
}

/** The value of a call in its caller, and where it is. */
function received(lowering: Lowering, result: Result): { local?: import('./ir.js').Local; value: Value } {
  switch (result.kind) {
    case 'integer':
      return lowering.result('returned', result.range);
    case 'boolean':
      return lowering.flagResult('returned');
    case 'constant':
      return { value: constant(result.value) };
    case 'nothing':
      return { value: VOID };
  }
}
