/**
 * Sends IPv4 packets two ways by their source: those whose address has different bits 0 and 4 wait in a queue of 128 packets until they are pulled from output 1, the
 * others are pushed to output 0.
 */
import { defineElement, drop, example, ipv4, kept, packetQueue, pull, push, type Packet } from 'wirelet';

const QUEUE_PACKETS = 128;
const from = (source: number) => ipv4.make({ source });

export default defineElement({
  name: 'DupPath',
  ports: { inputs: { in: push('IPv4 packets with marked headers.') }, outputs: { pushed: push('Packets from sources with like bits.'), pulled: pull('Packets from the others.') } },
  drops: { queue_full: 'So many wait already.' },
  split: 'each',
  storage: 'waiting',
  state: { waiting: packetQueue(QUEUE_PACKETS) },
  process(packet, { state, outputs }) {
    const source = ipv4.at(packet).source;
    if (((source ^ (source >>> 4)) & 1) === 0) return outputs.pushed;
    if (state.waiting.full) return drop('queue_full');
    state.waiting.enqueue(packet);
    return kept;
  },
  pull: ({ state }): Packet | null => state.waiting.dequeue(),
  examples: [example('goes by two bits of the source', [from(0x0a00_0000), from(0x0a00_0001), from(0x0a00_0010), from(0x0a00_0011)], { pushed: [from(0x0a00_0000), from(0x0a00_0011)], pulled: [from(0x0a00_0001), from(0x0a00_0010)] })],
});
