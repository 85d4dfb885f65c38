/**
 * Makes a packet with the same bytes each INTERVAL, LIMIT in all.
 *
 * After the last one it may end the run (STOP).
 */
import { bool, booleanValue, defineElement, duration, example, integer, push, u32, type HandlerContext } from 'wirelet';
import { bytesOf, dataArguments } from './default-data.js';
import { attendToEnd, INT, intValue, LIMIT_MAX, limitedState } from './limited.js';
import { dataHandler, intervalHandler } from './source-handlers.js';

/** A packet is due now, unless one is due later. */
function goOn({ state, timers }: HandlerContext<any, any, any>): void {
  if (!state.active || timers['next']!.pending) return;
  Object.assign(state, { ended: false, reported: false });
  timers['next']!.after(0);
}

export default defineElement({
  name: 'TimedSource',
  config: {
    interval: duration({ default: 500_000, doc: 'Time from one packet to the next.' }),
    data: dataArguments.data,
    limit: integer({ default: -1, min: INT.min, max: LIMIT_MAX, keyword: true, doc: 'Packets in all; negative: no limit.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last packet.' }),
    headroom: integer({ default: 28, max: 9216, keyword: true, doc: 'Accepted for compatibility: every packet has 116 bytes of it.' }),
  },
  ports: { outputs: { out: push('The packets.') } },
  counters: { count: 'Packets made.' },
  state: ({ config }) => limitedState(config.limit, config.active),
  build({ config, fail }) {
    if (config.interval < 1) fail('the interval is less than a microsecond');
    return { bytes: bytesOf({ ...config, length: -1 }) };
  },
  initialize({ config, state, timers }) {
    if (state.active) timers.next.after(config.interval);
  },
  timers: {
    next({ config, built, state, counters, outputs, clock, timers, packets, emit }) {
      if (!state.active) return;
      if (state.limit >= 0 && state.made >= state.limit) {
        state.ended = true;
        return;
      }
      timers.next.after(config.interval);
      const packet = packets.copyOf(built.bytes);
      if (packet === null) return;
      packet.timestampSeconds = u32(clock.seconds);
      packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
      state.made = u32(state.made + 1);
      counters.count.add(1);
      emit(outputs.out, packet);
    },
  },
  handlers: {
    data: dataHandler,
    limit: {
      doc: 'Packets in all; negative: no limit. A source that has come to its end goes on when it is reset.',
      calm: true,
      read: ({ state }) => String(state.limit),
      write: ({ state }, value) => void (state.limit = intValue(value, 'expected integer')),
    },
    interval: intervalHandler,
    active: {
      doc: 'Whether it works.',
      calm: true,
      read: ({ state }) => String(state.active),
      write(element, value) {
        element.state.active = booleanValue(value, 'bad active');
        goOn(element);
      },
    },
    count: { doc: 'Packets made.', read: ({ state }) => String(state.made) },
    headroom: { doc: 'As it was given.', calm: true, read: ({ config }) => String(config.headroom), write: ({ set }, value) => set('headroom', intValue(value, 'bad headroom', 0)) },
    reset: {
      doc: 'Begins anew.',
      write(element) {
        element.state.made = 0;
        element.counters.count.value = 0;
        goOn(element);
      },
    },
  },
  attend: attendToEnd,
  reconfigurable: true,
  examples: [
    example('makes so many packets', [], { out: [Uint8Array.from([65]), Uint8Array.from([65]), Uint8Array.from([65])] }, { config: '10ms, A, LIMIT 3' }),
    example('makes none when it is not active', [], {}, { config: '10ms, ACTIVE false' }),
    example('makes none when the limit is 0', [], {}, { config: 'INTERVAL 10ms, DATA \\<00>, LIMIT 0' }),
  ],
});
