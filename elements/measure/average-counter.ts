/** Elements that count and tell averages. */
import { counterHandler, defineElement, ethernet, example, integer, register, TIME_RANGE, type HandlerContext, type RegisterSpec } from 'wirelet';
import { numberText } from '../control/script/numbers.js';

const frame = ethernet.make({}, new Uint8Array(46));
type Averaging = HandlerContext<any, 'count' | 'byte_count', { first_us: RegisterSpec; last_us: RegisterSpec }>;

/** `amount` in a second, over the time that counts, in whole milliseconds as Click has it, one at least. */
function rate({ state, config }: Averaging, amount: number): string {
  const milliseconds = (time: number) => Math.floor(time / 1000);
  return numberText((amount * 1000) / Math.max(1, milliseconds(state.last_us) - milliseconds(state.first_us) - config.ignore * 1000));
}

/** The element by its class. */
export function averageCounter(name: string) {
  return defineElement({
    name,
    config: { ignore: integer({ default: 0, max: 1_000_000, unit: 'seconds', doc: 'Seconds after the first packet that do not count.' }) },
    ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
    counters: { count: 'Packets that were counted.', byte_count: 'Bytes of these.' },
    state: { first_us: register(TIME_RANGE), last_us: register(TIME_RANGE) },
    process(packet, { config, state, counters, clock, outputs }) {
      const now = clock.microseconds;
      if (state.first_us === 0) state.first_us = now;
      if (now - state.first_us >= config.ignore * 1_000_000) {
        counters.count.add(1);
        counters.byte_count.add(packet.length);
      }
      state.last_us = now;
      return outputs.out;
    },
    handlers: {
      count: counterHandler('count', 'Packets that were counted.'),
      byte_count: counterHandler('byte_count', 'Bytes of these.'),
      rate: { doc: 'Packets a second.', read: (element) => rate(element, element.counters.count.value) },
      byte_rate: { doc: 'Bytes a second.', read: (element) => rate(element, element.counters.byte_count.value) },
      reset: {
        doc: 'Begins anew.',
        write({ state, counters }) {
          Object.assign(state, { first_us: 0, last_us: 0 });
          counters.count.value = 0;
          counters.byte_count.value = 0;
        },
      },
    },
    examples: [
      example('counts packets and bytes', [frame, frame], { out: [frame, frame] }, { counters: { count: 2, byte_count: 120 } }),
      example('does not count what comes too early', [frame, { ...frame, at: 999_000 }, { ...frame, at: 1_000_001 }], { out: [frame, frame, frame] }, { config: '1', counters: { count: 1, byte_count: 60 } }),
    ],
  });
}
