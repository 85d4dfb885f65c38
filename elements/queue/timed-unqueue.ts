/** Elements that pull some packets each time an interval is over. */
import { defineElement, duration, ethernet, example, integer, packetQueue, pull, push, register, TIME_RANGE } from 'wirelet';

const [a, b, c] = [1, 2, 3].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

/** The element by its class of Click's, and its burst where nothing is said of it. */
export function timedUnqueue(name: string, burst: number) {
  return defineElement({
    name,
    config: {
      interval: duration({ doc: 'Time from one burst to the next.' }),
      burst: integer({ default: burst, min: 1, max: 1024, doc: 'Packets in one burst.' }),
    },
    ports: { inputs: { in: pull('Packets to pull.') }, outputs: { out: push('The same packets.') } },
    state: { held: packetQueue(1), begin_us: register(TIME_RANGE) },
    build({ config, fail }) {
      if (config.interval < 1) fail('the interval is less than a microsecond');
      return undefined;
    },
    initialize({ state, clock }) {
      state.begin_us = clock.microseconds;
    },
    run({ config, state, inputs, clock, timers }) {
      if (state.held.full) return false;
      // The first packet of a burst waits here, so that nothing needs to be done while there is none.
      const packet = inputs.in.pull();
      if (packet === null) return false;
      state.held.enqueue(packet);
      const now = clock.microseconds;
      const passed = Math.max(0, now - state.begin_us) % config.interval;
      timers.burst.at(Math.min(now - passed + config.interval, TIME_RANGE.high));
      return true;
    },
    timers: {
      burst({ config, state, inputs, outputs, emit }) {
        const first = state.held.dequeue();
        if (first !== null) emit(outputs.out, first);
        for (let count = 1; count < config.burst; count += 1) {
          const packet = inputs.in.pull();
          if (packet === null) return;
          emit(outputs.out, packet);
        }
      },
    },
    handlers: {
      interval: { doc: 'Time from one burst to the next, in seconds.', read: ({ config }) => String(config.interval / 1e6), write: ({ reconfigure }, value) => reconfigure('interval', value) },
    },
    reconfigurable: true,
    examples: [
      example('passes packets on by and by', [a, b, c], { out: [a, b, c] }, { config: '1ms' }),
      example('passes bursts on', [a, b, c], { out: [a, b, c] }, { config: '1ms, 2' }),
    ],
  });
}
