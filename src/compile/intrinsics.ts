/** What the compiler puts in place of each intrinsic of the kit and of JavaScript's Math. */
import type ts from 'typescript';
import { integer } from './arithmetic.js';
import { arithmetic, nonZero } from './arithmetic.js';
import type { Expression } from './ir.js';
import { compare, DISTANCE, type Lowering } from './lowering.js';
import { lengthOf } from './packet-members.js';
import { contains, INT32, isExact, range, UINT32, type Range } from './range.js';
import { ArrayEntity } from './state-access.js';
import { describe, number, VOID, type Value } from './value.js';

type Lower = (lowering: Lowering, values: readonly Value[], at: ts.CallExpression) => Value;

export const INTRINSICS: Readonly<Record<string, Lower>> = {
  u8: cast('truncate8', range(0, 0xff)),
  u16: cast('truncate16', range(0, 0xffff)),
  u32: cast('truncate32', UINT32),
  u48: cast('truncate48', range(0, 2 ** 48 - 1)),
  i32: cast('signed32', INT32),
  drop(lowering, [reason], at) {
    const text = lowering.constantOf(reason ?? { kind: 'void' })?.value;
    if (typeof text !== 'string' || !/^[a-z][a-z0-9_]*$/.test(text)) {
      return lowering.refuse('WL2013', at, 'drop needs a reason: a literal in snake_case', "Write drop('too_short').");
    }
    return { kind: 'verdict', to: { kind: 'drop', reason: text } };
  },
  'checksum.fold'(lowering, [value], at) {
    const sum = natural(lowering, value, at);
    if (isExact(sum.range)) return integer(number(sum.range.low === 0 ? 0 : ((sum.range.low - 1) % 0xffff) + 1));
    if (sum.range.high <= 0xffff) return integer(sum);
    return integer({ op: 'function', name: 'fold16', arguments: [sum], range: range(0, 0xffff) });
  },
  'checksum.apply'(lowering, [fieldValue, differencesValue], at) {
    const field = lowering.integer(fieldValue ?? { kind: 'void' }, at);
    const differences = natural(lowering, differencesValue, at);
    return integer({ op: 'function', name: 'checksum', arguments: [field, differences], range: range(0, 0xffff) });
  },
  'checksum.subtract'(lowering, [fieldValue, amountValue], at) {
    const [field, amount] = [fieldValue, amountValue].map((value) => lowering.integer(value ?? VOID, at));
    return integer({ op: 'function', name: 'checksum-fallen', arguments: [field!, amount!], range: range(0, 0xffff) });
  },
  'checksum.sum'(lowering, [packetValue, offsetValue, lengthValue], at) {
    const packet = lowering.packet(packetValue ?? { kind: 'void' }, at);
    const offset = lowering.integer(offsetValue ?? { kind: 'void' }, at);
    const length = lowering.integer(lengthValue ?? { kind: 'void' }, at);
    if (length.range.low < 0) lowering.refuse('WL2007', at, `the length may be negative (${length.range.low}..${length.range.high})`);
    if (offset.range.low < 0) {
      // A header that was stripped lies before the data; the front of the buffer is the limit.
      const room: Expression = { op: 'distance', from: { packet, part: 'room' }, to: { packet, part: 'data' }, range: DISTANCE };
      const first = arithmetic(lowering, '+', room, offset, at).expression;
      lowering.trapIf(compare('<', first, number(0)), 'short_packet', at);
    }
    const needed = arithmetic(lowering, '+', offset, length, at).expression;
    lowering.trapIf(compare('<', lengthOf(packet), needed), 'short_packet', at);
    const { local, value } = lowering.result('sum', range(0, 0xffff));
    lowering.add({ op: 'sum', local, packet, offset, length }, at);
    return value;
  },
  copyBytes(lowering, [toValue, placeValue, fromValue, offsetValue, lengthValue], at) {
    const packet = lowering.packet(toValue ?? VOID, at);
    const place = natural(lowering, placeValue, at);
    const from = lowering.packet(fromValue ?? VOID, at);
    const offset = natural(lowering, offsetValue, at);
    const length = natural(lowering, lengthValue, at);
    const ends = [[from, offset], [packet, place]] as const;
    for (const [side, first] of ends) {
      lowering.trapIf(compare('<', lengthOf(side), arithmetic(lowering, '+', first, length, at).expression), 'short_packet', at);
    }
    lowering.add({ op: 'copy-bytes', packet, place, from, offset, length }, at);
    return VOID;
  },
  copyConstant(lowering, [toValue, placeValue, fromValue, offsetValue, lengthValue], at) {
    const packet = lowering.packet(toValue ?? VOID, at);
    const place = natural(lowering, placeValue, at);
    const bytes = lowering.constantOf(fromValue ?? VOID)?.value;
    if (!(bytes instanceof Uint8Array)) return lowering.refuse('WL2015', at, `copyConstant needs bytes from config or build, got ${describe(fromValue ?? VOID)}`);
    const offset = natural(lowering, offsetValue, at);
    const length = natural(lowering, lengthValue, at);
    for (const [room, first] of [[number(bytes.length), offset], [lengthOf(packet), place]] as const) {
      lowering.trapIf(compare('<', room, arithmetic(lowering, '+', first, length, at).expression), 'short_packet', at);
    }
    if (bytes.length > 0) lowering.add({ op: 'copy-constant', packet, place, bytes, offset, length }, at);
    return VOID;
  },
  storeBytes(lowering, [to, place, packet, offset, length], at) {
    return copyState(lowering, 'state', to, place, packet, offset, length, at);
  },
  loadBytes(lowering, [packet, place, from, offset, length], at) {
    return copyState(lowering, 'packet', from, offset, packet, place, length, at);
  },
  copyAnnotations(lowering, [toValue, fromValue], at) {
    const packet = lowering.packet(toValue ?? VOID, at);
    const from = lowering.packet(fromValue ?? VOID, at);
    lowering.add({ op: 'copy-annotations', packet, from }, at);
    return VOID;
  },
  classify(lowering, [programValue, packetValue], at) {
    const program = lowering.constantOf(programValue ?? { kind: 'void' })?.value;
    if (typeof program !== 'object' || program === null) {
      return lowering.refuse('WL2015', at, `classify needs a program from build, got ${describe(programValue ?? { kind: 'void' })}`);
    }
    const packet = lowering.packet(packetValue ?? { kind: 'void' }, at);
    const { outputs } = program as { outputs: number };
    const { local, value } = lowering.result('class', range(-1, outputs - 1));
    lowering.add({ op: 'classify', local, packet, program }, at);
    return value;
  },
  'Math.trunc': divide(false),
  'Math.floor': divide(true),
  'Math.min': extreme('<'),
  'Math.max': extreme('>'),
  'Math.abs'(lowering, [value], at) {
    const a = lowering.integer(value!, at);
    if (a.range.low >= 0) return integer(a);
    const b = arithmetic(lowering, '-', number(0), a, at).expression;
    const high = Math.max(-a.range.low, a.range.high);
    const low = a.range.high >= 0 ? 0 : -a.range.high;
    return integer({ op: 'select', condition: compare('<', a, number(0)), a: b, b: a, range: range(low, high) });
  },
  'Math.imul'(lowering, [left, right], at) {
    const a = lowering.integer(left!, at);
    const b = lowering.integer(right!, at);
    if (isExact(a.range) && isExact(b.range)) return integer(number(Math.imul(a.range.low, b.range.low)));
    return integer({ op: 'function', name: 'imul', arguments: [a, b], range: INT32 });
  },
  'Math.clz32'(lowering, [value], at) {
    const a = lowering.integer(value!, at);
    if (isExact(a.range)) return integer(number(Math.clz32(a.range.low)));
    return integer({ op: 'function', name: 'clz32', arguments: [a], range: range(0, 32) });
  },
};

