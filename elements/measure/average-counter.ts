/** Elements that count and tell averages. */
import { bool, counterHandler, defineElement, ethernet, example, real, register, TIME_RANGE, type HandlerContext, type RegisterSpec } from 'wirelet';
import { numberText } from '../control/script/numbers.js';

const frame = ethernet.make({}, new Uint8Array(46));
type Averaging = HandlerContext<any, 'count' | 'byte_count', { first_us: RegisterSpec; last_us: RegisterSpec }>;

/** Bytes of a frame on the wire beyond those of the packet: preamble, delimiter and gap (IEEE 802.3), and the checksum. */
const WIRE_BYTES = 20;
const FCS_BYTES = 4;
const IGNORE_MAX_S = 1_000_000;

const milliseconds = (time: number): number => Math.floor(time / 1000);

/** The time that counts, in whole milliseconds as Click has it, one at least. */
const measured = ({ state, config }: Averaging): number => Math.max(1, milliseconds(state.last_us) - milliseconds(state.first_us) - Math.floor(config.ignore * 1000));

const AMOUNTS = {
  count: { what: 'Packets', of: ({ counters }: Averaging) => counters.count.value },
  byte_count: { what: 'Bytes of these', of: ({ counters }: Averaging) => counters.byte_count.value },
  bit_count: { what: 'Bits of these', of: ({ counters }: Averaging) => counters.byte_count.value * 8 },
  link_count: {
    what: 'Bits that these take on the wire',
    of: ({ counters, config }: Averaging) => (counters.byte_count.value + counters.count.value * (WIRE_BYTES + (config.link_fcs ? FCS_BYTES : 0))) * 8,
  },
} as const;

type Amount = keyof typeof AMOUNTS;

function amount(name: Amount) {
  return { doc: `${AMOUNTS[name].what}, as far as they were counted.`, read: (element: Averaging) => numberText(BigInt(AMOUNTS[name].of(element))) };
}

function rate(name: Amount) {
  return { doc: `${AMOUNTS[name].what}, in a second.`, read: (element: Averaging) => numberText((AMOUNTS[name].of(element) * 1000) / measured(element)) };
}

/** The element by its class. */
export function averageCounter(name: string) {
  return defineElement({
    name,
    config: {
      ignore: real({ default: 0, min: 0, max: IGNORE_MAX_S, unit: 'seconds', doc: 'Seconds after the first packet that do not count.' }),
      link_fcs: bool({ default: true, doc: 'Whether the checksum of frames counts as bits on the wire.' }),
    },
    ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
    counters: { count: 'Packets that were counted.', byte_count: 'Bytes of these.' },
    state: { first_us: register(TIME_RANGE), last_us: register(TIME_RANGE) },
    build: ({ config }) => ({ ignored_us: Math.round(config.ignore * 1_000_000) }),
    process(packet, { built, state, counters, clock, outputs }) {
      const now = clock.microseconds;
      if (state.first_us === 0) state.first_us = now;
      if (now - state.first_us >= built.ignored_us) {
        counters.count.add(1);
        counters.byte_count.add(packet.length);
      }
      state.last_us = now;
      return outputs.out;
    },
    handlers: {
      count: counterHandler('count', 'Packets that were counted.'),
      byte_count: counterHandler('byte_count', 'Bytes of these.'),
      bit_count: amount('bit_count'),
      link_count: amount('link_count'),
      rate: rate('count'),
      byte_rate: rate('byte_count'),
      bit_rate: rate('bit_count'),
      link_rate: rate('link_count'),
      time: { doc: 'Seconds that count.', read: (element) => numberText(measured(element) / 1000) },
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
      example('does not count what comes within a part of a second', [frame, { ...frame, at: 499_000 }, { ...frame, at: 500_001 }], { out: [frame, frame, frame] }, { config: '0.5', counters: { count: 1, byte_count: 60 } }),
    ],
  });
}
