/**
 * Replaces time stamps by what has passed: with TYPE RANGE since the first one that was seen, with NOW from the time stamp until now, with
 * FIRST since the time in the annotation for the first of the packets that this one stands for. A packet that bears no time (0) stays as it is.
 */
import { ANNOTATIONS, defineElement, example, parsed, register, u32 } from 'wirelet';
import { timeText } from './time-value.js';

const TYPES = ['RANGE', 'NOW', 'FIRST'] as const;
type Type = (typeof TYPES)[number];

const typeOf = (options: { readonly default: Type; readonly keyword: true; readonly doc: string }) =>
  parsed<Type>(TYPES.join(' | '), options, (text) => {
    const value = TYPES.find((type) => type === text);
    return value === undefined ? { error: `expected ${TYPES.join(', ')}, got "${text}"`, click: 'bad TYPE', ofElement: true } : { value };
  }, String);

const empty = new Uint8Array(8);
const stamped = (seconds: number, nanoseconds: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(seconds);
  bytes.writeUInt32BE(nanoseconds, 4);
  return Uint8Array.from(bytes);
};

export default defineElement({
  name: 'SetTimestampDelta',
  config: { type: typeOf({ default: 'RANGE', keyword: true, doc: 'What passed: since the first time stamp, until now, or since the annotation for the first of several packets.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  state: { first_s: register('u32'), first_ns: register('u32') },
  process(packet, { config, state, outputs, clock }) {
    if (packet.timestampSeconds === 0 && packet.timestampNanoseconds === 0) return outputs.out;
    if (config.type === 'RANGE' && state.first_s === 0 && state.first_ns === 0) {
      state.first_s = packet.timestampSeconds;
      state.first_ns = packet.timestampNanoseconds;
    }
    let fromSeconds = state.first_s;
    let fromNanoseconds = state.first_ns;
    let toSeconds = packet.timestampSeconds;
    let toNanoseconds = packet.timestampNanoseconds;
    if (config.type === 'FIRST') {
      fromSeconds = packet.annotationU32(ANNOTATIONS.first_timestamp.offset);
      fromNanoseconds = packet.annotationU32(ANNOTATIONS.first_timestamp.offset + 4);
    }
    if (config.type === 'NOW') {
      const now = clock.microseconds;
      fromSeconds = toSeconds;
      fromNanoseconds = toNanoseconds;
      toSeconds = u32(Math.trunc(now / 1_000_000));
      toNanoseconds = u32((now % 1_000_000) * 1000);
    }
    const seconds = toSeconds - fromSeconds;
    const nanoseconds = toNanoseconds - fromNanoseconds;
    packet.timestampSeconds = u32(nanoseconds < 0 ? seconds - 1 : seconds);
    packet.timestampNanoseconds = u32(nanoseconds < 0 ? nanoseconds + 1_000_000_000 : nanoseconds);
    return outputs.out;
  },
  handlers: {
    first: { doc: 'The first time stamp that was seen.', read: ({ state }) => `${timeText({ seconds: state.first_s, nanoseconds: state.first_ns })}\n` },
    reset: { doc: 'Forgets it.', write: ({ state }) => void Object.assign(state, { first_s: 0, first_ns: 0 }) },
  },
  examples: [
    example('counts from the first packet', [{ bytes: empty, at: 999_999 }, { bytes: empty, at: 2_000_001 }], { out: [stamped(0, 0), stamped(1, 2_000)] }, { after: 'StoreTimestamp(OFFSET 0)' }),
    example('tells how old packets are', { bytes: empty, at: 7 }, { out: stamped(0, 0) }, { config: 'TYPE NOW', after: 'StoreTimestamp(OFFSET 0)' }),
    example('leaves packets without time alone', empty, { out: stamped(0, 0) }, { before: 'SetTimestamp(0)', after: 'StoreTimestamp(OFFSET 0)' }),
  ],
});
