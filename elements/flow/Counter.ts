/**
 * Counts packets and their bytes on the way.
 *
 * Every element counts its packets anyway; this one also counts bytes, and marks a place in the graph.
 */
import { defineElement, ethernet, example } from 'wirelet';

export default defineElement({
  name: 'Counter',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  counters: { count: 'Packets that passed.', byte_count: 'Bytes of these.' },
  process(packet, { counters, outputs }) {
    counters.count.add(1);
    counters.byte_count.add(packet.length);
    return outputs.out;
  },
  handlers: {
    count: { doc: 'Packets that passed.', read: ({ counters }) => String(counters.count.value) },
    byte_count: { doc: 'Bytes of these.', read: ({ counters }) => String(counters.byte_count.value) },
    reset: {
      doc: 'Sets both to 0.',
      write({ counters }) {
        counters.count.value = 0;
        counters.byte_count.value = 0;
      },
    },
  },
  examples: [
    example('counts packets and bytes', [ethernet.make({}), new Uint8Array(60)], { out: [ethernet.make({}), new Uint8Array(60)] }, { counters: { count: 2, byte_count: 74 } }),
  ],
});
