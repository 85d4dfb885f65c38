/**
 * Pulls packets and pushes each one on when it is DELAY old by its time stamp, which then says so, or that long after it came if it has none; until then it holds that one packet,
 * and pulls no other.
 */
import { defineElement, duration, ethernet, example, packetQueue, pull, push, register, TIME_RANGE } from 'wirelet';
import { delayHandler, stampWithAge } from '../shape/packet-age.js';

/** Packets passed on in one round, at most. */
const BURST_MAX = 32;

export default defineElement({
  name: 'DelayUnqueue',
  config: { delay: duration({ doc: 'Age at which packets leave.' }) },
  ports: { inputs: { in: pull('Packets to pull.') }, outputs: { out: push('The same packets, later.') } },
  state: { held: packetQueue(1), due_us: register(TIME_RANGE) },
  run({ config, state, inputs, outputs, clock, timers, emit }) {
    for (let count = 0; count < BURST_MAX; count += 1) {
      if (state.held.full) {
        if (state.due_us > clock.microseconds) {
          if (!timers.due.pending) timers.due.at(state.due_us);
          return count > 0;
        }
        const old = state.held.dequeue();
        if (old !== null) emit(outputs.out, old);
      }
      const packet = inputs.in.pull();
      if (packet === null) return count > 0;
      state.due_us = stampWithAge(packet, config.delay, clock.microseconds);
      state.held.enqueue(packet);
    }
    return true;
  },
  timers: {
    // The task does the work, in the round in which this fires.
    due: () => undefined,
  },
  handlers: { delay: delayHandler },
  reconfigurable: true,
  examples: [
    example('holds packets back', [{ ...ethernet.make({}), at: 10 }, { ...ethernet.make({ source: 3 }), at: 400 }], { out: [ethernet.make({}), ethernet.make({ source: 3 })] }, { config: '1ms' }),
    example('lets what is old enough pass at once', [ethernet.make({}), ethernet.make({ source: 3 })], { out: [ethernet.make({}), ethernet.make({ source: 3 })] }, { config: '0' }),
  ],
});
