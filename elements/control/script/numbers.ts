/** Numbers of scripts: 64-bit integers, and real numbers with twelve digits. */

/** Decimal, 0x or octal; undefined for anything else, and for what 64 bits cannot hold. */
export function readInteger(word: string): bigint | undefined {
  const match = /^([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i.exec(word);
  if (match === null) return undefined;
  const digits = /^0[0-7]+$/.test(match[2]!) ? `0o${match[2]!.slice(1)}` : match[2]!;
  const value = match[1] === '-' ? -BigInt(digits) : BigInt(digits);
  return value >= -(2n ** 63n) && value < 2n ** 64n ? BigInt.asIntN(64, value) : undefined;
}

export function readReal(word: string): number | undefined {
  const integer = readInteger(word);
  if (integer !== undefined) return Number(integer);
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : undefined;
}

export function numberText(value: bigint | number): string {
  if (typeof value === 'bigint') return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  return shortest(value, 12);
}

/** As C's `%.12g` prints it. */
function shortest(value: number, digits: number): string {
  if (value === 0) return '0';
  const exponent = Number(value.toExponential(digits - 1).split('e')[1]);
  const trim = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  if (exponent >= -4 && exponent < digits) return trim(value.toFixed(digits - 1 - exponent));
  const [mantissa, power] = value.toExponential(digits - 1).split('e');
  const size = String(Math.abs(Number(power))).padStart(2, '0');
  return `${trim(mantissa!)}e${power!.startsWith('-') ? '-' : '+'}${size}`;
}
