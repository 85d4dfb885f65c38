/** IGMP, by which hosts tell routers the multicast groups that they want (RFC 2236, RFC 3376). */
import { checksum, sumOfBytes } from 'wirelet';

export const QUERY = 0x11;
export const REPORT_1 = 0x12;
export const REPORT_2 = 0x16;
export const LEAVE = 0x17;
export const REPORT_3 = 0x22;
export const ALL_SYSTEMS = 0xe000_0001;
/** The option that makes routers look at a packet (RFC 2113). */
export const ROUTER_ALERT = Uint8Array.from([0x94, 4, 0, 0]);

/** An IGMPv2 message; `time` is in tenths of a second. */
export function igmpMessage(type: number, time: number, group: number): Uint8Array {
  const bytes = Uint8Array.from([type, time, 0, 0, group >>> 24, (group >>> 16) & 255, (group >>> 8) & 255, group & 255]);
  const sum = checksum.finish(sumOfBytes(bytes));
  bytes[2] = sum >>> 8;
  bytes[3] = sum & 255;
  return bytes;
}
