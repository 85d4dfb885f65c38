/**
 * Measures how long packets were under way since the RecordTimestamp that its first argument names saw them, by their numbers (see NumberPacket). A packet
 * that was not seen there leaves by the second output, or ends there.
 *
 * The latest SAMPLES times are kept, for mean, median and percentiles, in microseconds; those above MAXDELAY milliseconds are only told.
 */
import { array, bool, defineElement, example, HandlerError, integer, optional, register, text, u32 } from 'wirelet';
import { numberAt } from './packet-number.js';

const numbered = (number: number) => Uint8Array.from([9, number, 0, 0, 0, 0, 0, 0, 0]);
/** The longest time that is told apart. */
const DIFFERENCE_MAX = 0xffff_ffff;

type Sampling = { readonly state: any; readonly config: { readonly samples: number } };

/** The times that are kept, in rising order. */
function sorted({ state, config }: Sampling): number[] {
  const kept = Math.min(state.taken, config.samples);
  return Array.from({ length: kept }, (_, index) => state.differences[index] as number).sort((a, b) => a - b);
}

/** The time that `percent` of the packets did not exceed (nearest rank). */
function percentile(element: Sampling, percent: number): number {
  const times = sorted(element);
  return times.length === 0 ? 0 : times[Math.max(0, Math.ceil((percent / 100) * times.length) - 1)]!;
}

const sum = (times: readonly number[]) => times.reduce((total, time) => total + time, 0);
const mean = (times: readonly number[]) => (times.length === 0 ? 0 : sum(times) / times.length);

function deviation(times: readonly number[]): number {
  const middle = mean(times);
  return times.length === 0 ? 0 : Math.sqrt(sum(times.map((time) => (time - middle) ** 2)) / times.length);
}

/** The time at that share of them, as FastClick counts; -1: there are none. */
function share(element: Sampling, percent: number): number {
  const times = sorted(element);
  return times.length === 0 ? -1 : times[Math.min(times.length - 1, Math.floor((percent * times.length) / 100))]!;
}

const SHARES = [0, 1, 5, 10, 25, 75, 90, 95, 99, 100];

/** The handlers perc00 to perc100. */
const shareHandlers = Object.fromEntries(SHARES.map((percent) => [`perc${String(percent).padStart(2, '0')}`, { doc: `The time at ${percent} % of them in rising order.`, read: (element: Sampling) => String(share(element, percent)) }]));

export default defineElement({
  name: 'TimestampDiff',
  config: {
    recorder: text({ doc: 'The RecordTimestamp.' }),
    offset: integer({ default: 40, max: 9208, keyword: true, doc: 'Where the number is.' }),
    maxdelay: integer({ default: 1000, min: 1, max: 4_000_000, keyword: true, doc: 'Milliseconds above which a time is told and not kept.' }),
    samples: integer({ default: 65_536, min: 1, max: 2 ** 22, keyword: true, doc: 'Times that are kept.' }),
    net_order: bool({ default: false, keyword: true, doc: 'Whether its highest byte comes first.' }),
  },
  ports: { inputs: { in: 'Packets with numbers.' }, outputs: { out: 'The same packets.', unknown: optional('Packets that were not seen before.') } },
  counters: { count: 'Packets that were measured.' },
  peers: ({ recorder }) => [recorder],
  state: ({ config }) => ({ differences: array('u32', config.samples), next: register({ low: 0, high: config.samples - 1 }), taken: register('u32') }),
  build({ config, elements, chatter, fail }) {
    const recorder = elements.named(config.recorder);
    if (recorder === undefined || recorder.className !== 'RecordTimestamp') return fail(`"${config.recorder}" is no RecordTimestamp`);
    return { count: recorder.config.count as number, chatter };
  },
  process(packet, { config, built, state, counters, outputs, clock, peers, log }) {
    const number = numberAt(packet, config.offset, config.net_order);
    const sent = peers[0]!.state.sent_us[number % built.count]!;
    if (sent === 0) return outputs.unknown;
    const took = Math.max(0, clock.microseconds - sent);
    if (took > config.maxdelay * 1000) {
      if (built.chatter.length > 0) {
        log.text('delay over 1s for packet ');
        log.decimal(number);
        log.text(': ');
        log.decimal(took);
        log.text('us');
        log.end();
      }
      return outputs.out;
    }
    counters.count.add(1);
    state.differences[state.next] = u32(Math.min(DIFFERENCE_MAX, took));
    state.next = (state.next + 1) % config.samples;
    state.taken = u32(Math.min(state.taken + 1, config.samples));
    return outputs.out;
  },
  handlers: {
    count: { doc: 'Packets that were measured.', read: ({ counters }) => String(counters.count.value) },
    average: { doc: 'The mean of the times.', read: (element) => String(mean(sorted(element))) },
    min: { doc: 'The shortest time.', read: (element) => String(percentile(element, 0)) },
    max: { doc: 'The longest time.', read: (element) => String(percentile(element, 100)) },
    median: { doc: 'The time that half of the packets did not exceed.', read: (element) => String(percentile(element, 50)) },
    ...shareHandlers,
    stddev: { doc: 'The standard deviation of the times.', read: (element) => String(deviation(sorted(element))) },
    std_dev: { doc: 'Another name of stddev.', read: (element) => String(deviation(sorted(element))) },
    perc: {
      doc: 'The time that PERCENT of the packets did not exceed.',
      read(element, parameter) {
        const percent = Number(parameter);
        if (!(percent >= 0 && percent <= 100)) throw new HandlerError('expected a number from 0 to 100');
        return String(percentile(element, percent));
      },
    },
    dump: { doc: 'The number and time of each, in rising order, a line each.', read: (element) => sorted(element).map((time, index) => `${index}: ${time}\n`).join('') },
    dump_list: { doc: 'The times, a line each.', read: (element) => sorted(element).map((time) => `${time}\n`).join('') },
    reset: {
      doc: 'Begins anew.',
      write({ state, counters }) {
        Object.assign(state, { next: 0, taken: 0 });
        counters.count.value = 0;
      },
    },
  },
  examples: [
    example('measures what was seen before', [numbered(0), numbered(1)], { out: [numbered(0), numbered(1)] }, { config: 'seen, OFFSET 1', beside: 'seen :: RecordTimestamp(8, OFFSET 1)', before: 'seen', counters: { count: 2 } }),
    example('sorts out what was not', numbered(3), { unknown: numbered(3) }, { config: 'seen, OFFSET 1', beside: 'Idle -> seen :: RecordTimestamp(8, OFFSET 1) -> Discard' }),
  ],
});
