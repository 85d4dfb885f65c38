/**
 * Replaces time stamps by what has passed since the first one that was seen. A packet that bears no time (0) stays as it is.
 */
import { defineElement, example, register, u32 } from 'wirelet';
import { timeText } from './time-value.js';

const empty = new Uint8Array(8);
const stamped = (seconds: number, nanoseconds: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(seconds);
  bytes.writeUInt32BE(nanoseconds, 4);
  return Uint8Array.from(bytes);
};

export default defineElement({
  name: 'SetTimestampDelta',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  state: { first_s: register('u32'), first_ns: register('u32') },
  process(packet, { state, outputs }) {
    if (packet.timestampSeconds === 0 && packet.timestampNanoseconds === 0) return outputs.out;
    if (state.first_s === 0 && state.first_ns === 0) {
      state.first_s = packet.timestampSeconds;
      state.first_ns = packet.timestampNanoseconds;
    }
    const seconds = packet.timestampSeconds - state.first_s;
    const nanoseconds = packet.timestampNanoseconds - state.first_ns;
    packet.timestampSeconds = u32(nanoseconds < 0 ? seconds - 1 : seconds);
    packet.timestampNanoseconds = u32(nanoseconds < 0 ? nanoseconds + 1_000_000_000 : nanoseconds);
    return outputs.out;
  },
  handlers: {
    first: { doc: 'The first time stamp that was seen.', read: ({ state }) => timeText({ seconds: state.first_s, nanoseconds: state.first_ns }) },
    reset: { doc: 'Forgets it.', write: ({ state }) => void Object.assign(state, { first_s: 0, first_ns: 0 }) },
  },
  examples: [
    example('counts from the first packet', [{ bytes: empty, at: 999_999 }, { bytes: empty, at: 2_000_001 }], { out: [stamped(0, 0), stamped(1, 2_000)] }, { after: 'StoreTimestamp(OFFSET 0)' }),
    example('leaves packets without time alone', empty, { out: stamped(0, 0) }, { before: 'SetTimestamp(0)', after: 'StoreTimestamp(OFFSET 0)' }),
  ],
});
