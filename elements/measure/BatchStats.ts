/** Counts how many packets come together, as its handlers tell: one each time, as every packet goes its way alone here, whatever is in front. */
import { defineElement, ethernet, example } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'BatchStats',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  counters: { packets: 'Packets that passed.' },
  split: 'each',
  process(_packet, { counters, outputs }) {
    counters.packets.add(1);
    return outputs.out;
  },
  handlers: {
    median: { doc: 'The number of packets that came together most often; 0: none came.', read: ({ counters }) => (counters.packets.value === 0 ? '0' : '1') },
    average: { doc: 'How many came together on average; 0: none came.', read: ({ counters }) => (counters.packets.value === 0 ? '0' : '1') },
    dump: { doc: 'A line for each number of packets, and how often so many came together: NUMBER: COUNT.', read: ({ counters }) => (counters.packets.value === 0 ? '' : `1: ${counters.packets.value}\n`) },
  },
  examples: [example('passes packets on', [frame, frame], { out: [frame, frame] }, { counters: { packets: 2 } })],
});
