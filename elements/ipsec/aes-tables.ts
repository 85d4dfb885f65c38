/** Tables of AES-128 (FIPS 197), made when the graph is built: of columns of a round, which substitution and mixing make together, and of round keys. */

const ROUNDS = 10;
/** Words of round keys of one association. */
export const KEY_WORDS = (ROUNDS + 1) * 4;

/** Product in the field of 2^8 elements (FIPS 197, 4.2). */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 0, factor = a; bit < 8; bit += 1, factor = (factor << 1) ^ (factor & 0x80 ? 0x11b : 0)) if ((b >> bit) & 1) product ^= factor;
  return product;
}

function substitution(): number[] {
  const box = new Array<number>(256).fill(0);
  for (let value = 0; value < 256; value += 1) {
    let inverse = 0;
    for (let other = 1; other < 256; other += 1) if (times(value, other) === 1) inverse = other;
    let result = 0x63;
    for (let turn = 0; turn < 5; turn += 1) result ^= ((inverse << turn) | (inverse >> (8 - turn))) & 0xff;
    box[value] = result;
  }
  return box;
}

const word = (a: number, b: number, c: number, d: number): number => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;

export const FORWARD_BOX: readonly number[] = substitution();
export const INVERSE_BOX: readonly number[] = FORWARD_BOX.map((_, value) => FORWARD_BOX.indexOf(value));
/** What a byte of the first row becomes in its column; those of the other rows turn it by so many bytes. */
export const FORWARD_COLUMNS: readonly number[] = FORWARD_BOX.map((value) => word(times(value, 2), value, value, times(value, 3)));
export const INVERSE_COLUMNS: readonly number[] = INVERSE_BOX.map((value) => word(times(value, 14), times(value, 9), times(value, 13), times(value, 11)));

/** Round keys for encryption (FIPS 197, 5.2). */
export function forwardKeys(key: readonly number[]): number[] {
  const keys = Array.from({ length: 4 }, (_, index) => word(key[index * 4]!, key[index * 4 + 1]!, key[index * 4 + 2]!, key[index * 4 + 3]!));
  let constant = 1;
  for (let index = 4; index < KEY_WORDS; index += 1) {
    let last = keys[index - 1]!;
    if (index % 4 === 0) {
      const [a, b, c, d] = [(last >>> 16) & 255, (last >>> 8) & 255, last & 255, last >>> 24].map((byte) => FORWARD_BOX[byte]!) as [number, number, number, number];
      last = word(a ^ constant, b, c, d);
      constant = times(constant, 2);
    }
    keys.push((keys[index - 4]! ^ last) >>> 0);
  }
  return keys;
}

/** Round keys for decryption by the same steps (FIPS 197, 5.3.5). */
export function inverseKeys(key: readonly number[]): number[] {
  const forward = forwardKeys(key);
  return Array.from({ length: KEY_WORDS }, (_, index) => {
    const round = Math.trunc(index / 4);
    const value = forward[(ROUNDS - round) * 4 + (index % 4)]!;
    if (round === 0 || round === ROUNDS) return value;
    const [a, b, c, d] = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
    const mixed = (w: number, x: number, y: number, z: number) => times(w, 14) ^ times(x, 11) ^ times(y, 13) ^ times(z, 9);
    return word(mixed(a!, b!, c!, d!), mixed(b!, c!, d!, a!), mixed(c!, d!, a!, b!), mixed(d!, a!, b!, c!));
  });
}
