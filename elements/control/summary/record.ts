/** Records of binary packet summaries. */

/** Bytes with their length before them, its own four counted; the highest bit says that they are text. */
export function record(bytes: Uint8Array, isText: boolean): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt32BE((bytes.length + 4 + (isText ? 0x8000_0000 : 0)) >>> 0);
  return Buffer.concat([head, bytes]);
}
