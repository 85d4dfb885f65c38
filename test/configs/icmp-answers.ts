/** ICMP messages that a router makes (RFC 792, RFC 1812). */
import type { Outgoing } from './arp-side.js';
import { ICMP, internetChecksum, Ipv4View, sealIpv4 } from './frame.js';

const ECHO_REPLY = 0;
const ECHO = 8;
const TIME_EXCEEDED = 11;
/** Unreachable, source quench, redirect, time exceeded, parameter problem. */
export const ERRORS = [3, 4, 5, TIME_EXCEEDED, 12];

/** Longest ICMP error, the IP header included (RFC 1812, 4.3.2.3). */
const ERROR_BYTES_MAX = 576;

/** Type of service, identification and time to live, and the checksum over them: the sender's choice. */
const FREE = [[1, 2], [4, 6], [8, 9], [10, 12]] as const;

export function isEcho(view: Ipv4View): boolean {
  const isWhole = !view.isFragment && view.totalLength >= view.headerBytes + 8;
  return isWhole && view.icmpType === ECHO;
}

/** The answer to an echo request: all data comes back (RFC 792). What a wrong checksum becomes is not said. */
export function echoReply(packet: Buffer): Outgoing {
  const reply = Buffer.from(packet);
  const header = new Ipv4View(packet).headerBytes;
  const wasRight = internetChecksum(packet.subarray(header)) === 0;
  packet.copy(reply, 12, 16, 20);
  packet.copy(reply, 16, 12, 16);
  const icmp = reply.subarray(header);
  // As in Click the reply may be fragmented, and has the code 0 whatever the request had.
  reply.writeUInt16BE(0, 6);
  icmp.writeUInt16BE(ECHO_REPLY, 0);
  icmp.writeUInt16BE(0, 2);
  icmp.writeUInt16BE(internetChecksum(icmp), 2);
  sealIpv4(reply);
  return { packet: reply, free: wasRight ? FREE : [...FREE, [header + 2, header + 4]] };
}

/** "Time exceeded in transit" for a packet, which is quoted as it came; undefined where none may be sent (RFC 1812, 4.3.2.7). */
export function timeExceeded(packet: Buffer, from: number): Outgoing | undefined {
  const view = new Ipv4View(packet);
  if (view.isLaterFragment) return undefined;
  // No errors about errors, nor about what is cut off before it tells.
  if (view.protocol === ICMP && packet.length < view.headerBytes + 4) return undefined;
  if (view.protocol === ICMP && ERRORS.includes(view.icmpType ?? TIME_EXCEEDED)) return undefined;
  const quoted = packet.subarray(0, ERROR_BYTES_MAX - 28);
  const icmp = Buffer.concat([Buffer.from([TIME_EXCEEDED, 0, 0, 0, 0, 0, 0, 0]), quoted]);
  icmp.writeUInt16BE(internetChecksum(icmp), 2);
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + icmp.length, 2);
  header[9] = ICMP;
  header.writeUInt32BE(from, 12);
  header.writeUInt32BE(view.source, 16);
  const error = Buffer.concat([header, icmp]);
  sealIpv4(error);
  return { packet: error, free: FREE };
}
