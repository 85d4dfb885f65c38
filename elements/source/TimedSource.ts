/**
 * Makes a packet with the same bytes each INTERVAL, LIMIT in all.
 *
 * After the last one it may end the run (STOP).
 */
import { booleanValue, data, bool, defineElement, duration, example, integer, integerValue, intervalText, push, u32, type HandlerContext } from 'wirelet';
import { attendToEnd, LIMIT_MAX, limitedState } from './limited.js';

const sentence = 'The quick brown fox jumps over the lazy dog, and then over 8 more.';

/** The next packet is due after an interval. */
function beginAgain({ config, state, timers }: HandlerContext<any, any, any>): void {
  Object.assign(state, { ended: false, reported: false });
  timers['next']!.after(config.interval);
}

export default defineElement({
  name: 'TimedSource',
  config: {
    interval: duration({ default: 500_000, doc: 'Time from one packet to the next.' }),
    data: data({ default: Buffer.from(sentence), doc: 'The bytes of each packet.' }),
    limit: integer({ default: -1, min: -1, max: LIMIT_MAX, keyword: true, doc: 'Packets in all; -1: no limit.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last packet.' }),
    headroom: integer({ default: 28, max: 9216, keyword: true, doc: 'Accepted for compatibility: every packet has 116 bytes of it.' }),
  },
  ports: { outputs: { out: push('The packets.') } },
  counters: { count: 'Packets made.' },
  state: ({ config }) => limitedState(config.limit, config.active),
  build({ config, fail }) {
    if (config.interval < 1) fail('the interval is less than a microsecond');
    return undefined;
  },
  initialize({ config, state, timers }) {
    if (state.active) timers.next.after(config.interval);
  },
  timers: {
    next({ config, state, counters, outputs, clock, timers, packets, emit }) {
      if (!state.active) return;
      if (state.limit >= 0 && state.made >= state.limit) {
        state.ended = true;
        return;
      }
      timers.next.after(config.interval);
      const packet = packets.copyOf(config.data);
      if (packet === null) return;
      packet.timestampSeconds = u32(clock.seconds);
      packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
      state.made = u32(state.made + 1);
      counters.count.add(1);
      emit(outputs.out, packet);
    },
  },
  handlers: {
    count: { doc: 'Packets made.', read: ({ state }) => String(state.made) },
    data: { doc: 'The bytes of each packet.', raw: true, read: ({ config }) => Buffer.from(config.data).toString('latin1'), write: ({ reconfigure }, value) => reconfigure('data', value) },
    interval: { doc: 'Time from one packet to the next.', read: ({ config }) => intervalText(config.interval), write: ({ reconfigure }, value) => reconfigure('interval', value) },
    headroom: { doc: 'As it was given.', read: ({ config }) => String(config.headroom), write: ({ reconfigure }, value) => reconfigure('headroom', value.trim()) },
    limit: {
      doc: 'Packets in all; -1: no limit.',
      read: ({ state }) => String(state.limit),
      write(element, value) {
        element.state.limit = integerValue(value, -1, LIMIT_MAX);
        beginAgain(element);
      },
    },
    active: {
      doc: 'Whether it works.',
      read: ({ state }) => String(state.active),
      write(element, value) {
        element.state.active = booleanValue(value);
        beginAgain(element);
      },
    },
    reset: {
      doc: 'Begins anew.',
      write(element) {
        element.state.made = 0;
        element.counters.count.value = 0;
        beginAgain(element);
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
