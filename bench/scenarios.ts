/** The scenarios: a graph, the frames it gets, and whether buffers are filled anew for each packet. */
import { ethernet, ipv4, udp } from '#src/kit/index.js';

export interface Scenario {
  readonly name: string;
  /** Frames are copied into fresh buffers, as by a device; else the same ones go round. */
  readonly copy: boolean;
  /** Frames of 64 bytes with their check sequence, which memory does not hold: 60 here. */
  frames(): Uint8Array[];
}

/** Flows that fit into the first-level cache. */
const HOT_FLOWS = 256;
const FRAME_BYTES = 60;
const PAYLOAD_BYTES = FRAME_BYTES - 42;

function frame(source: number, destination: number, protocol: number, port: number, sourcePort: number): Uint8Array {
  const payload = new Uint8Array(PAYLOAD_BYTES);
  const datagram = udp.make({ source_port: sourcePort, destination_port: port }, payload);
  return ethernet.make({}, ipv4.make({ source, destination, protocol }, datagram)).bytes;
}

/** xorshift32 (Marsaglia 2003): the same frames every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const plain = (): Uint8Array[] => Array.from({ length: HOT_FLOWS }, (_, flow) => frame(0x0a00_0001, 0x0a00_0101, 17, 9, 1024 + flow));

/** Half of the packets are meant by one of the 20 rules, each rule equally often; the others by none. */
function firewallTraffic(): Uint8Array[] {
  const next = numbers(11);
  const ports = [80, 443, 53, 22, 25, 123, 8080, 993, 5060, 3389];
  return Array.from({ length: HOT_FLOWS }, (_, flow) => {
    const rule = next() % 19;
    const meant = next() % 2 === 0;
    const source = (0x0a00_0000 | (rule << 16) | (next() & 0xffff)) >>> 0;
    const destination = ((0xc0a8_0000 | ((rule * 3) << 8) | (next() & 0xff)) >>> 0) + (meant ? 0 : 0x100);
    return frame(source, destination, rule % 2 === 0 ? 6 : 17, ports[rule % ports.length]!, 1024 + flow);
  });
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'wire', copy: false, frames: plain },
  { name: 'mac-swap', copy: false, frames: plain },
  { name: 'firewall-20', copy: true, frames: firewallTraffic },
];
