/** Members and elements of values: what `.name` and `[index]` stand for. */
import type ts from 'typescript';
import { suggestion } from '../suggest.js';
import { headerMember, loadField } from './headers.js';
import type { Expression } from './ir.js';
import { Refusal, type Lowering } from './lowering.js';
import { packetMember } from './packet-members.js';
import { constant, describe, type PickValue, type Value } from './value.js';

/** Member `name` of a value. */
export function member(lowering: Lowering, object: Value, name: string, at: ts.Node): Value {
  switch (object.kind) {
    case 'const':
      return constantMember(lowering, object.value, name, at);
    case 'entity': {
      const found = object.entity.member(lowering, name, at);
      if (found !== undefined) return found;
      return lowering.refuse('WL2002', at, `${object.entity.title} has no member "${name}"`, suggestion(name, object.entity.names()));
    }
    case 'view': {
      const field = headerMember(lowering, object, name, at);
      return loadField(lowering, object, field, name, at);
    }
    case 'packet':
      return packetMember(lowering, object.packet, name, at);
    case 'pick':
      return pickedMember(lowering, object, name, at);
    case 'refused':
      throw new Refusal();
    default:
      return lowering.refuse('WL2002', at, `${describe(object)} has no member "${name}"`);
  }
}

export function constantMember(lowering: Lowering, object: unknown, name: string, at: ts.Node): Value {
  if (object === null || object === undefined) {
    return lowering.refuse('WL2002', at, `"${name}" of ${String(object)}: the value is absent in this configuration`);
  }
  const holder = Object(object) as Record<string, unknown>;
  if (name in holder) return constant(holder[name]);
  return lowering.refuse('WL2002', at, `the constant has no member "${name}"`, suggestion(name, Object.keys(holder)));
}

/** `array[i].name`: an array of the members. */
export function pickedMember(lowering: Lowering, pick: PickValue, name: string, at: ts.Node): Value {
  const members = pick.array.map((item) =>
    typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[name] : undefined,
  );
  if (members.some((item) => item === undefined)) {
    return lowering.refuse('WL2002', at, `not every element of the array has a member "${name}"`);
  }
  return { kind: 'pick', array: members, index: pick.index };
}

export function elementOf(lowering: Lowering, object: Value, index: Value, at: ts.ElementAccessExpression): Value {
  if (object.kind === 'refused' || index.kind === 'refused') throw new Refusal();
  if (object.kind === 'entity') {
    const found = object.entity.element(lowering, index, at);
    if (found !== undefined) return found;
  }
  if (object.kind === 'const') return constantElement(lowering, object.value, index, at);
  if (object.kind === 'pick') {
    const exact = lowering.constantOf(index);
    if (exact !== undefined) {
      const members = object.array.map((item) => (item as Record<number, unknown>)[exact.value as number]);
      if (members.every((item) => item !== undefined)) return { kind: 'pick', array: members, index: object.index };
    }
    return lowering.refuse('WL2007', at, 'an array of arrays is indexed by two variables', 'Flatten it in build: one array, index = row * columns + column.');
  }
  return lowering.refuse('WL2015', at, `${describe(object)} cannot be indexed`);
}

function constantElement(lowering: Lowering, object: unknown, index: Value, at: ts.ElementAccessExpression): Value {
  const exact = lowering.constantOf(index);
  if (exact !== undefined) {
    if (typeof exact.value === 'string') return constantMember(lowering, object, exact.value, at);
    const found = (object as Record<number, unknown>)[exact.value as number];
    if (found === undefined) {
      return lowering.refuse('WL2007', at, `index ${String(exact.value)} is outside the array`);
    }
    return constant(found);
  }
  if (!Array.isArray(object) && !ArrayBuffer.isView(object)) {
    return lowering.refuse('WL2015', at, 'only arrays can be indexed by a variable');
  }
  const array = object as unknown as readonly unknown[];
  const position = lowering.integer(index, at.argumentExpression, 'an integer index');
  proveIndex(lowering, position, array.length, at);
  return { kind: 'pick', array: Array.isArray(array) ? array : Array.from(array as ArrayLike<number>), index: position };
}

/** Refuses an index that is not proved to be inside. */
export function proveIndex(lowering: Lowering, index: Expression, length: number, at: ts.ElementAccessExpression): void {
  if (index.range.low >= 0 && index.range.high < length) return;
  lowering.refuse(
    'WL2007',
    at.argumentExpression,
    `index ${index.range.low}..${index.range.high} may be outside 0..${length - 1}`,
    `Check it first: if (index < ${length}) ... (and >= 0 where it may be negative).`,
  );
}

// ---- operators ---------------------------------------------------------------------------------------------
