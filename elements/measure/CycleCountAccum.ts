/**
 * Adds up the time that packets were under way since SetCycleCount noted it. Packets that it did not see are counted apart, and the first of them is
 * told. A cycle is a microsecond of the run's clock.
 */
import { counterHandler, defineElement, example, flag } from 'wirelet';
import { notedCycles } from './cycles.js';

const packet = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'CycleCountAccum',
  ports: { inputs: { in: 'Packets whose time a SetCycleCount noted.' }, outputs: { out: 'The same packets.' } },
  counters: { count: 'Packets whose time was added.', cycles: 'Cycles that they were under way, together.', zero_count: 'Packets without a time.' },
  /** Whether a packet without a time was told of. */
  state: { told: flag() },
  build: ({ chatter }) => ({ chatter: chatter === '' ? '' : `${chatter} :: CycleCountAccum: packet with zero cycle counter annotation!` }),
  process(packet, { built, state, counters, outputs, clock, log }) {
    const then = notedCycles(packet);
    if (then > 0) {
      counters.count.add(1);
      counters.cycles.add(Math.max(0, clock.microseconds - then));
    } else {
      if (!state.told && built.chatter.length > 0) {
        state.told = true;
        log.text(built.chatter);
        log.end();
      }
      counters.zero_count.add(1);
    }
    return outputs.out;
  },
  handlers: {
    count: counterHandler('count', 'Packets whose time was added.'),
    cycles: counterHandler('cycles', 'Cycles that they were under way, together.'),
    zero_count: counterHandler('zero_count', 'Packets without a time.'),
    cycles_pp: { doc: 'Cycles of a packet, in the mean.', read: ({ counters: { count, cycles } }) => String(count.value === 0 ? 0 : Math.trunc(cycles.value / count.value)) },
    reset_counts: {
      doc: 'Begins anew.',
      write({ counters, state }) {
        for (const counter of Object.values(counters)) counter.value = 0;
        state.told = false;
      },
    },
  },
  examples: [
    example('adds up the time', packet, { out: packet }, { before: 'SetCycleCount -> Queue -> DelayUnqueue(1ms)', counters: { count: 1, zero_count: 0 } }),
    example('counts packets without a time', [packet, packet], { out: [packet, packet] }, { counters: { count: 0, cycles: 0, zero_count: 2 } }),
  ],
});
