/** Pulls a packet each INTERVAL and ends it. */
import { background, consumed, counterHandler, defineElement, duration, ethernet, example, pull } from 'wirelet';
import { intervalHandler } from './source-handlers.js';

const frame = ethernet.make({});

export default defineElement({
  name: 'TimedSink',
  config: { interval: duration({ default: 500_000, doc: 'Time from one packet to the next.' }) },
  ports: { inputs: { in: pull('Packets to end.') } },
  counters: { count: 'Packets that ended here.' },
  build({ config, fail }) {
    if (config.interval < 1) fail('the interval is less than a microsecond');
    return undefined;
  },
  initialize({ config, timers }) {
    timers.next.after(config.interval);
  },
  timers: {
    // A run that ends when it is idle does not wait for packets that only end.
    next: background(({ config, counters, inputs, timers, emit }) => {
      timers.next.after(config.interval);
      const packet = inputs.in.pull();
      if (packet === null) return;
      counters.count.add(1);
      emit(consumed, packet);
    }),
  },
  handlers: {
    interval: intervalHandler,
    count: counterHandler('count', 'Packets that ended here.'),
  },
  reconfigurable: true,
  examples: [
    example('ends packets by and by', [frame, { ...frame, at: 3000 }, { ...frame, at: 5500 }], {}, { config: '1ms', counters: { count: 2 } }),
  ],
});
