/** Variables of decision programs (src/kit/classify/program.ts) as C. */
import { fullMask, type Anchor } from '../kit/classify/expression.js';
import type { Variable } from '../kit/classify/program.js';

/** C variables of the packet: its data, its end, its marks (NULL when unmarked). */
export type PacketPointers = Readonly<Record<'data' | 'end' | 'mac' | 'network' | 'transport', string>>;

/** The value of a variable. */
export function valueText(variable: Variable, packet: PacketPointers): string {
  if (variable.kind === 'length') {
    const { end } = packet;
    const from = anchorText(variable.anchor, packet);
    if (variable.anchor === 'start') return `(uint32_t)(${end} - ${from})`;
    return `${from} == NULL || ${end} <= ${from} ? 0u : (uint32_t)(${end} - ${from})`;
  }
  const { field, mask } = variable;
  const word = loadText(`${anchorText(field.anchor, packet)} + ${field.offset}`, field.size);
  return mask === fullMask(field.size) ? word : `${word} & ${mask}u`;
}

/** As `valueText`, but 0 for a word that is not all in the packet. */
export function safeText(variable: Variable, packet: PacketPointers, networkBytes: number): string {
  if (variable.kind === 'length') return valueText(variable, packet);
  const { anchor, offset, size } = variable.field;
  if (anchor === 'network' && offset + size <= networkBytes) return valueText(variable, packet);
  return `${isShorterText(anchor, offset + size, packet)} ? 0u : ${valueText(variable, packet)}`;
}

/** Whether fewer bytes than `bytes`, which is not 0, lie behind an anchor: one comparison, also where the packet ends before it. */
export function isShorterText(anchor: Anchor, bytes: number, packet: PacketPointers): string {
  const from = anchorText(anchor, packet);
  const isShort = `${packet.end} - ${from} < ${bytes}`;
  return anchor === 'start' ? isShort : `${from} == NULL || ${isShort}`;
}

function loadText(at: string, size: number): string {
  if (size === 3) return `((uint32_t)wl_load16(${at}) << 8 | wl_load8(${at} + 2))`;
  return `wl_load${size * 8}(${at})`;
}

function anchorText(anchor: Anchor, packet: PacketPointers): string {
  return anchor === 'start' ? packet.data : packet[anchor];
}
