/**
 * Keeps queues short by the time that packets spend in them (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 10(5),
 * 2012): when each packet for INTERVAL waited longer than TARGET, packets are dropped, faster and faster, until one
 * waited less.
 *
 * When a packet entered its queue is told by its first time stamp: put SetTimestamp(FIRST true) before the queue. A packet without one
 * passes, and ends a row of drops.
 */
import { ANNOTATIONS, defineElement, drop, duration, ethernet, example, flag, intervalText, pull, register, text, TIME_RANGE, words } from 'wirelet';

/** Packets dropped in one pull, at most. */
const DROPS_MAX = 64;
/** Drops after which the interval between them shrinks no more. */
const COUNT_MAX = 1024;
const [a, b, c, d] = [1, 2, 3, 4].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

/** The time to the next drop after `count` of them: INTERVAL / sqrt(count), in Click's whole numbers, in microseconds. */
function stepOf(interval_us: number, count: number): number {
  return Math.trunc((Math.trunc(interval_us / 1000) * 16_000) / Math.max(1, Math.trunc(16 * Math.sqrt(count))));
}

export default defineElement({
  name: 'CoDel',
  config: {
    target: duration({ default: 5000, doc: 'Time that packets may spend in queues.' }),
    interval: duration({ default: 100_000, doc: 'Time for which they may spend longer.' }),
    queues: words(text({ doc: 'A queue.' }), { keyword: true, doc: 'Names of the queues to watch.' }),
  },
  ports: { inputs: { in: pull('Packets of a queue.') }, outputs: { out: pull('Packets that are not dropped.') } },
  counters: { drops: 'Packets that were dropped.' },
  drops: { late: 'Packets had waited too long for too long.' },
  watchesQueues: true,
  state: {
    dropping: flag(),
    /** When drops begin, unless a packet comes that waited less; 0: the last one did. */
    above_us: register(TIME_RANGE),
    next_us: register(TIME_RANGE),
    count: register({ low: 0, high: COUNT_MAX }),
  },
  build: ({ config }) => ({ steps: Array.from({ length: COUNT_MAX + 1 }, (_, count) => stepOf(config.interval, count)) }),
  pull({ config, built, state, counters, clock, inputs, timers, emit }) {
    const now = clock.microseconds;
    /** Whether a packet was dropped in this pull, and whether it was the first of several to come. */
    let dropped = false;
    let begun = false;
    for (let tries = 0; tries < DROPS_MAX; tries += 1) {
      const packet = inputs.in.pull();
      if (packet === null) {
        state.above_us = 0;
        if (!begun) state.dropping = false;
        return null;
      }
      const seconds = packet.annotationU32(ANNOTATIONS.first_timestamp.offset);
      if (seconds === 0) {
        if (!begun) state.dropping = false;
        return packet;
      }
      const entered = seconds * 1_000_000 + Math.trunc(packet.annotationU32(ANNOTATIONS.first_timestamp.offset + 4) / 1000);
      let late = false;
      if (now - entered < config.target) state.above_us = 0;
      else if (state.above_us === 0) state.above_us = Math.min(now + config.interval, TIME_RANGE.high);
      else late = now >= state.above_us;
      if (begun) return packet;
      if (state.dropping) {
        if (!late) state.dropping = false;
        else if (dropped) state.next_us = Math.min(state.next_us + built.steps[state.count]!, TIME_RANGE.high);
        if (!late || now < state.next_us) return packet;
        state.count = Math.min(state.count + 1, COUNT_MAX);
      } else {
        const recent = now - state.next_us < config.interval;
        if (!late || !(recent || now - state.above_us >= config.interval)) return packet;
        state.dropping = true;
        begun = true;
        state.count = recent && state.count > 2 ? Math.max(1, state.count - 2) : 1;
        state.next_us = Math.min(now + built.steps[state.count]!, TIME_RANGE.high);
      }
      dropped = true;
      counters.drops.add(1);
      emit(drop('late'), packet);
    }
    timers.again.after(0);
    return null;
  },
  timers: {
    // So many were dropped in one pull that there may be more: whoever pulls tries again.
    again: () => undefined,
  },
  handlers: {
    drops: { doc: 'Packets that were dropped.', read: ({ counters }) => String(counters.drops.value) },
    codel_target: { doc: 'Time that packets may spend in queues.', read: ({ config }) => intervalText(config.target), write: ({ reconfigure }, value) => reconfigure('target', value.trim()) },
    codel_interval: { doc: 'Time for which they may spend longer.', read: ({ config }) => intervalText(config.interval), write: ({ reconfigure }, value) => reconfigure('interval', value.trim()) },
    config: { doc: 'Both, in seconds, as Click writes them.', read: ({ config }) => `${(config.target / 1e6).toFixed(6)}s, ${(config.interval / 1e6).toFixed(6)} s, ` },
    queues: { doc: 'The queues that are watched.', read: ({ queues }) => queues.names.map((name) => `${name}\n`).join('') },
    stats: { doc: 'Lengths and drops, for people.', read: ({ queues, counters }) => `${queues.length} current queue\n${counters.drops.value} drops\n` },
  },
  reconfigurable: true,
  examples: [
    example('lets packets pass that waited no longer than they may', [a, b, c], { out: [a, b, c] }, { before: 'Unqueue -> SetTimestamp(FIRST true) -> Queue(200)' }),
    example('drops packets when all wait too long', [a, b, c, d, a, b, c, d, a, b], { out: [a, b, c, d, a, b, d, a], drop: ['late', 'late'] }, { config: '1ms, 2ms', before: 'Unqueue -> SetTimestamp(FIRST true) -> Queue(200)', after: 'TimedUnqueue(1ms)' }),
    example('takes packets without a time for ones that did not wait', [a, b, c, d], { out: [a, b, c, d] }, { config: '1ms, 2ms', before: 'Unqueue -> Queue(200)', after: 'TimedUnqueue(10ms)' }),
  ],
});
