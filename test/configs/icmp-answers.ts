/** ICMP messages that a router makes (RFC 792, RFC 1812). */
import type { Outgoing } from './arp-side.js';
import { ICMP, internetChecksum, Ipv4View, sealIpv4 } from './frame.js';

const ECHO_REPLY = 0;
const ECHO = 8;
const TIME_EXCEEDED = 11;

/** Longest ICMP error, the IP header included (RFC 1812, 4.3.2.3). */
const ERROR_BYTES_MAX = 576;

/** Type of service, identification and time to live, and the checksum over them: the sender's choice. */
const FREE = [[1, 2], [4, 6], [8, 9], [10, 12]] as const;

export function isEcho(view: Ipv4View): boolean {
  return view.icmpType === ECHO;
}

/** The answer to an echo request: all data comes back (RFC 792). */
export function echoReply(packet: Buffer): Outgoing {
  const reply = Buffer.from(packet);
  packet.copy(reply, 12, 16, 20);
  packet.copy(reply, 16, 12, 16);
  const icmp = reply.subarray(new Ipv4View(reply).headerBytes);
  icmp[0] = ECHO_REPLY;
  icmp.writeUInt16BE(0, 2);
  icmp.writeUInt16BE(internetChecksum(icmp), 2);
  sealIpv4(reply);
  return { packet: reply, free: FREE };
}

/** "Time exceeded in transit" for a packet, which is quoted as it came; undefined where none may be sent (RFC 1812, 4.3.2.7). */
export function timeExceeded(packet: Buffer, from: number): Outgoing | undefined {
  const view = new Ipv4View(packet);
  if (view.isLaterFragment) return undefined;
  if (view.protocol === ICMP && ![ECHO_REPLY, ECHO, 13, 14, 15, 16, 17, 18].includes(view.icmpType ?? -1)) return undefined;
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
