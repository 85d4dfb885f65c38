/** Lowers one method of an element, for given arguments, to a routine. */
import ts from '../typescript.js';
import { Diagnostics, type Span } from '../diagnostics.js';
import { executeAll, returnExpression } from './statements.js';
import { bind, destructure } from './binding.js';
import { evaluate } from './expressions.js';
import { moduleScope, within } from './calls.js';
import { ContextEntity, type InstanceShape } from './context.js';
import type { Definition, ElementMethod } from './element-source.js';
import type { PacketLocal, Routine } from './ir.js';
import type { KitSource } from './kit-source.js';
import { Lowering, Refusal, type ReturnTarget } from './lowering.js';
import type { ModuleLibrary } from './module-source.js';
import type { Procedures } from './procedures.js';
import { Scope } from './scope.js';
import { constant, describe, entity, type Value } from './value.js';

export interface LoweredMethod extends Routine {
  /** Whether the code depends on the port it runs for. */
  readonly usesPort: boolean;
}

export interface MethodTask {
  readonly method: ElementMethod;
  /** What the method is for: decides its parameters and what it returns. */
  readonly kind: 'process' | 'learn' | 'pull' | 'run' | 'void';
  readonly shape: InstanceShape;
  readonly port: number;
  /** Where the instance stands in the graph, for messages. */
  readonly where: Span;
}

/** Lowers with the functions that are to be called, if that can be: what is wrong is said of functions in place. */
export function lowerMethod(task: MethodTask, library: ModuleLibrary, kit: KitSource, diagnostics: Diagnostics, procedures: Procedures): LoweredMethod {
  const trial = new Diagnostics();
  const method = attempt(task, library, kit, trial, procedures);
  return trial.failed ? attempt(task, library, kit, diagnostics, undefined) : method;
}

