/**
 * Passes the last packet with each aggregate annotation; earlier ones leave by the second output when the next comes or, where nothing is connected, are dropped. Which is the last
 * is known when `clear` is written, or when the element that NOTIFIER names, such as AggregateIPFlows, tells that the aggregate has ended.
 *
 * Its annotations tell of the whole aggregate: how many more packets there were, how many bytes they had, and when the first one came. CAPACITY aggregates are remembered;
 * packets of others are dropped when there is no room.
 */
import { ANNOTATIONS, array, below, bool, defineElement, drop, ethernet, example, flag, integer, kept, optional, packetLists, push, register, table, tableSlots, text, u32, type Outputs, type Packet, type StateValues, type Verdict } from 'wirelet';
import { setFirst } from '../annotate/time-value.js';
import { checkNotifier, endedOf } from './ended-flows.js';

const frame = ethernet.make({});
const aggregateAt = ANNOTATIONS.aggregate.offset;
const packetsAt = ANNOTATIONS.extra_packets.offset;
const bytesAt = ANNOTATIONS.extra_length.offset;
const firstAt = ANNOTATIONS.first_timestamp.offset;
/** Packets passed in one round, at most. */
const BURST_MAX = 256;
const CAPACITY = 16_384;

function lastState(capacity: number) {
  const slots = tableSlots(capacity);
  return {
    aggregates: table({ key: { aggregate: 'u32' }, fields: { over: 'u8' }, capacity }),
    /** The last packet of each so far. */
    last: packetLists(slots, capacity),
    /** Slots whose aggregates are over, as a ring: so many were put in and taken out. */
    over: array(below(slots), slots),
    put: register('u32'),
    taken: register('u32'),
    /** All were told to be over: then the run may end. */
    clearing: flag(),
    cleared: flag(),
    /** Aggregates of the notifier whose end is known. */
    known: register('u32'),
  };
}

type LastState = StateValues<ReturnType<typeof lastState>>;

interface Passing {
  readonly state: LastState;
  readonly outputs: Outputs<{ out: string; earlier: string }>;
  emit(output: Verdict, packet: Packet): void;
}

/** Passes the packets of aggregates that are over, `most` of them at most; whether there was any. */
function passOver({ state, outputs, emit }: Passing, most: number): boolean {
  const { aggregates, last, over } = state;
  let worked = false;
  for (let count = 0; count < most; count += 1) {
    if (state.taken === state.put) break;
    const slot = over[state.taken % over.length]!;
    state.taken = u32(state.taken + 1);
    const packet = last.take(slot);
    aggregates.remove(slot);
    worked = true;
    if (packet !== null) emit(outputs.out, packet);
  }
  if (state.clearing && state.taken === state.put) {
    state.clearing = false;
    state.cleared = true;
  }
  return worked;
}

/** Takes note that the aggregates in these slots are over, in order of their numbers. */
function end(state: LastState, slots: readonly number[]): void {
  const { aggregates, over } = state;
  for (const slot of [...slots].sort((a, b) => aggregates.aggregate[a]! - aggregates.aggregate[b]!)) {
    if (aggregates.over[slot] !== 0) continue;
    aggregates.over[slot] = 1;
    over[state.put % over.length] = slot;
    state.put = u32(state.put + 1);
  }
}

export default defineElement({
  name: 'AggregateLast',
  config: {
    notifier: text({ default: '', keyword: true, doc: 'The element that numbers the aggregates: the last packet of one that it forgets is passed then.' }),
    stop_after_clear: bool({ default: false, keyword: true, doc: 'Whether the run ends when clear was written and is done.' }),
    capacity: integer({ default: CAPACITY, min: 1, max: 1_048_576, keyword: true, doc: 'Aggregates, and packets, that are remembered.' }),
  },
  ports: { inputs: { in: push('Packets with an aggregate annotation.') }, outputs: { out: push('Last packets.'), earlier: optional(push('All others.')) } },
  drops: { no_room: 'The packet of an aggregate for which there was no room.' },
  endsLoops: 'Packets wait in it until their aggregate is over.',
  storage: 'packets',
  state: ({ config }) => lastState(config.capacity),
  build(context) {
    const { config, chatter, fail } = context;
    checkNotifier(config.notifier, context);
    if (config.notifier !== '' && chatter === '') return fail('NOTIFIER is asked by wirelet click, and an appliance has nobody to ask', 'Run the configuration with wirelet click, or leave NOTIFIER out and write clear.');
    return undefined;
  },
  process(packet, context) {
    const { state, outputs, emit } = context;
    const { aggregates, last } = state;
    passOver(context, state.over.length);
    const number = packet.annotationU32(aggregateAt);
    const known = aggregates.find(number);
    const slot = known >= 0 ? known : aggregates.insert(number);
    if (slot < 0) return drop('no_room');
    if (known < 0) aggregates.over[slot] = 0;
    const earlier = last.take(slot);
    if (earlier === null) {
      setFirst(packet, packet.timestampSeconds, packet.timestampNanoseconds);
    } else {
      packet.setAnnotationU32(packetsAt, u32(packet.annotationU32(packetsAt) + 1 + earlier.annotationU32(packetsAt)));
      packet.setAnnotationU32(bytesAt, u32(packet.annotationU32(bytesAt) + earlier.length + earlier.annotationU32(bytesAt)));
      packet.setAnnotationU32(firstAt, earlier.annotationU32(firstAt));
      packet.setAnnotationU32(firstAt + 4, earlier.annotationU32(firstAt + 4));
      emit(outputs.earlier, earlier);
    }
    if (last.full) {
      aggregates.remove(slot);
      return drop('no_room');
    }
    last.append(slot, packet);
    return kept;
  },
  run: (context) => passOver(context, BURST_MAX),
  handlers: {
    clear: {
      doc: 'Passes all packets that it has, in order of their aggregates, and forgets them.',
      write(element) {
        const state = element.state as LastState;
        end(state, Array.from({ length: state.aggregates.slots }, (_, slot) => slot).filter((slot) => state.aggregates.occupied(slot)));
        state.clearing = true;
      },
    },
  },
  attend({ config, state: anyState, read, stop }) {
    const state = anyState as LastState;
    const ended = config.notifier === '' ? undefined : read(`${config.notifier}.ended ${state.known}`);
    if (ended !== undefined) {
      const { count, numbers } = endedOf(ended);
      for (const number of numbers) {
        const slot = state.aggregates.find(number);
        if (slot >= 0) end(state, [slot]);
      }
      state.known = count;
    }
    if (!state.cleared) return;
    state.cleared = false;
    if (config.stop_after_clear) stop();
  },
  examples: [
    example('lets earlier packets out behind the next', [{ ...frame, paint: 1 }, { ...frame, paint: 2 }, { ...frame, paint: 1 }], { earlier: frame }, { before: 'AggregatePaint' }),
    example('drops earlier packets when nothing takes them', [frame, frame], { drop: ['earlier'] }, { outputs: 1 }),
    example('drops what it has no room for', [{ ...frame, paint: 1 }, { ...frame, paint: 2 }, { ...frame, paint: 3 }], { drop: ['no_room'] }, { before: 'AggregatePaint', config: 'CAPACITY 2', outputs: 1 }),
  ],
});
