/** Elements that add up the cycles that packets were under way. */
import { counterHandler, defineElement, example } from 'wirelet';
import { cyclesSince, noteCycles } from './cycles.js';

const packet = Uint8Array.from([1, 2, 3]);

/** `anew`: the time is noted again, for the next round. */
export function accumulatedCycles(name: string, anew: boolean) {
  return defineElement({
    name,
    ports: { inputs: { in: 'Packets whose time a SetCycleCount noted.' }, outputs: { out: 'The same packets.' } },
    counters: { count: 'Packets that came.', cycles: 'Cycles that they were under way, together.' },
    process(packet, { counters, outputs, clock }) {
      counters.count.add(1);
      counters.cycles.add(cyclesSince(packet, clock.microseconds));
      if (anew) noteCycles(packet, clock.microseconds);
      return outputs.out;
    },
    handlers: {
      count: counterHandler('count', 'Packets that came.'),
      cycles: counterHandler('cycles', 'Cycles that they were under way, together.'),
      reset_counts: {
        doc: 'Begins anew.',
        write({ counters }) {
          counters.count.value = 0;
          counters.cycles.value = 0;
        },
      },
    },
    examples: [
      example('adds up the time', packet, { out: packet }, { before: 'SetCycleCount -> Queue -> DelayUnqueue(1ms)', counters: { count: 1 } }),
      example('takes packets without a time for new ones', packet, { out: packet }, { counters: { count: 1, cycles: 0 } }),
    ],
  });
}
