/**
 * Remembers the highest sequence number of TCP segments that pass from input 0 to output 0, and writes it into those that pass from input 1 to
 * output 1.
 */
import { defineElement, example, flag, ipv4, many, register, sameAsInputs, tcp, type Packet, type u32 } from 'wirelet';

const from = (input: number, sequence: number) => ({ ...ipv4.make({ protocol: 6 }, tcp.make({ sequence })), input });

interface Copied {
  readonly state: { started: boolean; sequence: u32 };
}

/** Learns from a segment, or tells it what was learnt. */
function treat(packet: Packet, { state }: Copied, port: number): void {
  const header = tcp.at(packet);
  if (port !== 0) header.sequence = state.sequence;
  else if (!state.started || ((header.sequence - state.sequence) | 0) > 0) {
    state.sequence = header.sequence;
    state.started = true;
  }
}

export default defineElement({
  name: 'CopyTCPSeq',
  ports: { inputs: many('TCP segments with marked headers.', { min: 2, max: 2 }), outputs: sameAsInputs('Segments of the input of that number.') },
  portsAlike: 'all',
  split: { never: 'the segments of both ways may be on other processors' },
  state: { started: flag(), sequence: register('u32') },
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
  handlers: { reset: { doc: 'Forgets the number: the next one counts, whatever it is.', write: ({ state }) => void (state.started = false) } },
  examples: [
    example('copies the highest number', [from(0, 7), from(1, 1), from(0, 9), from(0, 8), from(1, 2)], { 0: [from(0, 7), from(0, 9), from(0, 8)], 1: [from(1, 7), from(1, 9)] }, { inputs: 2, outputs: 2 }),
    example('knows that numbers begin again behind the last one', [from(0, 0xffff_fff0), from(0, 5), from(1, 1)], { 0: [from(0, 0xffff_fff0), from(0, 5)], 1: from(1, 5) }, { inputs: 2, outputs: 2 }),
  ],
});
