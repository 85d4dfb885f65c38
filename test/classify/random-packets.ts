/** Random packets that come near what random rules ask for: truncated, fragmented, lying about their lengths. */
import { Packet } from '#src/kit/index.js';
import type { Dice } from '../differential/element-fuzz.js';
import { ADDRESSES, PORTS, type Seen } from './random-rules.js';

/** A frame of an Ethernet header and something like IPv4 behind it. */
export function randomFrame(dice: Dice): Uint8Array {
  const frame = Uint8Array.from({ length: dice.pick([14, 20, 33, 34, 35, 36, 37, 38, 41, 42, 47, 48, 50, 54, 60, 64, 100]) }, () => (dice.chance(60) ? 0 : dice.below(256)));
  const put = (offset: number, size: number, value: number) => {
    for (let index = 0; index < size; index += 1) if (offset + index < frame.length) frame[offset + index] = Math.floor(value / 256 ** (size - 1 - index)) % 256;
  };
  for (const at of [0, 6]) put(at, 6, 0x020000000000 + dice.below(4));
  put(12, 2, dice.pick([0x0800, 0x0800, 0x0806]));
  put(14, 1, dice.pick([0x45, 0x45, 0x45, 0x46, dice.below(256)]));
  put(15, 1, dice.pick([0, 1, 2, 3, dice.below(256)]));
  put(20, 2, dice.pick([0, 0, 0, 0x4000, 0x2000, 0x0001, dice.below(0x10000)]));
  put(22, 1, dice.pick([1, 63, 64, 255]));
  put(23, 1, dice.pick([1, 6, 6, 17, 17, 47, dice.below(256)]));
  for (const at of [26, 30]) put(at, 4, dice.chance(85) ? dice.pick(ADDRESSES) : dice.below(0x1_0000_0000));
  const header = 14 + (frame.length > 14 ? (frame[14]! & 15) * 4 : 20);
  if (dice.chance(90)) for (const at of [0, 2]) put(header + at, 2, dice.chance(85) ? dice.pick(PORTS) : dice.below(65_536));
  return frame;
}

/** The frame as a packet with its headers marked as far as they are inside, and as the oracle sees it. */
export function marked(frame: Uint8Array, network: number, transport: number): { packet: Packet; seen: Seen } {
  const packet = Packet.from(frame);
  const behind = (offset: number) => (offset >= 0 && offset <= frame.length ? frame.subarray(offset) : new Uint8Array());
  packet.markMacHeader(0);
  if (network >= 0 && network <= frame.length) packet.markNetworkHeader(network);
  if (transport >= 0 && transport <= frame.length) packet.markTransportHeader(transport);
  return { packet, seen: { data: frame, mac: frame, network: behind(network), transport: behind(transport) } };
}
