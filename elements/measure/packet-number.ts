/** Numbers that NumberPacket wrote into packets: the lowest 32 bits of them. */
import { byteSwapped, type Packet, type u32 } from 'wirelet';

/** The number at `offset`, its lowest byte first, or its highest with `netOrder`. */
export function numberAt(packet: Packet, offset: number, netOrder: boolean): u32 {
  return netOrder ? packet.loadU32(offset + 4) : byteSwapped(packet.loadU32(offset));
}
