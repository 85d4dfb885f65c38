/** Counters of packets, by the classes that Click and FastClick have for them. */
import { bool, defineElement, ethernet, example, fixedPointText, flag, HandlerError, integer, parsed, parseInteger, register, splitWord, TIME_RANGE, u32, type HandlerContext } from 'wirelet';
import { AVERAGE_MAX, BITS, BYTE_BITS, EPOCH_US, EPOCHS_MAX, EPOCHS_PER_SECOND, epochsOver, later, laterAverage, since } from './recent-rate.js';

/** A count, and what is written then. */
interface Call {
  readonly count: number;
  readonly call: string;
}

/** `COUNT ELEMENT.HANDLER VALUE`; undefined where there is no count. Counts beyond 2^53 are never reached. */
function splitCall(value: string): Call | undefined {
  const [word, call] = splitWord(value);
  const count = /^\+?\d[\da-fx_]*$/i.test(word) ? Number(word.replaceAll('_', '')) : NaN;
  return Number.isNaN(count) ? undefined : { count: parseInteger(word) ?? Number.MAX_SAFE_INTEGER, call };
}

type Rates = { next_us: number; began: number; began_bytes: number; average: number; average_bytes: number };
type Counts = { count: { value: number }; byte_count: { value: number } };

/** Packets or bytes a second, scaled. */
function rateNow(state: Rates, { count, byte_count: bytes }: Counts, microseconds: number, what: 'packets' | 'bytes'): number {
  const epochs = epochsOver(microseconds, state.next_us);
  const average =
    what === 'packets'
      ? laterAverage(state.average, since(state.began, count.value % 2 ** 32) * 2 ** BITS, epochs)
      : laterAverage(state.average_bytes, since(state.began_bytes, bytes.value % 2 ** 32) * 2 ** BYTE_BITS, epochs);
  return average * EPOCHS_PER_SECOND;
}

function reset({ counters, state }: HandlerContext<any, 'count' | 'byte_count', any>): void {
  // What was counted in this epoch still counts for the rates.
  const { began, began_bytes } = state as unknown as Rates;
  Object.assign(state, { began: u32(began - counters.count.value), began_bytes: u32(began_bytes - counters.byte_count.value), called: false, byte_called: false });
  counters.count.value = 0;
  counters.byte_count.value = 0;
}

/** An argument that says a count and a handler. */
const callArgument = (name: string, doc: string) =>
  parsed<Call | undefined>(
    'call',
    { required: false, keyword: true, doc },
    (text) => {
      const value = splitCall(text);
      return value === undefined ? { error: `expected a count and a handler, got "${text}"`, click: `${name.toUpperCase()} type mismatch`, ofElement: true } : { value };
    },
    (value) => (value === undefined ? '' : `${value.count} ${value.call}`),
  );

/** Writes another count and handler, or none. */
function writeCall({ set, state, mustBeWritable }: HandlerContext<any, any, any>, argument: string, called: string, value: string): void {
  const read = splitCall(value.trim());
  if (read === undefined) throw new HandlerError(`'${argument}' first word should be unsigned (count)`);
  if (read.call !== '') mustBeWritable(read.call);
  set(argument, read);
  state[called] = false;
}

