/** Which frames are meant: patterns in IPFilter's language. */
import { failure } from '../../diagnostics.js';
import { readIpPattern } from '../../kit/classify/filter-rule.js';
import { EMPTY_SCOPE } from '../../kit/argument-scope.js';
import { buildProgram, classify, ETHERTYPE, IP_HEADER_BYTES } from '../../kit/index.js';
import { Packet } from '../../kit/packet.js';

/** A packet as it would have come from an interface. */
export function receivedPacket(bytes: Uint8Array): Packet {
  const packet = Packet.from(bytes);
  packet.markMacHeader(0);
  return packet;
}

/** Whether a frame is an IPv4 packet that the pattern matches. */
export function ipMatcher(pattern: string | undefined): (frame: Uint8Array) => boolean {
  if (pattern === undefined) return () => true;
  const parsed = readIpPattern(pattern, EMPTY_SCOPE);
  if ('error' in parsed) throw failure('WL4161', `--match ${pattern}: ${parsed.error}`, "It is a pattern in IPFilter's language, such as 'dst tcp port 80'.");
  const program = buildProgram([{ condition: parsed.value.condition, class: 0 }], 1, { networkBytes: IP_HEADER_BYTES });
  return (frame) => {
    const packet = receivedPacket(frame);
    let offset = 12;
    if (packet.length >= offset + 6 && packet.loadU16(offset) === ETHERTYPE.vlan) offset += 4;
    if (packet.length < offset + 2 + IP_HEADER_BYTES || packet.loadU16(offset) !== ETHERTYPE.ipv4) return false;
    packet.markNetworkHeader(offset + 2);
    packet.markTransportHeader(offset + 2 + (packet.loadU8(offset + 2) & 15) * 4);
    return classify(program, packet) === 0;
  };
}
