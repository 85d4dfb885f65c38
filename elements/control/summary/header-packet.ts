/** A packet of an IPv4 header and that of its transport, as old traces tell of packets: payload is counted, and not there. */
import { Packet } from 'wirelet';
import { internetChecksum, wordSum } from './packet-builder.js';

const [TCP, UDP] = [6, 17];
export const IP_BYTES = 20;
export const TCP_BYTES = 20;
export const UDP_BYTES = 8;
const TTL_DEFAULT = 0;
/** Annotations: packets that it stands for besides itself, bytes that are not kept, when the first came, and of which aggregate it is. */
const [AGGREGATE, EXTRA_PACKETS, EXTRA_LENGTH, FIRST] = [20, 24, 28, 32];

export interface Seconds {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface HeaderNotes {
  readonly time: Seconds;
  /** Bytes beyond the headers; the annotation has 32 bits, whatever the number. */
  readonly extraLength: number;
  readonly extraPackets?: number;
  readonly first?: Seconds;
  readonly paint?: number;
  readonly aggregate?: number;
}

/** Room for the headers, the longest of them with options; all is zero but the version, the length of a header without options and the protocol. */
export function ipHeader(protocol: number, ttl = TTL_DEFAULT): Buffer {
  const data = Buffer.alloc(IP_BYTES + 60);
  data[0] = 0x45;
  data[8] = ttl;
  data[9] = protocol;
  return data;
}

/** The packet of the first `length` bytes. */
export function headerPacket(data: Buffer, length: number, notes: HeaderNotes): Packet {
  const packet = Packet.from(data.subarray(0, length));
  packet.markNetworkHeader(0);
  packet.markTransportHeader(IP_BYTES);
  packet.timestampSeconds = notes.time.seconds;
  packet.timestampNanoseconds = notes.time.nanoseconds;
  packet.paint = notes.paint ?? 0;
  packet.setAnnotationU32(AGGREGATE, notes.aggregate ?? 0);
  packet.setAnnotationU32(EXTRA_PACKETS, (notes.extraPackets ?? 0) >>> 0);
  packet.setAnnotationU32(EXTRA_LENGTH, notes.extraLength >>> 0);
  if (notes.first !== undefined) {
    packet.setAnnotationU32(FIRST, notes.first.seconds);
    packet.setAnnotationU32(FIRST + 4, notes.first.nanoseconds);
  }
  return packet;
}

/** Fills in the checksums of IP and, unless it is a fragment, of TCP or UDP: over the headers, which are all that is there. */
export function setChecksums(data: Buffer, length: number): void {
  data.writeUInt16BE(0, 10);
  data.writeUInt16BE(internetChecksum(data.subarray(0, IP_BYTES), 0), 10);
  const at = data[9] === TCP ? IP_BYTES + 16 : data[9] === UDP ? IP_BYTES + 6 : undefined;
  if (at === undefined || (data.readUInt16BE(6) & 0x3fff) !== 0) return;
  const segment = data.subarray(IP_BYTES, length);
  data.writeUInt16BE(0, at);
  data.writeUInt16BE(internetChecksum(segment, wordSum(data.subarray(12, 20)) + data[9]! + segment.length), at);
}
