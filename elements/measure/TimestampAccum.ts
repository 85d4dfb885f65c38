/** Adds up the time that has passed since the time stamps of packets, and says how long it was on average. */
import { counterHandler, defineElement, ethernet, example, type HandlerContext } from 'wirelet';
import { numberText } from '../control/script/numbers.js';

const frame = ethernet.make({});
type Accumulating = HandlerContext<any, 'count' | 'time_us', any>;

export default defineElement({
  name: 'TimestampAccum',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  counters: { count: 'Packets that passed.', time_us: 'Microseconds since their time stamps, in all.' },
  process(packet, { counters, clock, outputs }) {
    const stamped = packet.timestampSeconds * 1_000_000 + Math.trunc(packet.timestampNanoseconds / 1000);
    counters.count.add(1);
    counters.time_us.add(Math.max(0, clock.microseconds - stamped));
    return outputs.out;
  },
  handlers: {
    count: counterHandler('count', 'Packets that passed.'),
    time: { doc: 'Time since their time stamps, in seconds.', read: ({ counters }: Accumulating) => numberText(counters.time_us.value / 1e6) },
    average_time: { doc: 'The same on average; -nan before the first packet, as Click has it.', read: ({ counters }: Accumulating) => counters.count.value === 0 ? '-nan' : numberText(counters.time_us.value / counters.count.value / 1e6) },
    reset_counts: {
      doc: 'Begins anew.',
      write({ counters }: Accumulating) {
        counters.count.value = 0;
        counters.time_us.value = 0;
      },
    },
  },
  examples: [
    example('adds up how old packets are', [frame, { ...frame, at: 10_000 }], { out: [frame, frame] }, { before: 'Queue -> RatedUnqueue(50, BURST_SIZE 1)', counters: { count: 2, time_us: 10_001 } }),
    example('takes time stamps that are yet to come for now', frame, { out: frame }, { before: 'SetTimestamp(2000000000)', counters: { count: 1, time_us: 0 } }),
  ],
});
