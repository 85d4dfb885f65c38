/**
 * Pulls packets and pushes them on, up to BURST in each round.
 */
import { bool, booleanHandler, counterHandler, defineElement, ethernet, example, flag, integer, integerHandler, pull, push, register, u32 } from 'wirelet';

const BURST_MAX = 1024;
const LIMIT_MAX = 0x7fff_ffff;

export default defineElement({
  name: 'Unqueue',
  config: {
    burst: integer({ default: 1, min: -1, max: BURST_MAX, doc: 'Packets in one round; below 1: as many as there are.' }),
    limit: integer({ default: -1, min: -1, max: LIMIT_MAX, keyword: true, doc: 'Packets in all; -1: no limit.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
  },
  ports: { inputs: { in: pull('Packets to pull.') }, outputs: { out: push('The same packets.') } },
  counters: { count: 'Packets passed on.' },
  split: ({ config }) => (config.limit >= 0 ? { never: 'each copy would count its LIMIT for itself' } : 'each'),
  state: ({ config }) => ({
    passed: register('u32'),
    active: flag(config.active),
    burst: register({ low: 1, high: BURST_MAX }, config.burst < 1 ? BURST_MAX : config.burst),
    limit: register({ low: -1, high: LIMIT_MAX }, config.limit),
  }),
  run({ state, counters, inputs, outputs, emit }) {
    if (!state.active) return false;
    let worked = false;
    for (let index = 0; index < BURST_MAX; index += 1) {
      if (index >= state.burst || (state.limit >= 0 && state.passed >= state.limit)) break;
      const packet = inputs.in.pull();
      if (packet === null) break;
      state.passed = u32(state.passed + 1);
      counters.count.add(1);
      worked = true;
      emit(outputs.out, packet);
    }
    return worked;
  },
  handlers: {
    count: counterHandler('count', 'Packets passed on.'),
    active: booleanHandler('active', 'Whether it works.'),
    burst: integerHandler('burst', 'Packets in one round.', 1, BURST_MAX),
    limit: integerHandler('limit', 'Packets in all; -1: no limit.', -1, LIMIT_MAX),
    reset: {
      doc: 'Passes on as many as LIMIT says once more.',
      write({ state, counters }) {
        state.passed = 0;
        counters.count.value = 0;
      },
    },
    reset_counts: {
      doc: 'The same as reset.',
      write({ state, counters }) {
        state.passed = 0;
        counters.count.value = 0;
      },
    },
  },
  reconfigurable: true,
  examples: [
    example('passes packets on', [ethernet.make({}), ethernet.make({ type: 1 })], { out: [ethernet.make({}), ethernet.make({ type: 1 })] }),
    example('passes no more on than it may', [ethernet.make({}), ethernet.make({ type: 1 })], { out: ethernet.make({}) }, { config: 'LIMIT 1' }),
  ],
});
