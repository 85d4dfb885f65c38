/** A field of packet summaries: what of a packet it is, how it is written as text and as bytes, and what it says of a packet that is made. */
import { parseInteger } from 'wirelet';
import type { PacketBuilder } from './packet-builder.js';
import type { Summarized } from './summarized.js';

/** A time as seconds and nanoseconds since 1970. */
export interface Stamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export type Value = number | Uint8Array | Stamp;

/** Bytes in a binary record: so many; options, with their length before them; undefined: it cannot be in one. */
export type Size = 1 | 2 | 4 | 6 | 8 | 16 | 'options' | undefined;

export interface Field {
  readonly size: Size;
  /** It looks at nothing but what is noted about a packet and its link layer: a dump of nothing else cares for no IP header. */
  readonly isBelowIp?: boolean;
  /** Undefined: the packet has no such thing. */
  extract(packet: Summarized): Value | undefined;
  /** The value as text; without it, as a decimal number. */
  show?(value: Value, packet: Summarized): string;
  /** The value as bytes, where that is not the number; `undefined`: the packet has no such thing. */
  toBytes?(value: Value | undefined): Uint8Array;
  fromBytes?(bytes: Uint8Array): Value;
  readonly input?: FieldInput;
}

export interface FieldInput {
  /** Fields of lower order come first, whatever their place in the line: others build upon them. */
  readonly order: number;
  /** Undefined: the text is malformed. Without it, a number that fits into the field. */
  parse?(text: string, packet: PacketBuilder): Value | undefined;
  inject(packet: PacketBuilder, value: Value): void;
}

/** Places in the order of layers. */
export const ORDER = { annotation: 100, link: 200, network: 300, transport: 400, payload: 500 } as const;

const LIMITS: Readonly<Record<number, number>> = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff, 8: Number.MAX_SAFE_INTEGER };

/** A number as Click reads it, up to `most`. */
export function numberOf(text: string, most: number): number | undefined {
  const value = parseInteger(text);
  return value !== undefined && value >= 0 && value <= most ? value : undefined;
}

export function parseField(field: Field, text: string, packet: PacketBuilder): Value | undefined {
  return field.input!.parse === undefined ? numberOf(text, LIMITS[field.size as number] ?? 0xffff_ffff) : field.input!.parse(text, packet);
}

export function fieldText(field: Field, packet: Summarized): string {
  const value = field.extract(packet);
  if (value === undefined) return '-';
  return field.show === undefined ? String(value) : field.show(value, packet);
}

export function fieldBytes(field: Field, packet: Summarized): Uint8Array {
  const value = field.extract(packet);
  if (field.toBytes !== undefined) return field.toBytes(value);
  const size = field.size as number;
  if (value instanceof Uint8Array) return value;
  const bytes = Buffer.alloc(size);
  if (size === 8) bytes.writeBigUInt64BE(BigInt((value as number | undefined) ?? 0));
  else if (size <= 6) bytes.writeUIntBE(((value as number | undefined) ?? 0) % 2 ** (8 * size), 0, size);
  return bytes;
}

/** The value at the beginning of `bytes`, and how many bytes it takes; undefined: they are too few, or the field has no binary form. */
export function takeField(field: Field, bytes: Uint8Array): { value: Value; taken: number } | undefined {
  const { size } = field;
  if (size === undefined || size === 16) return undefined;
  if (size === 'options') {
    const taken = 1 + (bytes[0] ?? 0);
    return bytes.length < taken ? undefined : { value: bytes.subarray(1, taken), taken };
  }
  if (bytes.length < size) return undefined;
  const own = bytes.subarray(0, size);
  if (field.fromBytes !== undefined) return { value: field.fromBytes(own), taken: size };
  const view = Buffer.from(own);
  return { value: size === 8 ? Number(view.readBigUInt64BE()) : view.readUIntBE(0, size), taken: size };
}

/** Options with their length before them. */
export function optionBytes(value: Value | undefined): Uint8Array {
  const options = (value as Uint8Array | undefined) ?? new Uint8Array();
  return Uint8Array.from([options.length, ...options]);
}
