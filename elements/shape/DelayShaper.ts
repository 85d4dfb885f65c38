/**
 * Lets packets that are pulled through it pass when they are DELAY old by their time stamps, or that long after they came where they have none; it holds the first one that is
 * not, and says until then that there is none.
 */
import { defineElement, duration, ethernet, example, packetQueue, pull, register, TIME_RANGE } from 'wirelet';
import { delayHandler, stampWith, stampWithAge } from './packet-age.js';

export default defineElement({
  name: 'DelayShaper',
  config: { delay: duration({ doc: 'Age at which packets leave.' }) },
  ports: { inputs: { in: pull('Packets to pull.') }, outputs: { out: pull('The same packets, later.') } },
  state: { held: packetQueue(1), due_us: register(TIME_RANGE) },
  pull({ config, state, inputs, clock, timers }) {
    const now = clock.microseconds;
    if (!state.held.full) {
      const packet = inputs.in.pull();
      if (packet === null) return null;
      const due = stampWithAge(packet, config.delay, now);
      if (due <= now) {
        stampWith(packet, now);
        return packet;
      }
      state.held.enqueue(packet);
      state.due_us = due;
    }
    if (state.due_us > now) {
      if (!timers.due.pending) timers.due.at(state.due_us);
      return null;
    }
    const old = state.held.dequeue();
    if (old !== null) stampWith(old, now);
    return old;
  },
  timers: {
    // It is enough that there is a round: whoever pulls tries again then.
    due: () => undefined,
  },
  handlers: { delay: delayHandler },
  reconfigurable: true,
  examples: [
    example('holds packets back', [{ ...ethernet.make({}), at: 10 }, { ...ethernet.make({ source: 3 }), at: 400 }], { out: [ethernet.make({}), ethernet.make({ source: 3 })] }, { config: '1ms' }),
    example('lets what is old enough pass at once', [ethernet.make({}), ethernet.make({ source: 3 })], { out: [ethernet.make({}), ethernet.make({ source: 3 })] }, { config: '0' }),
  ],
});
