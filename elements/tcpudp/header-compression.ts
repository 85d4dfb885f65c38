/**
 * What RFC2507Comp and RFC2507Decomp agree upon: how packets begin, and what both remember of a flow. It is Click's form of RFC 2507, whose packets have no type
 * of their own where Click's begin with one.
 */
import { ipv4, tcp, type Packet } from 'wirelet';

/** The first byte of a packet says which of these it is. */
export const KIND = Object.freeze({ other: 0, full: 1, compressed: 2 });
/** Flows are numbered from 1 on, to fewer than this. */
export const FLOWS_END = 15;
/** What a compressed packet has no bytes for: headers without options. */
export const HEADERS_BYTES = ipv4.size + tcp.size;
/** In front of the differences: kind, flow, which differences there are, and the TCP checksum. */
export const FIXED_BYTES = 5;

/** Bits of the byte that says which differences follow, in this order; `push` stands for the flag of TCP. */
export const FOLLOWS = Object.freeze({ urgent: 1, window: 2, acknowledgement: 4, sequence: 8, push: 16, identification: 32 });

const ANNOTATION_WORDS = 12;

/** Makes a packet as one that was just made: without annotations and time stamp. */
export function forgetAnnotations(packet: Packet): void {
  for (let word = 0; word < ANNOTATION_WORDS; word += 1) packet.setAnnotationU32(word * 4, 0);
  packet.timestampSeconds = 0;
  packet.timestampNanoseconds = 0;
}
