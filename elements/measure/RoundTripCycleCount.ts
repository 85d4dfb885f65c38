/** Adds up the time that packets take from one passage through it to the next. A cycle is a microsecond of the run's clock. */
import { counterHandler, defineElement, example, resetHandler } from 'wirelet';
import { noteCycles, notedCycles } from './cycles.js';

const packet = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'RoundTripCycleCount',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  counters: { packets: 'Packets that came.', cycles: 'Cycles that they were under way since they came last, together.' },
  process(packet, { counters, outputs, clock }) {
    const then = notedCycles(packet);
    counters.packets.add(1);
    counters.cycles.add(then > 0 ? Math.max(0, clock.microseconds - then) : 0);
    noteCycles(packet, clock.microseconds);
    return outputs.out;
  },
  handlers: {
    packets: counterHandler('packets', 'Packets that came.'),
    cycles: counterHandler('cycles', 'Cycles that they were under way since they came last, together.'),
    reset_counts: resetHandler('Begins anew.'),
  },
  examples: [
    example('adds up the time', packet, { out: packet }, { before: 'SetCycleCount -> Queue -> DelayUnqueue(1ms)', counters: { packets: 1 } }),
    example('takes packets without a time for new ones', packet, { out: packet }, { counters: { packets: 1, cycles: 0 } }),
  ],
});