function attempt(task: MethodTask, library: ModuleLibrary, kit: KitSource, diagnostics: Diagnostics, procedures: Procedures | undefined): LoweredMethod {
  const { method } = task;
  const lowering = new Lowering(method.module, library, kit, diagnostics, task.where, procedures);
  lowering.port = task.port;
  const scope = new Scope(method.scope);
  const body = lowering.collect(() => {
    try {
      lowerBody(lowering, scope, task);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  });
  return { body, locals: lowering.locals, packets: lowering.packets, views: lowering.views, usesPort: lowering.usesPort };
}

function lowerBody(lowering: Lowering, scope: Scope, task: MethodTask): void {
  const { declaration } = task.method;
  const context: Value = entity(new ContextEntity(task.shape, task.port));
  const main = task.kind === 'process' || task.kind === 'learn' ? lowering.newPacket(true, 'owned') : undefined;
  const values: Value[] = main === undefined ? [context] : [{ kind: 'packet', packet: main }, context];
  declaration.parameters.forEach((parameter, index) => {
    const value = values[index];
    if (value === undefined) return lowering.refuse('WL2014', parameter, 'this method gets no such argument');
    if (ts.isIdentifier(parameter.name)) bind(lowering, scope, parameter.name.text, value, true, undefined, parameter);
    else destructure(lowering, scope, parameter.name, value);
  });
  const of = (packet: PacketLocal | undefined) => targetFor(task, packet);
  lowering.returnTarget = of(main);
  lowering.end = { kind: task.kind, main, target: lowering.returnTarget, of };
  lowering.callStack.push(declaration);
  const { body } = declaration;
  if (body === undefined) return lowering.refuse('WL2014', declaration, 'the method has no body');
  if (ts.isBlock(body)) executeAll(lowering, scope, body.statements);
  else if (task.kind === 'void' || task.kind === 'learn') evaluate(lowering, scope, body);
  else returnExpression(lowering, scope, body);
  if (!lowering.flow.dead && lowering.refusals === 0) lowering.returnTarget.accept(lowering, undefined, declaration.name ?? declaration);
}

function targetFor(task: MethodTask, main: PacketLocal | undefined): ReturnTarget {
  switch (task.kind) {
    case 'process':
      return { accept: (lowering, value, at) => finishProcess(lowering, task, main!, value, at) };
    case 'learn':
      return { accept: (lowering, _value, at) => finishLearn(lowering, main!, at) };
    case 'pull':
      return { accept: finishPull };
    case 'run':
      return { accept: finishRun };
    case 'void':
      return { accept: finishVoid };
  }
}

function finishProcess(lowering: Lowering, task: MethodTask, main: PacketLocal, value: Value | undefined, at: ts.Node): void {
  const verdict = verdictOf(lowering, value, at);
  if (verdict.to?.kind === 'drop') checkReason(lowering, task, verdict.to.reason, at);
  const status = lowering.flow.statusOf(main);
  if (verdict.to === undefined) {
    if (status !== 'gone') {
      lowering.refuse(
        'WL2008',
        at,
        'kept is returned, but the packet was neither stored nor emitted on this path',
        'Return an output, drop(...), or consumed.',
      );
    }
    lowering.add({ op: 'finish' }, at);
  } else {
    lowering.owned(main, at);
    lowering.used(main);
    lowering.add({ op: 'finish', packet: main, to: verdict.to }, at);
  }
  endOfPath(lowering, at);
}

/** The packet has been looked at, and is no more. */
function finishLearn(lowering: Lowering, main: PacketLocal, at: ts.Node): void {
  lowering.owned(main, at);
  lowering.used(main);
  lowering.add({ op: 'finish', packet: main, to: { kind: 'consumed' } }, at);
  endOfPath(lowering, at);
}

function verdictOf(lowering: Lowering, value: Value | undefined, at: ts.Node): Extract<Value, { kind: 'verdict' }> {
  if (value === undefined || value.kind === 'void') {
    return lowering.refuse('WL2009', at, 'this path returns no verdict', 'Every path through process returns an output, kept, consumed, or drop(...).');
  }
  if (value.kind === 'verdict') return value;
  if (value.kind === 'const' && typeof value.value === 'object' && value.value !== null && 'kind' in value.value) {
    const { kind } = value.value as { kind: string };
    if (kind === 'kept') return { kind: 'verdict', to: undefined };
    if (kind === 'consumed') return { kind: 'verdict', to: { kind: 'consumed' } };
  }
  if (value.kind === 'refused') throw new Refusal();
  return lowering.refuse('WL2009', at, `expected a verdict, got ${describe(value)}`, 'Return an output, kept, consumed, or drop(...).');
}

function checkReason(lowering: Lowering, task: MethodTask, reason: string, at: ts.Node): void {
  const { drops } = task.shape;
  if (drops.length === 0 || drops.includes(reason)) return;
  lowering.refuse('WL2013', at, `the reason "${reason}" is not among the element's drops`, `Add it there: drops: { ${reason}: '...' }.`);
}

function finishPull(lowering: Lowering, value: Value | undefined, at: ts.Node): void {
  if (value?.kind === 'const' && (value.value === null || value.value === undefined)) {
    lowering.add({ op: 'return-packet', packet: undefined }, at);
    return endOfPath(lowering, at);
  }
  if (value?.kind !== 'packet') {
    return lowering.refuse('WL2009', at, `expected a packet or null, got ${value === undefined ? 'nothing' : describe(value)}`);
  }
  const status = lowering.flow.statusOf(value.packet);
  if (status !== 'owned' && status !== 'maybe' && status !== 'null') lowering.owned(value.packet, at);
  lowering.used(value.packet);
  lowering.add({ op: 'return-packet', packet: value.packet }, at);
  endOfPath(lowering, at);
}

function finishRun(lowering: Lowering, value: Value | undefined, at: ts.Node): void {
  if (value === undefined || value.kind === 'void') {
    return lowering.refuse('WL2009', at, 'run must say whether there was work', 'Return true or false on every path.');
  }
  lowering.add({ op: 'return-flag', value: lowering.condition(value, at).condition }, at);
  endOfPath(lowering, at);
}

function finishVoid(lowering: Lowering, _value: Value | undefined, at: ts.Node): void {
  lowering.add({ op: 'finish' }, at);
  endOfPath(lowering, at);
}

/** Nothing may be left behind when the function ends. */
function endOfPath(lowering: Lowering, at: ts.Node): void {
  // After a refusal it is not known what became of packets.
  if (lowering.flow.left().length > 0 && lowering.refusals === 0) {
    lowering.report(
      'WL2008',
      at,
      'a packet got or made here is still held when the method ends',
      "Emit it, store it, or drop it with emit(drop('reason'), packet).",
    );
  }
  lowering.flow.dead = true;
}

/** Binds the parameters of the function that made an element to the constants it was called with. */
export function bindMaker(scope: Scope, definition: Definition, library: ModuleLibrary, kit: KitSource, diagnostics: Diagnostics, where: Span): void {
  const { maker } = definition;
  if (maker === undefined) return;
  const lowering = new Lowering(maker.caller, library, kit, diagnostics, where);
  maker.declaration.parameters.forEach((parameter, index) => {
    const argument = maker.call.arguments[index];
    if (!ts.isIdentifier(parameter.name) || argument === undefined) return;
    let value: Value = { kind: 'refused' };
    try {
      value = makerArgument(lowering, maker.caller, argument);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    scope.declare(parameter.name.text, { value });
  });
}

/** Arguments that are not constants (documentation built by code, examples) are simply not known. */
function makerArgument(lowering: Lowering, module: ModuleSourceOf, argument: ts.Expression): Value {
  let value: Value = { kind: 'refused' };
  lowering.rehearse(() => {
    value = within(lowering, module, () => evaluate(lowering, moduleScope(module), argument));
  });
  const exact = lowering.constantOf(value);
  return exact === undefined ? value : constant(exact.value);
}

type ModuleSourceOf = Definition['module'];
