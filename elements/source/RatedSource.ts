/**
 * Makes packets with the same bytes, RATE in a second, LIMIT in all.
 *
 * Packets come when they are due, some at once where the clock is coarser than the rate.
 */
import { bool, data, defineElement, example, integer, push, register, TIME_RANGE, u32 } from 'wirelet';

const text = 'The quick brown fox jumps over the lazy dog, and then over 8 more.';
/** The end of time, see TIME_RANGE. */
const LAST_US = 4_503_599_627_370_496;
/** Packets that one timer makes at most: the rest comes in the next microsecond. */
const BURST_MAX = 64;

export default defineElement({
  name: 'RatedSource',
  config: {
    data: data({ default: Buffer.from(text), doc: 'The bytes of each packet.' }),
    rate: integer({ default: 10, min: 1, max: 10_000_000, doc: 'Packets in a second.' }),
    limit: integer({ default: -1, min: -1, doc: 'Packets in all; -1: no limit.' }),
    active: bool({ default: true, doc: 'Whether it works.' }),
    length: integer({ default: 0, max: 9216, keyword: true, doc: 'Bytes of each packet, the data repeated or cut; 0: as the data are.' }),
    stop: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: a run with --until-idle ends when the limit is reached.' }),
  },
  ports: { outputs: { out: push('The packets.') } },
  counters: { count: 'Packets made.' },
  state: { made: register('u32'), begin_us: register(TIME_RANGE), second: register('u32') },
  build({ config, fail }) {
    if (config.data.length === 0) return fail('DATA is empty');
    const length = config.length === 0 ? config.data.length : config.length;
    return { bytes: Uint8Array.from({ length }, (_, index) => config.data[index % config.data.length]!) };
  },
  initialize({ config, state, clock, timers }) {
    if (!config.active || config.limit === 0) return;
    state.begin_us = clock.microseconds;
    timers.next.after(0);
  },
  timers: {
    next({ config, built, state, counters, outputs, clock, timers, packets, emit }) {
      const now = clock.microseconds;
      for (let index = 0; index < BURST_MAX; index += 1) {
        if (config.limit >= 0 && state.made >= config.limit) return;
        // Whole seconds are counted apart, so that times stay exact however long it runs.
        const due = Math.min(state.begin_us + Math.trunc((state.second * 1_000_000) / config.rate), LAST_US);
        if (due > now) {
          timers.next.at(due);
          return;
        }
        const packet = packets.copyOf(built.bytes);
        if (packet !== null) {
          counters.count.add(1);
          emit(outputs.out, packet);
        }
        if (config.limit >= 0) state.made = u32(state.made + 1);
        if (state.second + 1 >= config.rate) {
          state.second = 0;
          state.begin_us = Math.min(state.begin_us + 1_000_000, LAST_US);
        } else {
          state.second = u32(state.second + 1);
        }
      }
      timers.next.after(1);
    },
  },
  handlers: { count: { doc: 'Packets made.', read: ({ counters }) => String(counters.count.value) } },
  examples: [example('makes so many packets', [], { out: [Uint8Array.from([65]), Uint8Array.from([65]), Uint8Array.from([65])] }, { config: 'A, 1000, 3' })],
});
