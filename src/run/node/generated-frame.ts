/**
 * The generator's frames: UDP with a TTL of 64 and right checksums. Twin of the generator in native/vswitch, byte
 * for byte.
 */
import { ethernet, ipv4, udp } from '../../kit/index.js';
import type { Flow } from '../flows.js';

const SOURCE_MAC = 0x0200_0000_00aa;
const FRAME_CHECK_BYTES = 4;
const HEADER_BYTES = 42;

/** The frame of one flow with `size` bytes on the wire, without the frame check sequence. */
export function generatedFrame(size: number, { source, destination, source_port, destination_port }: Flow, destinationMac: number): Uint8Array {
  const payload = new Uint8Array(size - FRAME_CHECK_BYTES - HEADER_BYTES);
  const datagram = udp.make({ source_port, destination_port }, payload);
  const sum = sumWords(datagram.bytes) + (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + 17 + datagram.bytes.length;
  datagram.bytes.set(checksumBytes(sum), 6);
  const packet = ipv4.make({ ttl: 64, protocol: 17, source, destination }, datagram);
  return ethernet.make({ destination: destinationMac, source: SOURCE_MAC, type: 0x0800 }, packet).bytes;
}

function sumWords(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
  return sum;
}

/** RFC 768: a sum of zero is sent as all ones. */
function checksumBytes(sum: number): [number, number] {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  const value = 0xffff - folded || 0xffff;
  return [value >> 8, value & 255];
}