/** A counter with the name of a class. */
export function packetCounter(name: string) {
  return defineElement({
    name,
    config: {
      count_call: callArgument('count_call', 'A count, and the handler that is written when it is reached: 1000 ELEMENT.HANDLER VALUE.'),
      byte_count_call: callArgument('byte_count_call', 'The same for bytes.'),
      no_rate: bool({ default: false, keyword: true, doc: 'Accepted for compatibility with FastClick: rates are told anyway.' }),
      batch_precise: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: each packet counts by itself.' }),
      atomic: integer({ default: 0, max: 2, keyword: true, doc: 'Accepted for compatibility: one thread counts.' }),
    },
    ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
    counters: { count: 'Packets that passed.', byte_count: 'Bytes of these.' },
    split: 'each',
    build({ config, warn }) {
      const called = config.count_call !== undefined || config.byte_count_call !== undefined;
      if (config.no_rate && called) warn('NO_RATE means nothing where handlers are called', 'Leave it out.', undefined, 'NO_RATE cannot be set when handlers are used. It will be ignored');
      return undefined;
    },
    state: {
      next_us: register(TIME_RANGE),
      began: register('u32'),
      began_bytes: register('u32'),
      average: register({ low: 0, high: AVERAGE_MAX }),
      average_bytes: register({ low: 0, high: AVERAGE_MAX }),
      called: flag(),
      byte_called: flag(),
    },
    initialize({ state, clock }) {
      const now = clock.microseconds;
      state.next_us = Math.min(now - (now % EPOCH_US) + EPOCH_US, 4_503_599_627_370_496);
    },
    process(packet, { counters, outputs, state, clock }) {
      const now = clock.microseconds;
      if (now >= state.next_us) {
        const recent = since(state.began, counters.count.low32);
        const recentBytes = since(state.began_bytes, counters.byte_count.low32);
        const silent = Math.min(Math.trunc((now - state.next_us) / EPOCH_US), EPOCHS_MAX);
        state.average = silent < EPOCHS_MAX ? later(state.average, recent * 1024) : 0;
        state.average_bytes = silent < EPOCHS_MAX ? later(state.average_bytes, recentBytes * 16) : 0;
        for (let index = 0; index < EPOCHS_MAX; index += 1) {
          if (index >= silent) break;
          state.average = silent < EPOCHS_MAX ? later(state.average, 0) : 0;
          state.average_bytes = silent < EPOCHS_MAX ? later(state.average_bytes, 0) : 0;
        }
        state.began = counters.count.low32;
        state.began_bytes = counters.byte_count.low32;
        state.next_us = Math.min(now - (now % EPOCH_US) + EPOCH_US, 4_503_599_627_370_496);
      }
      // 0.8 -> 0.4 ns/packet without counts of the epoch beside those of all time, bench counters@64.
      counters.count.add(1);
      counters.byte_count.add(packet.length);
      return outputs.out;
    },
    handlers: {
      count: { doc: 'Packets that passed.', read: ({ counters }) => String(counters.count.value) },
      byte_count: { doc: 'Bytes of these.', read: ({ counters }) => String(counters.byte_count.value) },
      rate: { doc: 'Packets a second of late.', read: ({ state, counters, microseconds }) => fixedPointText(rateNow(state, counters, microseconds, 'packets'), BITS) },
      bit_rate: { doc: 'Bits a second of late.', read: ({ state, counters, microseconds }) => fixedPointText(rateNow(state, counters, microseconds, 'bytes'), BYTE_BITS - 3) },
      byte_rate: { doc: 'Bytes a second of late.', read: ({ state, counters, microseconds }) => fixedPointText(rateNow(state, counters, microseconds, 'bytes'), BYTE_BITS) },
      reset: { doc: 'Sets counts to 0.', write: reset },
      reset_counts: { doc: 'Another name of reset.', write: reset, uncommon: true },
      count_call: {
        doc: 'The count of COUNT_CALL; writes another count and handler.',
        read: ({ config }) => (config.count_call === undefined || config.count_call.call === '' ? '' : String(config.count_call.count)),
        write: (element, value) => writeCall(element, 'count_call', 'called', value),
      },
      byte_count_call: { doc: 'Writes another count and handler.', write: (element, value) => writeCall(element, 'byte_count_call', 'byte_called', value) },
    },
    calls: ({ count_call: packets, byte_count_call: bytes }) => [{ call: packets?.call ?? '' }, { call: bytes?.call ?? '' }],
    attend({ config, counters, state, call }) {
      const { count_call: packets, byte_count_call: bytes } = config;
      if (packets !== undefined && !state.called && counters.count.value >= packets.count) {
        state.called = true;
        if (packets.call !== '') call(packets.call);
      }
      if (bytes !== undefined && !state.byte_called && counters.byte_count.value >= bytes.count) {
        state.byte_called = true;
        if (bytes.call !== '') call(bytes.call);
      }
    },
    examples: [
      example('counts packets and bytes', [ethernet.make({}), new Uint8Array(60)], { out: [ethernet.make({}), new Uint8Array(60)] }, { counters: { count: 2, byte_count: 74 } }),
    ],
  });
}
