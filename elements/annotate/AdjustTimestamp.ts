/**
 * Adds a span, which may be negative, to time stamps, or with FIRST to the annotation of the first time stamp. One that is
 * 0 stays so, but with ALL.
 */
import { ANNOTATIONS, bool, defineElement, example, u32 } from 'wirelet';
import { setFirst, timeText, timeValue } from './time-value.js';

const empty = new Uint8Array(8);
const stamped = (seconds: number, nanoseconds: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(seconds);
  bytes.writeUInt32BE(nanoseconds, 4);
  return Uint8Array.from(bytes);
};

export default defineElement({
  name: 'AdjustTimestamp',
  config: {
    time: timeValue({ default: { seconds: 0, nanoseconds: 0 }, signed: true, doc: 'The span.' }),
    first: bool({ default: false, keyword: true, doc: 'Whether the annotation of the first time stamp is changed instead.' }),
    all: bool({ default: false, keyword: true, doc: 'Whether times of 0 are changed, too.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  process(packet, { config, outputs }) {
    const seconds = config.first ? packet.annotationU32(ANNOTATIONS.first_timestamp.offset) : packet.timestampSeconds;
    const nanoseconds = config.first ? packet.annotationU32(ANNOTATIONS.first_timestamp.offset + 4) : packet.timestampNanoseconds;
    if (!config.all && seconds === 0 && nanoseconds === 0) return outputs.out;
    const part = nanoseconds + config.time.nanoseconds;
    const carry = part >= 1_000_000_000 ? 1 : 0;
    const newSeconds = u32(seconds + config.time.seconds + carry);
    const newPart = u32(carry === 1 ? part - 1_000_000_000 : part);
    if (config.first) {
      setFirst(packet, newSeconds, newPart);
    } else {
      packet.timestampSeconds = newSeconds;
      packet.timestampNanoseconds = newPart;
    }
    return outputs.out;
  },
  handlers: {
    time: { doc: 'The span, in seconds.', read: ({ config }) => timeText(config.time), write: ({ reconfigure }, value) => reconfigure('time', value) },
  },
  reconfigurable: true,
  examples: [
    example('adds a span', empty, { out: stamped(6, 250_000_000) }, { config: '1.5', before: 'SetTimestamp(4.75)', after: 'StoreTimestamp(OFFSET 0)' }),
    example('takes a span off', empty, { out: stamped(4, 900_000_000) }, { config: '-100ms', before: 'SetTimestamp(5)', after: 'StoreTimestamp(OFFSET 0)' }),
    example('leaves packets without time alone', empty, { out: stamped(0, 0) }, { config: '7', before: 'SetTimestamp(0)', after: 'StoreTimestamp(OFFSET 0)' }),
    example('changes them where it is told to', empty, { out: stamped(7, 0) }, { config: '7, ALL true', before: 'SetTimestamp(0)', after: 'StoreTimestamp(OFFSET 0)' }),
    example('changes the first time stamp', Uint8Array.from([1]), { out: Uint8Array.from([0, 0, 0, 3, 0x1d, 0xcd, 0x65, 0x00, 1]) }, { config: '1, FIRST true', before: 'SetTimestamp(2.5, FIRST true)', after: 'ExampleAnnotations(32, 8)' }),
  ],
});
