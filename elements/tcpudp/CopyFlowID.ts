/**
 * Remembers addresses and ports of the first TCP or UDP packet that passes from input 0 to output 0, and writes them into those that pass from
 * input 1 to output 1. Checksums stay as they are.
 */
import { defineElement, example, flag, ipv4, many, register, sameAsInputs, udp, type Packet, type u16, type u32 } from 'wirelet';

const from = (input: number, source: number, source_port: number) => ({ ...ipv4.make({ source, checksum: 1 }, udp.make({ source_port, destination_port: 53 })), input });

interface Copied {
  readonly state: { started: boolean; source: u32; destination: u32; source_port: u16; destination_port: u16 };
}

/** Learns from a packet, or tells it what was learnt. */
function treat(packet: Packet, { state }: Copied, port: number): void {
  const header = ipv4.at(packet);
  const ports = udp.at(packet);
  if (port !== 0) {
    header.source = state.source;
    header.destination = state.destination;
    ports.source_port = state.source_port;
    ports.destination_port = state.destination_port;
  } else if (!state.started) {
    state.source = header.source;
    state.destination = header.destination;
    state.source_port = ports.source_port;
    state.destination_port = ports.destination_port;
    state.started = true;
  }
}

export default defineElement({
  name: 'CopyFlowID',
  ports: { inputs: many('TCP or UDP packets with marked headers.', { min: 2, max: 2 }), outputs: sameAsInputs('Packets of the input of that number.') },
  portsAlike: 'all',
  split: { never: 'the packets of both ways may be on other processors' },
  state: { started: flag(), source: register('u32'), destination: register('u32'), source_port: register('u16'), destination_port: register('u16') },
  process(packet, context) {
    const { outputs, port } = context;
    treat(packet, context, port);
    return outputs[port];
  },
  pull(context) {
    const { inputs, port } = context;
    const packet = inputs[port].pull();
    if (packet !== null) treat(packet, context, port);
    return packet;
  },
  handlers: { reset: { doc: 'Forgets the flow: the next packet tells another.', write: ({ state }) => void (state.started = false) } },
  examples: [
    example('copies the first flow', [from(0, 7, 70), from(0, 9, 90), from(1, 1, 10)], { 0: [from(0, 7, 70), from(0, 9, 90)], 1: from(1, 7, 70) }, { inputs: 2, outputs: 2 }),
    example('knows of no flow at first', from(1, 1, 10), { 1: { ...ipv4.make({ source: 0, destination: 0, checksum: 1 }, udp.make({})), input: 1 } }, { inputs: 2, outputs: 2 }),
  ],
});
