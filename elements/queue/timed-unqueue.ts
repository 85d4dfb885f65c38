/** Elements that pull some packets each time an interval is over. */
import { defineElement, duration, ethernet, example, integer, pull, push, register, TIME_RANGE } from 'wirelet';

const [a, b, c] = [1, 2, 3].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

/** Packets of one burst, at most. */
const BURST_MAX = 1024;

/** The element by its class of Click's, and its burst where nothing is said of it. */
export function timedUnqueue(name: string, burst: number) {
  return defineElement({
    name,
    config: {
      interval: duration({ doc: 'Time from one burst to the next.' }),
      burst: integer({ default: burst, min: -0x8000_0000, max: 0x7fff_ffff, doc: 'Packets in one burst, at most 1024.' }),
    },
    ports: { inputs: { in: pull('Packets to pull.') }, outputs: { out: push('The same packets.') } },
    state: { due_us: register(TIME_RANGE) },
    build({ config, fail }) {
      if (config.burst < 1) fail('BURST is less than 1', undefined, 'bad BURST');
      if (config.interval < 1) fail('the interval is less than a microsecond');
      return undefined;
    },
    run({ config, state, inputs, outputs, clock, timers, emit }) {
      if (timers.burst.pending) return false;
      for (let count = 0; count < Math.min(config.burst, BURST_MAX); count += 1) {
        const packet = inputs.in.pull();
        if (packet === null) {
          if (count > 0) break;
          // The next packet leaves at once, and intervals begin with it.
          state.due_us = 0;
          return false;
        }
        emit(outputs.out, packet);
      }
      state.due_us = Math.min((state.due_us > 0 ? state.due_us : clock.microseconds) + config.interval, TIME_RANGE.high);
      timers.burst.at(state.due_us);
      return true;
    },
    timers: {
      // The task does the work, in the round in which this fires.
      burst: () => undefined,
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