/** Bytes between a state array, from `cell` on, and a packet, from `place` on. */
function copyState(
  lowering: Lowering, to: 'packet' | 'state', array: Value | undefined, cell: Value | undefined, packetValue: Value | undefined, placeValue: Value | undefined, lengthValue: Value | undefined,
  at: ts.CallExpression,
): Value {
  const cells = array?.kind === 'entity' ? array.entity : undefined;
  if (!(cells instanceof ArrayEntity) || !cells.bytes) {
    return lowering.refuse('WL2015', at, `${to === 'state' ? 'storeBytes' : 'loadBytes'} needs an array of bytes, got ${describe(array ?? VOID)}`, "Declare array('u8', n) in state.");
  }
  const packet = lowering.packet(packetValue ?? VOID, at);
  const offset = natural(lowering, cell, at);
  const place = natural(lowering, placeValue, at);
  const length = natural(lowering, lengthValue, at);
  for (const [room, first] of [[number(cells.cells), offset], [lengthOf(packet), place]] as const) {
    lowering.trapIf(compare('<', room, arithmetic(lowering, '+', first, length, at).expression), 'short_packet', at);
  }
  lowering.add({ op: 'copy-state', packet, place, entry: cells.entry, offset, length, to }, at);
  return VOID;
}

/** An integer that cannot be negative. */
function natural(lowering: Lowering, value: Value | undefined, at: ts.CallExpression): Expression {
  const expression = lowering.integer(value ?? VOID, at);
  if (expression.range.low >= 0) return expression;
  return lowering.refuse('WL2007', at, `an argument may be negative (${expression.range.low}..${expression.range.high})`, 'Check it first: if (value >= 0) ...');
}

