/** Packets as C keeps them: their pointers in variables while a function works, in the descriptor when they are stored or handed on. */
import { packetName, annotationName } from './c-expression.js';
import type { Lines } from './c-lines.js';
import type { Surroundings } from './c-surroundings.js';
import type { PacketLocal } from './ir.js';

/** What of a packet is kept, besides where it begins and ends. */
export type Kept = Pick<Surroundings, 'marks' | 'words'>;

/** Writes a packet's pointers to its descriptor, for storing it. */
export function parkText(lines: Lines, packet: PacketLocal, around: Kept): void {
  const p = packetName.descriptor(packet);
  for (const part of ['data', 'end', ...around.marks] as const) {
    lines.add(`${p}->${part} = ${part === 'data' || part === 'end' ? 'wl_place' : 'wl_offset'}(${p}, ${packetName[part](packet)});`);
  }
  for (const word of around.words) lines.add(`wl_store32(${p}->annotations + ${word}, ${annotationName(packet, word)});`);
}

/** Reads them back. */
export function unparkText(lines: Lines, packet: PacketLocal, around: Kept): void {
  const p = packetName.descriptor(packet);
  for (const part of ['data', 'end', ...around.marks] as const) {
    lines.add(`${packetName[part](packet)} = ${part === 'data' || part === 'end' ? 'wl_at' : 'wl_pointer'}(${p}, ${p}->${part});`);
  }
  for (const word of around.words) lines.add(`${annotationName(packet, word)} = wl_load32(${p}->annotations + ${word});`);
}
