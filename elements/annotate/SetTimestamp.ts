/**
 * Stamps packets with the time now, or with a given one. FIRST sets the annotation of the first time stamp instead; DELTA
 * makes the time stamp the time that has passed since that one.
 */
import { ANNOTATIONS, bool, defineElement, example, u32 } from 'wirelet';
import { setFirst, stamp, timeValue } from './time-value.js';

const byte = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 9]);
const stamped = (seconds: number, nanoseconds: number) => {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt32BE(seconds);
  bytes.writeUInt32BE(nanoseconds, 4);
  bytes[8] = 9;
  return Uint8Array.from(bytes);
};

export default defineElement({
  name: 'SetTimestamp',
  config: {
    timestamp: timeValue({ required: false, doc: 'The time, in seconds since 1970; default: now.' }),
    first: bool({ default: false, keyword: true, doc: 'Whether the annotation of the first time stamp is set instead.' }),
    delta: bool({ default: false, keyword: true, doc: 'Whether the time stamp becomes the time since the first time stamp.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  build({ config, fail }) {
    if (config.delta && (config.first || config.timestamp !== undefined)) fail('DELTA goes with no other argument');
    return undefined;
  },
  process(packet, { config, clock, outputs }) {
    if (config.delta) {
      const seconds = packet.timestampSeconds - packet.annotationU32(ANNOTATIONS.first_timestamp.offset);
      const nanoseconds = packet.timestampNanoseconds - packet.annotationU32(ANNOTATIONS.first_timestamp.offset + 4);
      packet.timestampSeconds = u32(nanoseconds < 0 ? seconds - 1 : seconds);
      packet.timestampNanoseconds = u32(nanoseconds < 0 ? nanoseconds + 1_000_000_000 : nanoseconds);
    } else if (config.timestamp === undefined) {
      if (config.first) setFirst(packet, clock.seconds, (clock.microseconds % 1_000_000) * 1000);
      else stamp(packet, clock.microseconds);
    } else if (config.first) {
      setFirst(packet, config.timestamp.seconds, config.timestamp.nanoseconds);
    } else {
      packet.timestampSeconds = config.timestamp.seconds;
      packet.timestampNanoseconds = config.timestamp.nanoseconds;
    }
    return outputs.out;
  },
  examples: [
    example('stamps packets with the time now', { bytes: byte, at: 250 }, { out: stamped(1_000_000_000, 250_000) }, { before: 'SetTimestamp(1)', after: 'StoreTimestamp(OFFSET 0)', config: '' }),
    example('stamps packets with a given time', { bytes: byte, at: 250 }, { out: stamped(5, 1) }, { config: '5.000000001', after: 'StoreTimestamp(OFFSET 0)' }),
    example('takes the difference to the first time stamp', byte, { out: stamped(4, 500_000_000) }, { config: 'DELTA true', before: 'SetTimestamp(7.25) -> SetTimestamp(2.75, FIRST true)', after: 'StoreTimestamp(OFFSET 0)' }),
  ],
});