function cast(name: 'truncate8' | 'truncate16' | 'truncate32' | 'truncate48' | 'signed32', to: Range): Lower {
  return (lowering, [value], at) => {
    const a = lowering.integer(value ?? { kind: 'void' }, at);
    if (contains(to, a.range)) return integer(a);
    if (isExact(a.range)) return integer(number(truncated(a.range.low, to)));
    return integer({ op: 'function', name, arguments: [a], range: to });
  };
}

function truncated(value: number, { low, high }: Range): number {
  const size = high - low + 1;
  return ((((value - low) % size) + size) % size) + low;
}

/** Math.trunc(a / b), or Math.floor of it where both agree. */
function divide(floors: boolean): Lower {
  return (lowering, [dividend, divisor], at) => {
    const a = lowering.integer(dividend!, at);
    const b = lowering.integer(divisor!, at);
    nonZero(lowering, b, at);
    const positive = (a.range.low >= 0 && b.range.low > 0) || (a.range.high <= 0 && b.range.high < 0);
    if (floors && !positive) {
      lowering.refuse('WL2005', at, 'Math.floor of a quotient that may be negative is not in the subset', 'Use Math.trunc, or check the sign first.');
    }
    return arithmetic(lowering, '/', a, b, at);
  };
}

function extreme(operator: '<' | '>'): Lower {
  return (lowering, values, at) => {
    if (values.length === 0) return lowering.refuse('WL2014', at, 'Math.min and Math.max need an argument here');
    const expressions = values.map((value) => lowering.integer(value, at));
    return integer(
      expressions.reduce((a, b) => {
        const choose = operator === '<' ? Math.min : Math.max;
        const result = range(choose(a.range.low, b.range.low), choose(a.range.high, b.range.high));
        const condition = compare(operator, a, b);
        if (condition.op === 'boolean') return narrowed(condition.value ? a : b);
        return narrowed({ op: 'select', condition, a, b, range: result });
      }),
    );
  };
}

function narrowed(expression: Expression): Expression {
  return isExact(expression.range) ? number(expression.range.low) : expression;
}
