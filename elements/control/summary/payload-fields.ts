/** Fields of what the packet carries behind its headers. */
import { createHash } from 'node:crypto';
import { quoteBytes, unquoteBytes } from 'wirelet';
import { ORDER, type Field } from './field.js';
import type { Summarized } from './summarized.js';

const order = ORDER.payload;

/** The bytes of the payload that are kept; undefined: it begins beyond them. */
function kept(packet: Summarized): Uint8Array | undefined {
  const { start, length } = packet.payload();
  if (length !== 0 && start >= packet.data.length) return undefined;
  return packet.data.subarray(start, Math.min(start + length, packet.length));
}

const hash = (algorithm: string, encoding: 'hex' | 'base64', size: 16 | undefined): Field => ({
  size,
  extract(packet) {
    const bytes = kept(packet);
    return bytes && createHash(algorithm).update(bytes).digest();
  },
  show: (value) => (encoding === 'hex' ? Buffer.from(value as Uint8Array).toString('hex') : textDigest(value as Uint8Array)),
  toBytes: (value) => (value as Uint8Array | undefined) ?? new Uint8Array(16),
});

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@';

/** Sixteen bytes in 22 letters, digits, `_` and `@`: six bits each, the low ones of the first byte first. */
function textDigest(bytes: Uint8Array): string {
  let number = Buffer.from(bytes).reverse().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let text = '';
  for (let at = 0; at < 22; at += 1) {
    text += DIGITS[Number(number & 63n)];
    number >>= 6n;
  }
  return text;
}

export const PAYLOAD_FIELDS: Readonly<Record<string, Field>> = {
  payload: {
    size: undefined,
    extract: kept,
    show: (value) => quoteBytes(value as Uint8Array),
    input: {
      order,
      parse: (text) => unquoteBytes(text),
      inject(packet, value) {
        const bytes = value as Uint8Array;
        const built = packet.makeIp() && packet.makeTransport();
        if (!built && packet.length === 0) packet.isIp = packet.ip >= 0;
        if (bytes.length === 0) return;
        const start = packet.payloadStart;
        packet.accountPayload(bytes.length);
        packet.put(Math.max(0, start + bytes.length - packet.length));
        packet.store(start, bytes);
      },
    },
  },
  payload_len: {
    size: 4,
    extract(packet) {
      const { length } = packet.payload();
      return length + (packet.ip === undefined || packet.countsExtra ? packet.extra : 0);
    },
    input: {
      order: order + 1,
      inject(packet, value) {
        if (packet.makeIp()) packet.makeTransport();
        packet.accountPayload(value as number);
      },
    },
  },
  payload_md5: hash('md5', 'base64', 16),
  payload_md5_hex: hash('md5', 'hex', 16),
  payload_sha1_hex: hash('sha1', 'hex', undefined),
};
