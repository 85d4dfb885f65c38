/** Reads and writes of the packet's bytes in C. */
import { asType, expressionText, pointerText, typeOf } from './c-expression.js';
import type { Lines } from './c-lines.js';
import type { Surroundings } from './c-surroundings.js';
import type { Statement } from './ir.js';

/** Bits of a word of so many bytes, in names of C. */
export const BITS = { 1: '8', 2: '16', 4: '32', 6: '48' } as const;

/** A value of the packet. */
export function loadText(statement: Extract<Statement, { op: 'load' }>, around: Surroundings): string {
  const { pointer, offset, size, shift, width, local } = statement;
  const word = `wl_load${BITS[size]}(${pointerText(pointer)} + ${expressionText(offset, around)})`;
  const type = typeOf(local.range);
  if (width === size * 8) return `(${type})${word}`;
  return `(${type})((${word} >> ${shift}) & ${2 ** width - 1}u)`;
}

/** Writes a field; one of some bits leaves the others of its word as they are. */
export function storeText(lines: Lines, statement: Extract<Statement, { op: 'store' }>, around: Surroundings): void {
  const { pointer, offset, size, shift, width, value, at } = statement;
  const place = `${pointerText(pointer)} + ${expressionText(offset, around)}`;
  const bits = BITS[size];
  const type = size === 6 ? 'uint64_t' : `uint${bits}_t`;
  if (width === size * 8) {
    return lines.add(`wl_store${bits}(${place}, (${type})${expressionText(value, around)});`, at);
  }
  const mask = ((2 ** width - 1) << shift) >>> 0;
  const kept = `(wl_load${bits}(${place}) & ${~mask >>> 0}u)`;
  lines.add(`wl_store${bits}(${place}, (${type})(${kept} | ${asType(value, 'uint32_t', around)} << ${shift}));`, at);
}

/** A copy of constant bytes: of those of the lane, where lanes differ. */
export function storeBytesText(lines: Lines, { pointer, offset, bytes, at }: Extract<Statement, { op: 'store-bytes' }>, around: Surroundings): void {
  const place = `${pointerText(pointer)} + ${expressionText(offset, around)}`;
  const values = (lane: number) => bytes.map((byte) => (byte.op === 'constant' ? byte.array.values[lane]! : (byte as { value: number }).value));
  const chosen = bytes.find((byte) => byte.op === 'constant');
  if (chosen === undefined) return lines.add(`wl_copy(${place}, ${around.bytes(Uint8Array.from(values(0)))}, ${bytes.length});`, at);
  // Rows of a power of two: the lane's is found by a shift.
  const row = 2 ** Math.ceil(Math.log2(bytes.length));
  const rows = Array.from(chosen.array.values, (_, lane) => [...values(lane), ...Array<number>(row - bytes.length).fill(0)]);
  lines.add(`wl_copy(${place}, ${around.bytes(Uint8Array.from(rows.flat()))} + ${expressionText(chosen.index, around)} * ${row}u, ${bytes.length});`, at);
}
