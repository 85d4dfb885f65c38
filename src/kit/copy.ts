/** What one packet takes over from another: bytes, and what was noted about it. */
import { intrinsic } from './intrinsic.js';
import type { Packet } from './packet.js';
import { PacketTrap } from './trap.js';

/**
 * Writes `length` bytes of `from`, from `offset` on, over those of `to` from `at` on. Both may be the same packet, and the
 * places may overlap. Offsets count from the start of the data. Traps when the bytes are not all there in both.
 */
export const copyBytes = intrinsic('copyBytes', (to: Packet, at: number, from: Packet, offset: number, length: number): void => {
  if (offset + length > from.length || at + length > to.length) throw new PacketTrap('short_packet');
  const source = from.start + offset;
  to.bytes.set(from.bytes.slice(source, source + length), to.start + at);
});

/**
 * Writes `length` bytes of `from`, a constant from `build` or `config`, from `offset` on, over those of `to` from `at` on.
 * Traps when the bytes are not all there in both.
 */
export const copyConstant = intrinsic('copyConstant', (to: Packet, at: number, from: Uint8Array, offset: number, length: number): void => {
  if (offset + length > from.length || at + length > to.length) throw new PacketTrap('short_packet');
  to.bytes.set(from.subarray(offset, offset + length), to.start + at);
});

/** Gives `to` the annotations of `from` and the time it was received; marks of headers stay. */
export const copyAnnotations = intrinsic('copyAnnotations', (to: Packet, from: Packet): void => {
  to.annotations.set(from.annotations);
  to.timestampSeconds = from.timestampSeconds;
  to.timestampNanoseconds = from.timestampNanoseconds;
});

/** Cells of an `array('u8', n)` of an element's state. */
export interface ByteCells {
  readonly length: number;
  [index: number]: number;
}

/**
 * Writes `length` bytes of `packet`, from `offset` on, over those of `to`, an `array('u8', n)` of the element's state, from `at` on.
 * Traps when the bytes are not all there in both.
 */
export const storeBytes = intrinsic('storeBytes', (to: ByteCells, at: number, packet: Packet, offset: number, length: number): void => {
  if (offset + length > packet.length || at + length > to.length) throw new PacketTrap('short_packet');
  for (let index = 0; index < length; index += 1) to[at + index] = packet.bytes[packet.start + offset + index]!;
});

/**
 * Writes `length` bytes of `from`, an `array('u8', n)` of the element's state, from `offset` on, over those of `packet` from `at` on.
 * Traps when the bytes are not all there in both.
 */
export const loadBytes = intrinsic('loadBytes', (packet: Packet, at: number, from: ByteCells, offset: number, length: number): void => {
  if (offset + length > from.length || at + length > packet.length) throw new PacketTrap('short_packet');
  for (let index = 0; index < length; index += 1) packet.bytes[packet.start + at + index] = from[offset + index]!;
});
