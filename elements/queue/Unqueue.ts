/**
 * Pulls packets and pushes them on, up to BURST in each round.
 */
import { bool, booleanHandler, counterHandler, defineElement, ethernet, example, flag, HandlerError, integer, parseInteger, pull, push, register, u32 } from 'wirelet';

/** Packets in one round, at most. */
const BURST_MAX = 1024;
const LIMIT_MAX = 0x7fff_ffff;
const LIMIT_MIN = -0x8000_0000;

/** A number as it is written to a handler, in Click's words for what is none. */
function written(value: string): number {
  const number = parseInteger(value.trim());
  if (number === undefined || number < LIMIT_MIN || number > LIMIT_MAX) throw new HandlerError('syntax error');
  return number;
}

export default defineElement({
  name: 'Unqueue',
  config: {
    burst: integer({ default: 1, min: LIMIT_MIN, max: LIMIT_MAX, doc: 'Packets in one round, at most 1024; below 0: as many as there are.' }),
    limit: integer({ default: -1, min: LIMIT_MIN, max: LIMIT_MAX, keyword: true, doc: 'Packets in all; below 0: no limit.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
  },
  ports: { inputs: { in: pull('Packets to pull.') }, outputs: { out: push('The same packets.') } },
  counters: { count: 'Packets passed on.' },
  split: ({ config }) => (config.limit >= 0 ? { never: 'each copy would count its LIMIT for itself' } : 'each'),
  state: ({ config }) => ({
    passed: register('u32'),
    active: flag(config.active),
    burst: register({ low: LIMIT_MIN, high: LIMIT_MAX }, config.burst < 0 ? LIMIT_MAX : config.burst),
    limit: register({ low: LIMIT_MIN, high: LIMIT_MAX }, config.limit),
  }),
  build({ config, warn }) {
    if (config.burst === 0) warn('BURST is 0: no packets will be pulled', undefined, undefined, 'BURST size 0, no packets will be pulled');
    return undefined;
  },
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
    burst: {
      doc: 'Packets in one round.',
      read: ({ state }) => String(state.burst),
      write({ state }, value) {
        const burst = written(value);
        state.burst = burst < 0 ? LIMIT_MAX : burst;
      },
    },
    limit: { doc: 'Packets in all; below 0: no limit.', read: ({ state }) => String(state.limit), write: ({ state }, value) => void (state.limit = written(value)) },
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
