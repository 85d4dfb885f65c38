/**
 * Expressions of the IR as C. JavaScript computes with exact integers up to 2^53, C with fixed widths: each
 * operation is done in the narrowest of uint32_t, int32_t and int64_t that holds its operands and its
 * result, which the ranges have proved.
 */
import type { Condition, ConstantArray, Expression, Local, PacketLocal, Pointer } from './ir.js';
import { contains, hull, INT32, UINT32, type Range } from './range.js';

export type CType = 'uint32_t' | 'int32_t' | 'int64_t';

/** The narrowest type for a range. */
export function typeOf(range: Range): CType {
  if (contains(UINT32, range)) return 'uint32_t';
  return contains(INT32, range) ? 'int32_t' : 'int64_t';
}

/** Where constant arrays are collected; gives the name of one. */
export interface ArrayNames {
  nameOf(array: ConstantArray): string;
}

export function localName(local: Local): string {
  return `${local.name.replace(/[^A-Za-z0-9_]/g, '_')}_${local.id}`;
}

/** The C variables of a packet: descriptor, data, end, and the marks. */
export const packetName = {
  descriptor: ({ id }: PacketLocal) => `p${id}`,
  data: ({ id }: PacketLocal) => `d${id}`,
  end: ({ id }: PacketLocal) => `e${id}`,
  network: ({ id }: PacketLocal) => `n${id}`,
  transport: ({ id }: PacketLocal) => `t${id}`,
  mac: ({ id }: PacketLocal) => `m${id}`,
};

/** The C variable of an annotation word, where annotations are kept in variables. */
export function annotationName({ id }: PacketLocal, word: number): string {
  return `a${word}_${id}`;
}

export function pointerText(pointer: Pointer): string {
  if ('view' in pointer) return `v${pointer.view}`;
  if (pointer.part === 'room') return `((uint8_t *)${packetName.descriptor(pointer.packet)} + WL_SLOT_HEADER_BYTES)`;
  if (pointer.part === 'limit') return `((uint8_t *)${packetName.descriptor(pointer.packet)} + ${packetName.descriptor(pointer.packet)}->capacity)`;
  return packetName[pointer.part](pointer.packet);
}

function naturalType(expression: Expression): CType {
  return expression.op === 'local' ? typeOf(expression.local.range) : typeOf(expression.range);
}

function literal(value: number, type: CType): string {
  switch (type) {
    case 'uint32_t':
      return `${value}u`;
    case 'int32_t':
      return value === -0x8000_0000 ? '(-2147483647 - 1)' : value < 0 ? `(${value})` : String(value);
    case 'int64_t':
      return value < 0 ? `(-INT64_C(${-value}))` : `INT64_C(${value})`;
  }
}

/** The expression as C of type `type`, into which its value is known to fit. */
export function asType(expression: Expression, type: CType, arrays: ArrayNames): string {
  if (expression.op === 'number') return literal(expression.value, type);
  const text = expressionText(expression, arrays);
  return naturalType(expression) === type ? text : `(${type})${text}`;
}

/** The low 32 bits of the expression, as JavaScript's bitwise operators see them. */
function low32(expression: Expression, arrays: ArrayNames): string {
  if (expression.op === 'number') return `${expression.value >>> 0}u`;
  const text = expressionText(expression, arrays);
  return naturalType(expression) === 'uint32_t' ? text : `(uint32_t)${text}`;
}

/** The expression as C of its own narrowest type, in parentheses where it needs them. */
export function expressionText(expression: Expression, arrays: ArrayNames): string {
  switch (expression.op) {
    case 'number':
      return literal(expression.value, typeOf(expression.range));
    case 'local':
      return localName(expression.local);
    case 'arithmetic': {
      const { a, b, operator, range } = expression;
      const type = typeOf(hull(hull(a.range, b.range), range));
      const text = `(${asType(a, type, arrays)} ${operator} ${asType(b, type, arrays)})`;
      return type === typeOf(range) ? text : `(${typeOf(range)})${text}`;
    }
    case 'bitwise':
      return bitwiseText(expression, arrays);
    case 'function':
      return functionText(expression, arrays);
    case 'select': {
      const type = typeOf(expression.range);
      const a = asType(expression.a, wider(type, expression.a), arrays);
      const b = asType(expression.b, wider(type, expression.b), arrays);
      return `(${conditionText(expression.condition, arrays)} ? (${type})${a} : (${type})${b})`;
    }
    case 'constant': {
      const index = expressionText(expression.index, arrays);
      return `(${typeOf(expression.range)})${arrays.nameOf(expression.array)}[${index}]`;
    }
    case 'distance':
      return `(${typeOf(expression.range)})(${pointerText(expression.to)} - ${pointerText(expression.from)})`;
  }
}

