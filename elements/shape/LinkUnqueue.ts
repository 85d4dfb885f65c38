/**
 * Stands for a serial link: pulls packets when the link is free, and pushes each one on when its last bit has gone
 * through: after its length at BANDWIDTH, and LATENCY more.
 *
 * It holds what is on the link and nothing else; put a Queue before it. A link that a handler makes longer or faster has room for as many packets as before.
 */
import { array, bandwidth, below, defineElement, duration, ethernet, example, intervalText, packetQueue, pull, push, register, TIME_RANGE } from 'wirelet';
import { bandwidthText } from './token-bucket.js';

/** Packets moved in one round, at most. */
const BURST_MAX = 32;
/** The shortest packets there are room for, when the link is full of them. */
const SHORTEST_BYTES = 60;
const PACKETS_MAX = 65_536;
const at = (source: number, time: number) => ({ ...ethernet.make({ source }, new Uint8Array(986)), at: time });
const [a, b, c] = [at(1, 10), at(2, 20), at(3, 30)] as const;

/** Packets on a link that is full. */
function roomFor({ latency, bandwidth: rate }: { latency: number; bandwidth: number }): number {
  return Math.min(PACKETS_MAX, Math.ceil((latency * rate) / 1e6 / SHORTEST_BYTES) + 2);
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
    /** When the sender is through with its last packet, and what is left of that in bytes times a million. */
    free_us: register(TIME_RANGE),
    rest: register('u53'),
  }),
  build({ config, fail }) {
    if (config.bandwidth < 1) fail('the bandwidth is less than a byte in a second');
  },
  run({ config, state, inputs, outputs, clock, timers, emit }) {
    const now = clock.microseconds;
    let worked = false;
    for (let count = 0; count < BURST_MAX; count += 1) {
      if (state.held.length === 0 || state.due_us[state.first]! > now) break;
      const packet = state.held.dequeue();
      const following = state.first + 1;
      state.first = following < state.due_us.length ? following : 0;
      worked = true;
      if (packet !== null) emit(outputs.out, packet);
    }
    for (let count = 0; count < BURST_MAX; count += 1) {
      if (state.held.full || state.free_us > now) break;
      const packet = inputs.in.pull();
      if (packet === null) break;
      if (state.free_us < now) {
        state.free_us = now;
        state.rest = 0;
      }
      // What is less than a microsecond is carried over, so that the bandwidth is exact.
      const work = packet.length * 1_000_000 + (state.rest % config.bandwidth);
      state.free_us = Math.min(state.free_us + Math.trunc(work / config.bandwidth), TIME_RANGE.high);
      state.rest = work % config.bandwidth;
      state.due_us[state.next] = Math.min(state.free_us + config.latency, TIME_RANGE.high);
      state.held.enqueue(packet);
      const following = state.next + 1;
      state.next = following < state.due_us.length ? following : 0;
      worked = true;
    }
    if (state.held.length === 0) return worked;
    const due = state.due_us[state.first]!;
    timers.next.at(state.free_us > now ? Math.min(due, state.free_us) : due);
    return worked;
  },
  timers: {
    // The task does the work, in the round in which this fires.
    next: () => undefined,
  },
  handlers: {
    latency: { doc: 'Time that a bit is under way, in seconds.', read: ({ config }) => intervalText(config.latency), write: ({ reconfigure }, value) => reconfigure('latency', value.trim()) },
    bandwidth: { doc: 'Data in a second.', read: ({ config }) => bandwidthText(config.bandwidth), write: ({ reconfigure }, value) => reconfigure('bandwidth', value.trim()) },
    size: { doc: 'Packets on the link.', read: ({ state }) => String(state.held.length) },
    reset: {
      doc: 'Empties the link.',
      write({ state }) {
        for (let left = state.held.length; left > 0; left -= 1) state.held.dequeue();
        Object.assign(state, { first: 0, next: 0, free_us: 0, rest: 0 });
      },
    },
  },
  examples: [
    example('passes packets on one after the other', [a, b, c], { out: [a, b, c] }, { config: '1ms, 1MBps' }),
    example('loses no time between short packets of a fast link', [a, b, c], { out: [a, b, c] }, { config: '0, 10Gbps' }),
  ],
});
