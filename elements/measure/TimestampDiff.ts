/**
 * Measures how long packets were under way since the RecordTimestamp that its first argument names saw them, by their numbers (see NumberPacket). A packet
 * that was not seen there, or whose number came before, leaves by the second output, or ends there.
 *
 * The latest N times are kept, for mean, median and percentiles, in microseconds; those above MAXDELAY milliseconds are only told. Handlers take the number of
 * the first packet that counts.
 */
import { array, bool, defineElement, example, HandlerError, integer, optional, register, text, u32 } from 'wirelet';
import { numberText } from '../control/script/numbers.js';
import { numberAt } from './packet-number.js';

const numbered = (number: number) => Uint8Array.from([9, number, 0, 0, 0, 0, 0, 0, 0]);
/** The longest time that is told apart. */
const DIFFERENCE_MAX = 0xffff_ffff;

const SAMPLES = 65_536;

type Sampling = { readonly state: any; readonly built: any; readonly counters: any };

/** The times that are kept, from that of packet `begin` on, in order of their coming; undefined: it did not come yet. */
function times({ state, built }: Sampling, begin = '0'): number[] | undefined {
  const room = built.samples as number;
  const kept = Math.min(state.taken, room);
  const first = state.taken < room ? 0 : state.next;
  const from = parseInt(begin, 10) || 0;
  if (begin !== '0' && from >= state.taken) return undefined;
  return Array.from({ length: kept }, (_, index) => state.differences[(first + index) % room] as number).slice(Math.max(0, from - (state.taken - kept)));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, time) => total + time, 0);
const mean = (numbers: readonly number[]) => (numbers.length === 0 ? 0 : sum(numbers) / numbers.length);

function deviation(numbers: readonly number[]): number {
  const middle = mean(numbers);
  return numbers.length === 0 ? 0 : Math.sqrt(sum(numbers.map((time) => (time - middle) ** 2)) / numbers.length);
}

/** The time at that share of them in rising order, as FastClick counts. */
function share(numbers: readonly number[], percent: number): number {
  const rising = [...numbers].sort((one, other) => one - other);
  return rising.length === 0 ? 0 : rising[Math.min(rising.length - 1, Math.floor((percent * rising.length) / 100))]!;
}

/** A handler that takes the number of the first packet that counts. */
const from = (doc: string, of: (numbers: readonly number[]) => number) => ({
  doc,
  read(element: Sampling, parameter: string) {
    const numbers = times(element, parameter.trim() || '0');
    return numbers === undefined ? '' : numberText(of(numbers));
  },
});

const SHARES = [1, 5, 10, 25, 75, 90, 95, 99];
const least = (numbers: readonly number[]) => numbers.reduce((low, time) => Math.min(low, time), numbers[0] ?? 0);
const most = (numbers: readonly number[]) => numbers.reduce((high, time) => Math.max(high, time), 0);

/** The handlers perc00 to perc100. */
const shareHandlers = {
  perc00: from('The shortest time.', least),
  ...Object.fromEntries(SHARES.map((percent) => [`perc${String(percent).padStart(2, '0')}`, from(`The time at ${percent} % of them in rising order.`, (numbers) => share(numbers, percent))])),
  perc100: from('The longest time.', most),
};

