/** Constant arrays of a unit: equal ones are printed once. */
import { createHash } from 'node:crypto';
import { storageType } from '../plan/storage.js';
import type { ArrayNames } from './c-expression.js';
import type { Lines } from './c-lines.js';
import type { ConstantArray } from './ir.js';

export class Constants implements ArrayNames {
  private readonly arrays = new Map<string, string>();

  constructor(private readonly head: Lines) {}

  nameOf({ values, range }: ConstantArray): string {
    if (values.length >= LARGE_ARRAY) return this.largeConstant(storageType(range), values);
    return this.named(storageType(range), Array.from(values, (value) => (value < 0 ? `(${value})` : String(value))));
  }

  /** A large array is printed as the bytes of a string: compilers read that a hundred times faster than numbers. */
  private largeConstant(type: string, values: ArrayLike<number>): string {
    const size = Number(/\d+/.exec(type)![0]) / 8;
    const bytes = new DataView(new ArrayBuffer(values.length * size));
    for (let index = 0; index < values.length; index += 1) {
      if (size === 1) bytes.setInt8(index, values[index]!);
      else if (size === 2) bytes.setInt16(index * 2, values[index]!, true);
      else if (size === 4) bytes.setInt32(index * 4, values[index]!, true);
      else bytes.setBigInt64(index * 8, BigInt(values[index]!), true);
    }
    const content = Buffer.from(bytes.buffer);
    const key = `${type} ${createHash('sha256').update(content).digest('hex')}`;
    let name = this.arrays.get(key);
    if (name === undefined) {
      name = `k${this.arrays.size}`;
      this.arrays.set(key, name);
      this.head.add(`static const uint8_t ${name}_bytes[${content.length + 1}] __attribute__((aligned(64))) = ${stringLiteral(content)};`);
      this.head.add(`#define ${name} ((const ${type} *)${name}_bytes)`);
    }
    return name;
  }

  bytes(bytes: Uint8Array): string {
    if (bytes.length >= LARGE_ARRAY) return this.largeConstant('uint8_t', bytes);
    return this.named('uint8_t', bytes.length === 0 ? ['0'] : Array.from(bytes, String));
  }

  /** The name of an array of these numbers or expressions. */
  named(type: string, values: readonly string[]): string {
    const suffix = type === 'int64_t' ? 'll' : '';
    const text = values.map((value) => (value.endsWith(')') ? `${value.slice(0, -1)}${suffix})` : value + suffix)).join(', ');
    const key = `${type} ${text}`;
    let name = this.arrays.get(key);
    if (name === undefined) {
      name = `k${this.arrays.size}`;
      this.arrays.set(key, name);
      this.head.add(`static const ${type} ${name}[${values.length}] = {${text}};`);
    }
    return name;
  }
}

/** Entries from which on an array is printed as a string. */
const LARGE_ARRAY = 4096;

/** Bytes as a C string, whose last zero is one more. */
function stringLiteral(bytes: Uint8Array): string {
  const pieces = ['"'];
  for (const byte of bytes) pieces.push(ESCAPED[byte]!);
  pieces.push('"');
  return pieces.join('');
}

const ESCAPED = Array.from({ length: 256 }, (_, byte) => {
  const text = String.fromCharCode(byte);
  return /[A-Za-z0-9 ]/.test(text) ? text : `\\${byte.toString(8).padStart(3, '0')}`;
});
