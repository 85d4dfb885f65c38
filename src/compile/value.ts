/** What an expression of the packet path can come to while it is being lowered. */
import type ts from 'typescript';
import type { HeaderLayout } from '../kit/header.js';
import type { Condition, Destination, Expression, Local, PacketLocal } from './ir.js';
import { exactly, type Range } from './range.js';
import type { Flow } from './flow.js';
import type { Lowering } from './lowering.js';
import type { Scope } from './scope.js';

/** A variable that holds an integer or boolean; what is known of it now is in the flow. */
export interface Variable {
  readonly name: string;
  readonly local: Local;
  /** Values it may be given, when it is declared with a flavour. */
  readonly declared?: Range;
  readonly constant: boolean;
}

export interface ConstValue {
  readonly kind: 'const';
  readonly value: unknown;
}
export interface IntegerValue {
  readonly kind: 'integer';
  readonly expression: Expression;
  /** Set when the value is just that variable: conditions then narrow it. */
  readonly variable?: Variable;
  /** Set when the value is a sum: variables in it, and what the rest of the sum may be. Conditions narrow these. */
  readonly summands?: readonly { readonly variable: Variable; readonly rest: Range }[];
}
export interface BooleanValue {
  readonly kind: 'boolean';
  readonly condition: Condition;
  /** Narrows what is known when the condition turns out as `truth`. */
  readonly refine?: (flow: Flow, truth: boolean) => void;
}
export interface PacketValue {
  readonly kind: 'packet';
  readonly packet: PacketLocal;
}
export interface ViewValue {
  readonly kind: 'view';
  readonly layout: HeaderLayout;
  readonly packet: PacketLocal;
  readonly view: number;
}
export interface VerdictValue {
  readonly kind: 'verdict';
  /** Undefined: kept. */
  readonly to: Destination | undefined;
}
/** An element of a constant array, chosen by a variable. */
export interface PickValue {
  readonly kind: 'pick';
  readonly array: readonly unknown[];
  readonly index: Expression;
}
/** A function of the subset with the scope it was declared in. */
export interface FunctionValue {
  readonly kind: 'function';
  readonly declaration: SubsetFunction;
  readonly scope: Scope;
}
/** A part of the element's context: state, counters, outputs and so on. */
export interface EntityValue {
  readonly kind: 'entity';
  readonly entity: Entity;
}
export interface VoidValue {
  readonly kind: 'void';
}
/** Stands for an expression that was refused, so that one mistake is reported once. */
export interface RefusedValue {
  readonly kind: 'refused';
}

export type Value =
  | ConstValue
  | IntegerValue
  | BooleanValue
  | PacketValue
  | ViewValue
  | VerdictValue
  | PickValue
  | FunctionValue
  | EntityValue
  | VoidValue
  | RefusedValue;

export type SubsetFunction = ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction | ts.MethodDeclaration;

/** Something of the context that has members, elements or can be called. */
export abstract class Entity {
  /** What it is, for messages: `the state`, `timer "tick"`. */
  abstract readonly title: string;
  /** The same for entities that are the same. */
  get identity(): object {
    return this;
  }
  /** Names that `member` knows, for suggestions. */
  names(): readonly string[] {
    return [];
  }
  member(_lowering: Lowering, _name: string, _at: ts.Node): Value | undefined {
    return undefined;
  }
  assignMember(_lowering: Lowering, _name: string, _value: Value, _at: ts.Node): boolean {
    return false;
  }
  element(_lowering: Lowering, _index: Value, _at: ts.Node): Value | undefined {
    return undefined;
  }
  assignElement(_lowering: Lowering, _index: Value, _value: Value, _at: ts.Node): boolean {
    return false;
  }
  call(_lowering: Lowering, _arguments: readonly Value[], _at: ts.CallExpression): Value | undefined {
    return undefined;
  }
  /** The same, whatever is assigned later to variables that choose it. */
  settled(_lowering: Lowering, _at: ts.Node): Entity {
    return this;
  }
}

export const VOID: VoidValue = { kind: 'void' };
export const REFUSED: RefusedValue = { kind: 'refused' };

export function constant(value: unknown): ConstValue {
  return { kind: 'const', value };
}

export function number(value: number): Expression {
  return { op: 'number', value, range: exactly(value) };
}

/** A value with a number added to it. */
export function plus(a: Expression, by: number): Expression {
  if (by === 0) return a;
  return { op: 'arithmetic', operator: by < 0 ? '-' : '+', a, b: number(Math.abs(by)), range: { low: a.range.low + by, high: a.range.high + by } };
}

export function entity(value: Entity): EntityValue {
  return { kind: 'entity', entity: value };
}

/** A member that is called as a function. */
export function method(
  title: string,
  run: (lowering: Lowering, values: readonly Value[], at: ts.CallExpression) => Value,
): EntityValue {
  return entity(
    new (class extends Entity {
      readonly title = title;
      override call(lowering: Lowering, values: readonly Value[], at: ts.CallExpression): Value {
        return run(lowering, values, at);
      }
    })(),
  );
}

/** For messages: what kind of thing a value is. */
export function describe(value: Value): string {
  switch (value.kind) {
    case 'const':
      return describeConstant(value.value);
    case 'integer':
      return 'an integer';
    case 'boolean':
      return 'a boolean';
    case 'packet':
      return 'a packet';
    case 'view':
      return `a view of the ${value.layout.name} header`;
    case 'verdict':
      return 'a verdict';
    case 'pick':
      return 'an element of a constant array';
    case 'function':
      return 'a function';
    case 'entity':
      return value.entity.title;
    case 'void':
      return 'nothing';
    case 'refused':
      return 'something refused';
  }
}

function describeConstant(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return 'a constant array';
  if (typeof value === 'object') return 'a constant object';
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  return typeof value === 'string' ? `text ${JSON.stringify(value)}` : `the constant ${String(value)}`;
}
