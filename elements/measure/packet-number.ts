/** Numbers that NumberPacket wrote into packets: the lowest 32 bits of them. */
import { type Packet, type u32 } from 'wirelet';

/** A number with its bytes the other way round. */
export function swapped(value: u32): u32 {
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

/** The number at `offset`, its lowest byte first, or its highest with `netOrder`. */
export function numberAt(packet: Packet, offset: number, netOrder: boolean): u32 {
  return netOrder ? packet.loadU32(offset + 4) : swapped(packet.loadU32(offset));
}