/** A type that holds the operand, for a cast down to `type` afterwards. */
function wider(type: CType, operand: Expression): CType {
  return operand.op === 'number' && typeOf(hull(operand.range, operand.range)) !== type ? typeOf(operand.range) : naturalType(operand);
}

function bitwiseText(expression: Extract<Expression, { op: 'bitwise' }>, arrays: ArrayNames): string {
  const { operator, a, b, range } = expression;
  const type = typeOf(range);
  switch (operator) {
    case '&':
    case '|':
    case '^': {
      const text = `(${low32(a, arrays)} ${operator} ${low32(b, arrays)})`;
      return type === 'uint32_t' ? text : `(int32_t)${text}`;
    }
    case '<<': {
      const text = `(${low32(a, arrays)} << ${low32(b, arrays)})`;
      return type === 'uint32_t' ? text : `(int32_t)${text}`;
    }
    case '>>': {
      const text = `((int32_t)${low32(a, arrays)} >> ${low32(b, arrays)})`;
      return type === 'int32_t' ? text : `(uint32_t)${text}`;
    }
    case '>>>':
      return `(${low32(a, arrays)} >> ${low32(b, arrays)})`;
  }
}

function functionText(expression: Extract<Expression, { op: 'function' }>, arrays: ArrayNames): string {
  const [a, b] = expression.arguments;
  switch (expression.name) {
    case 'truncate8':
      return `(uint32_t)(uint8_t)${expressionText(a!, arrays)}`;
    case 'truncate16':
      return `(uint32_t)(uint16_t)${expressionText(a!, arrays)}`;
    case 'truncate32':
      return `(uint32_t)${expressionText(a!, arrays)}`;
    case 'truncate48':
      return `(int64_t)((uint64_t)${asType(a!, 'int64_t', arrays)} & UINT64_C(0xffffffffffff))`;
    case 'signed32':
      return `(int32_t)${low32(a!, arrays)}`;
    case 'imul':
      return `(int32_t)(${low32(a!, arrays)} * ${low32(b!, arrays)})`;
    case 'fold16':
      return `(uint32_t)wl_sum_fold((uint64_t)${expressionText(a!, arrays)})`;
    case 'checksum':
      return `(uint32_t)wl_sum_apply((uint16_t)${expressionText(a!, arrays)}, (uint64_t)${expressionText(b!, arrays)})`;
    case 'checksum-fallen':
      return `(uint32_t)wl_sum_subtract((uint16_t)${expressionText(a!, arrays)}, (uint16_t)${expressionText(b!, arrays)})`;
    case 'clz32':
      return `wl_clz32(${low32(a!, arrays)})`;
  }
}

/** Whether a condition asks if something was not found, as -1 says: look-ups are taken to find what they look for. */
export function saysNone(condition: Condition): boolean {
  if (condition.op !== 'compare') return false;
  const { operator, a, b } = condition;
  return operator === '<' && a.range.low === -1 && a.range.high > 0 && b.op === 'number' && b.value === 0;
}

const CONDITIONS = new Set(['boolean', 'flag', 'compare', 'and', 'or', 'not', 'marked', 'is-null']);

export function isCondition(value: { op: string }): value is Condition {
  return CONDITIONS.has(value.op);
}

const C_OPERATOR = { '===': '==', '!==': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const;

export function conditionText(condition: Condition, arrays: ArrayNames): string {
  switch (condition.op) {
    case 'boolean':
      return String(condition.value);
    case 'flag':
      return localName(condition.local);
    case 'compare': {
      const type = typeOf(hull(condition.a.range, condition.b.range));
      const operator = C_OPERATOR[condition.operator];
      return `(${asType(condition.a, type, arrays)} ${operator} ${asType(condition.b, type, arrays)})`;
    }
    case 'and':
      return `(${conditionText(condition.a, arrays)} && ${conditionText(condition.b, arrays)})`;
    case 'or':
      return `(${conditionText(condition.a, arrays)} || ${conditionText(condition.b, arrays)})`;
    case 'not':
      return `!${conditionText(condition.a, arrays)}`;
    case 'marked':
      return `(${packetName[condition.mark](condition.packet)} != NULL)`;
    case 'is-null':
      return `(${packetName.descriptor(condition.packet)} == NULL)`;
  }
}
