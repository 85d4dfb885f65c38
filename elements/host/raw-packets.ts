/** IPv4 packets of raw sockets as the graph has them. */
import { Packet } from 'wirelet';

/** Packets taken from a socket in one round, at most. */
export const BURST_MAX = 32;
/** How long an element waits before it looks again, where nothing came. */
export const POLL_US = 1000;

const IPV4_BYTES = 20;
/** Bytes of data that a packet of the graph has, at most. */
const PACKET_BYTES_MAX = 9216;
const EXTRA_LENGTH = 28;
const ADDRESS = 16;

/** The packet with its headers marked, cut to `snaplen` bytes; undefined: it is not IPv4. */
export function rawPacket(bytes: Uint8Array, snaplen: number, microseconds: number): Packet | undefined {
  const header = ((bytes[0] ?? 0) & 15) * 4;
  if ((bytes[0] ?? 0) >>> 4 !== 4 || header < IPV4_BYTES || bytes.length < header) return undefined;
  const kept = bytes.subarray(0, Math.min(snaplen, PACKET_BYTES_MAX));
  const packet = Packet.from(kept);
  packet.timestampSeconds = Math.floor(microseconds / 1e6);
  packet.timestampNanoseconds = (microseconds % 1e6) * 1000;
  if (bytes.length > kept.length) packet.setAnnotationU32(EXTRA_LENGTH, bytes.length - kept.length);
  if (kept.length < header) return packet;
  packet.markNetworkHeader(0);
  packet.markTransportHeader(header);
  packet.destinationAddress = new DataView(bytes.buffer, bytes.byteOffset).getUint32(ADDRESS);
  return packet;
}

/** What is wrong with a packet that is to be sent; undefined: nothing. */
export function unsendable(packet: Packet): string | undefined {
  return packet.length < IPV4_BYTES ? `runt IP packet (${packet.length} bytes)` : undefined;
}
