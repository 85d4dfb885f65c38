/**
 * The generator's frames: UDP from 10.0.0.1:1024+flow to 10.0.1.1:9 (discard), with right checksums. Twin of
 * the generator in native/vswitch, byte for byte.
 */
import { ethernet, ipv4, udp } from '../../kit/index.js';
import type { GeneratorSpec } from '../port-spec.js';

const SOURCE_MAC = 0x0200_0000_00aa;
const SOURCE = 0x0a00_0001;
const DESTINATION = 0x0a00_0101;
const FIRST_PORT = 1024;
const LAST_PORT = 65_535;
const DISCARD_PORT = 9;
const FRAME_CHECK_BYTES = 4;
const HEADER_BYTES = 42;

/** The frame of one flow, without the frame check sequence. Flows beyond the ports there are differ in the source address. */
export function generatedFrame(spec: GeneratorSpec, flow: number, destinationMac: number): Uint8Array {
  const ports = LAST_PORT - FIRST_PORT + 1;
  const source = SOURCE + Math.floor(flow / ports) * 256;
  const payload = new Uint8Array(spec.size - FRAME_CHECK_BYTES - HEADER_BYTES);
  const datagram = udp.make({ source_port: FIRST_PORT + (flow % ports), destination_port: DISCARD_PORT }, payload);
  const sum = sumWords(datagram.bytes) + (source >>> 16) + (source & 0xffff) + (DESTINATION >>> 16) + (DESTINATION & 0xffff) + 17 + datagram.bytes.length;
  datagram.bytes.set(checksumBytes(sum), 6);
  const packet = ipv4.make({ ttl: 64, protocol: 17, source, destination: DESTINATION }, datagram);
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
