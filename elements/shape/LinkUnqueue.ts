/**
 * Stands for a serial link: pulls packets when the link is free, and pushes each one on when its last bit has gone
 * through: after its length at BANDWIDTH, and LATENCY more. That time is then its time stamp.
 *
 * It holds what is on the link and nothing else; put a Queue before it. A link that a handler makes longer or faster has room for as many packets as before, and is
 * empty again, as in Click. Times are whole microseconds, and the bandwidth counts in hundreds of bytes.
 */
import { ANNOTATIONS, array, bandwidth, below, defineElement, duration, ethernet, example, flag, HandlerError, intervalText, packetQueue, pull, push, register, TIME_RANGE, type HandlerContext, type QueueSpec } from 'wirelet';
import { stampWith } from './packet-age.js';

/** Packets moved in one round, at most. */
const BURST_MAX = 32;
/** The shortest packets there are room for, when the link is full of them. */
const SHORTEST_BYTES = 60;
const PACKETS_MAX = 65_536;
const at = (source: number, time: number) => ({ ...ethernet.make({ source }, new Uint8Array(986)), at: time });
const [a, b, c] = [at(1, 10), at(2, 20), at(3, 30)] as const;

/** The unit of the bandwidth, in bytes a second. */
const HUNDRED = 100;
/** Microseconds of a byte at one unit of bandwidth. */
const BYTE_US = 10_000;

/** Packets on a link that is full. */
function roomFor({ latency, bandwidth: rate }: { latency: number; bandwidth: number }): number {
  const shortest = Math.max(1, Math.trunc((SHORTEST_BYTES * BYTE_US) / Math.max(1, Math.trunc(rate / HUNDRED))));
  return Math.min(PACKETS_MAX, Math.ceil(latency / shortest) + 2);
}

type Linking = HandlerContext<any, any, { held: QueueSpec }>;

/** Nothing is on the link any more. */
function clear({ state }: Linking): void {
  for (let left = state.held.length; left > 0; left -= 1) state.held.dequeue();
  Object.assign(state, { first: 0, next: 0, last_us: 0, busy: false });
}

/** Makes the link another; `wrong`: what Click says of a value that is none. */
function change(element: Linking, argument: 'latency' | 'bandwidth', value: string, wrong: string): void {
  try {
    element.reconfigure(argument, value.trim());
  } catch (error) {
    throw error instanceof HandlerError && error.message.startsWith(argument.toUpperCase()) ? new HandlerError(wrong) : error;
  }
  clear(element);
}

export default defineElement({
  name: 'LinkUnqueue',
  config: { latency: duration({ doc: 'Time that a bit is under way.' }), bandwidth: bandwidth({ doc: 'Data in a second, such as 384kbps.' }) },
  ports: { inputs: { in: pull('Packets to pull.') }, outputs: { out: push('The same packets, later.') } },
  storage: 'held',
  state: ({ config }) => ({
    held: packetQueue(roomFor(config)),
    /** When each packet is through, in a ring that keeps step with the queue. */
    due_us: array(TIME_RANGE, roomFor(config)),
    first: register(below(roomFor(config))),
    next: register(below(roomFor(config))),
    /** When the last packet is through. */
    last_us: register(TIME_RANGE),
    /** Whether there was a packet whenever the link was free since the first of those on it. */
    busy: flag(),
  }),
  build({ config, fail }) {
    if (config.bandwidth < HUNDRED) fail('the bandwidth is less than 100 bytes in a second', undefined, 'bandwidth too small, minimum 100Bps');
    return { rate: Math.trunc(config.bandwidth / HUNDRED) };
  },
  run({ config, built, state, inputs, outputs, clock, timers, emit }) {
    const now = clock.microseconds;
    const free = Math.min(now + config.latency, TIME_RANGE.high);
    let worked = false;
    for (let count = 0; count < BURST_MAX; count += 1) {
      if (state.held.full || (state.held.length > 0 && state.last_us > free)) break;
      const packet = inputs.in.pull();
      if (packet === null) {
        state.busy = false;
        break;
      }
      const bytes = packet.length + packet.annotationU32(ANNOTATIONS.extra_length.offset);
      const begin = state.held.length > 0 && state.busy ? state.last_us : free;
      const due = Math.min(begin + Math.trunc((bytes * BYTE_US) / built.rate), TIME_RANGE.high);
      stampWith(packet, due);
      state.last_us = due;
      state.busy = true;
      state.due_us[state.next] = due;
      state.held.enqueue(packet);
      const following = state.next + 1;
      state.next = following < state.due_us.length ? following : 0;
      worked = true;
    }
    for (let count = 0; count < BURST_MAX; count += 1) {
      if (state.held.length === 0 || state.due_us[state.first]! > now) break;
      const packet = state.held.dequeue();
      const following = state.first + 1;
      state.first = following < state.due_us.length ? following : 0;
      worked = true;
      if (packet !== null) emit(outputs.out, packet);
    }
    if (state.held.length === 0) return worked;
    const due = state.due_us[state.first]!;
    const idle = state.last_us - config.latency;
    timers.next.at(idle > now ? Math.min(due, idle) : due);
    return worked;
  },
  timers: {
    // The task does the work, in the round in which this fires.
    next: () => undefined,
  },
  handlers: {
    latency: { doc: 'Time that a bit is under way, in seconds.', calm: true, read: ({ config }) => intervalText(config.latency), write: (element, value) => change(element, 'latency', value, 'latency must be a timestamp') },
    bandwidth: { doc: 'Bytes in a second.', calm: true, read: ({ config }) => String(config.bandwidth - (config.bandwidth % HUNDRED)), write: (element, value) => change(element, 'bandwidth', value, 'invalid bandwidth') },
    size: { doc: 'Packets on the link.', read: ({ state }) => String(state.held.length) },
    reset: { doc: 'Empties the link.', write: clear },
  },
  examples: [
    example('passes packets on one after the other', [a, b, c], { out: [a, b, c] }, { config: '1ms, 1MBps' }),
    example('loses no time between short packets of a fast link', [a, b, c], { out: [a, b, c] }, { config: '0, 10Gbps' }),
  ],
});
