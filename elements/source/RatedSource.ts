/**
 * Makes packets with the same bytes, RATE in a second, LIMIT in all; or gives those that are due to whoever pulls.
 *
 * Packets come when they are due, some at once where the clock is coarser than the rate. After the last one it may end
 * the run (STOP) or write a handler (END_CALL).
 */
import { bandwidth, bool, booleanValue, defineElement, example, flag, integer, register, text, TIME_RANGE, u32, type HandlerContext, type u53 } from 'wirelet';
import { bytesOf, dataArguments, LENGTH_MAX } from './default-data.js';
import { INT, intValue, oneEnd } from './limited.js';
import { dataHandler, lengthHandler } from './source-handlers.js';

const length = lengthHandler('syntax error', LENGTH_MAX);
/** The end of time, see TIME_RANGE. */
const LAST_US = 4_503_599_627_370_496;
const LIMIT_MAX = 0xffff_fffe;
const RATE_MAX = 10_000_000;
/** Packets of one round at most: the rest comes in the next one. */
const BURST_MAX = 64;

interface Rated {
  readonly data?: Uint8Array | undefined;
  readonly length: number;
  readonly datasize?: number | undefined;
  readonly rate: number;
  readonly bandwidth: number;
}

/** Packets in a second. */
function rateOf(config: Rated): number {
  const rate = config.bandwidth === 0 ? config.rate : Math.floor(config.bandwidth / Math.max(1, bytesOf(config).length));
  return Math.min(rate, RATE_MAX);
}

/** When packet `number` of a second that begins then is due: whole seconds are counted apart, so that times stay exact however long it runs. */
function dueAt(begin: u53, number: u32, rate: number): number {
  return Math.min(begin + Math.trunc((number * 1_000_000) / Math.max(1, rate)), LAST_US);
}

/** The next packet is due now. */
function beginAgain({ state, timers, microseconds }: HandlerContext<any, any, any>): void {
  Object.assign(state, { begin_us: microseconds, due_us: microseconds, second: 0, ended: false, reported: false });
  timers['next']!.after(0);
}

export default defineElement({
  name: 'RatedSource',
  config: {
    data: dataArguments.data,
    rate: integer({ default: 10, min: 0, max: RATE_MAX, doc: 'Packets in a second.' }),
    limit: integer({ default: -1, min: INT.min, max: LIMIT_MAX, doc: 'Packets in all; negative: no limit.' }),
    active: bool({ default: true, doc: 'Whether it works.' }),
    length: dataArguments.length,
    datasize: dataArguments.datasize,
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last packet.' }),
    bandwidth: bandwidth({ default: 0, keyword: true, doc: 'The rate in bytes a second, instead of RATE.' }),
    end_call: text({ default: '', keyword: true, doc: 'Handler that is written after the last packet: ELEMENT.HANDLER VALUE.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  counters: { count: 'Packets made.' },
  state: ({ config }) => ({
    made: register('u32'),
    limit: register({ low: -1, high: LIMIT_MAX }, Math.max(-1, config.limit)),
    /** 0: no packets. */
    rate: register({ low: 0, high: RATE_MAX }, rateOf(config)),
    active: flag(config.active),
    begin_us: register(TIME_RANGE),
    due_us: register(TIME_RANGE),
    second: register('u32'),
    ended: flag(),
    reported: flag(),
  }),
  build({ config, fail }) {
    oneEnd(config, fail);
    return { bytes: bytesOf(config) };
  },
  initialize({ state, clock, timers }) {
    state.begin_us = clock.microseconds;
    state.due_us = clock.microseconds;
    timers.next.after(0);
  },
  pull({ built, state, counters, clock, timers, packets }) {
    if (!state.active || state.rate === 0) return null;
    if (state.limit >= 0 && state.made >= state.limit) {
      state.ended = true;
      return null;
    }
    const now = clock.microseconds;
    if (state.due_us > now) {
      // Who pulls is to ask again then.
      timers.next.at(state.due_us);
      return null;
    }
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    packet.timestampSeconds = u32(clock.seconds);
    packet.timestampNanoseconds = u32((now % 1_000_000) * 1000);
    counters.count.add(1);
    state.made = u32(state.made + 1);
    if (state.second + 1 >= state.rate) {
      state.second = 0;
      state.begin_us = Math.min(state.begin_us + 1_000_000, LAST_US);
    } else {
      state.second = u32(state.second + 1);
    }
    state.due_us = dueAt(state.begin_us, state.second, state.rate);
    return packet;
  },
  run({ built, state, counters, outputs, clock, timers, packets, emit }) {
    const now = clock.microseconds;
    const rate = state.rate;
    if (!state.active || rate === 0 || state.due_us > now) return false;
    let worked = false;
    for (let index = 0; index < BURST_MAX; index += 1) {
      if (state.limit >= 0 && state.made >= state.limit) {
        state.ended = true;
        break;
      }
      if (state.due_us > now) {
        timers.next.at(state.due_us);
        break;
      }
      worked = true;
      const packet = packets.copyOf(built.bytes);
      if (packet !== null) {
        packet.timestampSeconds = u32(clock.seconds);
        packet.timestampNanoseconds = u32((now % 1_000_000) * 1000);
        counters.count.add(1);
        emit(outputs.out, packet);
      }
      state.made = u32(state.made + 1);
      if (state.second + 1 >= rate) {
        state.second = 0;
        state.begin_us = Math.min(state.begin_us + 1_000_000, LAST_US);
      } else {
        state.second = u32(state.second + 1);
      }
      state.due_us = dueAt(state.begin_us, state.second, rate);
    }
    return worked;
  },
  timers: {
    next() {
      // The round that it wakes is what it is for.
    },
  },
  handlers: {
    count: { doc: 'Packets made.', read: ({ state }) => String(state.made) },
    rate: {
      doc: 'Packets in a second.',
      read: ({ state }) => String(state.rate),
      write(element, value) {
        element.state.rate = Math.min(RATE_MAX, intValue(value, 'syntax error', 0));
        beginAgain(element);
      },
    },
    limit: {
      doc: 'Packets in all; -1: no limit.',
      calm: true,
      read: ({ state }) => String(state.limit),
      write(element, value) {
        element.state.limit = Math.max(-1, intValue(value, 'syntax error'));
        beginAgain(element);
      },
    },
    active: {
      doc: 'Whether it works.',
      read: ({ state }) => String(state.active),
      write(element, value) {
        element.state.active = booleanValue(value, 'syntax error');
        beginAgain(element);
      },
    },
    data: dataHandler,
    length,
    datasize: { ...length, doc: 'Another name of length.', deprecated: true },
    reset: {
      doc: 'Begins anew.',
      write(element) {
        element.state.made = 0;
        element.counters.count.value = 0;
        beginAgain(element);
      },
    },
  },
  calls: ({ end_call: call }) => [{ call, argument: 'END_CALL' }],
  attend({ config, state, stop, call }) {
    if (!state.ended || state.reported) return;
    state.reported = true;
    if (config.end_call !== '') call(config.end_call);
    else if (config.stop) stop();
  },
  reconfigurable: true,
  examples: [example('makes so many packets', [], { out: [Uint8Array.from([65]), Uint8Array.from([65]), Uint8Array.from([65])] }, { config: 'A, 1000, 3' })],
});