export default defineElement({
  name: 'TimestampDiff',
  config: {
    recorder: text({ doc: 'The RecordTimestamp.' }),
    offset: integer({ default: 40, max: 9208, keyword: true, doc: 'Where the number is.' }),
    maxdelay: integer({ default: 1000, min: 1, max: 4_000_000, keyword: true, doc: 'Milliseconds above which a time is told and not kept.' }),
    n: integer({ default: 0, max: 2 ** 22, keyword: true, doc: 'Times that are kept; 0: 65536.' }),
    verbose: bool({ default: true, keyword: true, doc: 'Whether longer times are told.' }),
  },
  ports: { inputs: { in: 'Packets with numbers.' }, outputs: { out: 'The same packets.', unknown: optional('Packets that were not seen before.') } },
  counters: { count: 'Packets that were measured.' },
  peers: ({ recorder }) => [recorder],
  state: ({ config }) => ({ differences: array('u32', config.n || SAMPLES), next: register({ low: 0, high: (config.n || SAMPLES) - 1 }), taken: register('u32') }),
  build({ config, elements, chatter, fail }) {
    const recorder = elements.named(config.recorder);
    if (recorder === undefined || recorder.className !== 'RecordTimestamp') return fail('RECORDER must be a valid RecordTimestamp element');
    const counter = elements.named(recorder.config.counter as string);
    return { samples: config.n || SAMPLES, netOrder: (counter?.config.net_order ?? recorder.config.net_order) as boolean, chatter };
  },
  process(packet, { config, built, state, counters, outputs, clock, peers, log }) {
    const number = numberAt(packet, config.offset, built.netOrder);
    const { sent_us } = peers[0]!.state;
    if (number >= sent_us.length) {
      if (built.chatter.length > 0) {
        log.text('Out of index !');
        log.end();
      }
      return outputs.unknown;
    }
    const sent = sent_us[number];
    if (sent <= 1) {
      if (sent === 1 && built.chatter.length > 0) {
        log.text('Timestamp read multiple times !');
        log.end();
      }
      return outputs.unknown;
    }
    sent_us[number] = 1;
    const took = Math.max(0, clock.microseconds - sent);
    if (took >= config.maxdelay * 1000 + 1000) {
      if (config.verbose && built.chatter.length > 0) {
        log.text('Packet ');
        log.decimal(number);
        log.text(' experienced delay ');
        log.decimal(Math.trunc(took / 1000));
        log.text(' ms > ');
        log.decimal(config.maxdelay);
        log.text(' ms');
        log.end();
      }
      return outputs.out;
    }
    counters.count.add(1);
    state.differences[state.next] = u32(Math.min(DIFFERENCE_MAX, took));
    state.next = (state.next + 1) % built.samples;
    state.taken = u32(state.taken + 1);
    return outputs.out;
  },
  handlers: {
    count: { doc: 'Packets that were measured.', read: ({ counters }) => String(counters.count.value) },
    average: from('The mean of the times.', mean),
    avg: from('Another name of average.', mean),
    min: from('The shortest time.', least),
    max: from('The longest time.', most),
    median: from('The time at half of them in rising order.', (numbers) => share(numbers, 50)),
    ...shareHandlers,
    stddev: from('The standard deviation of the times.', deviation),
    std_dev: from('Another name of stddev.', deviation),
    perc: {
      doc: 'The time at PERCENT of them in rising order.',
      read(element, parameter) {
        const [percent = '', begin] = parameter.trim().split(/\s+/);
        if (!/^\d+\.?\d*$/.test(percent)) throw new HandlerError('<error>');
        const numbers = times(element, begin);
        return numbers === undefined ? '' : numberText(share(numbers, Number(percent)));
      },
    },
    index: { doc: 'The number of the latest time; -1: there is none.', read: ({ state }) => String(state.taken - 1) },
    last: { doc: 'The latest time.', read: (element) => String(times(element)?.at(-1) ?? 0) },
    dump: { doc: 'The number and time of each, a line each.', read: (element) => (times(element) ?? []).map((time, index) => `${index}: ${time}\n`).join('') },
    dump_list: { doc: 'The times, a line each.', read: (element) => (times(element) ?? []).map((time) => `${time}\n`).join('') },
    reset: {
      doc: 'Begins anew.',
      write({ state, counters }) {
        Object.assign(state, { next: 0, taken: 0 });
        counters.count.value = 0;
      },
    },
  },
  examples: [
    example('measures what was seen before', [numbered(0), numbered(1)], { out: [numbered(0), numbered(1)] }, { config: 'seen, OFFSET 1', beside: 'seen :: RecordTimestamp(N 8, OFFSET 1)', before: 'seen', counters: { count: 2 } }),
    example('sorts out what was not', numbered(3), { unknown: numbered(3) }, { config: 'seen, OFFSET 1', beside: 'Idle -> seen :: RecordTimestamp(N 8, OFFSET 1) -> Discard' }),
  ],
});
