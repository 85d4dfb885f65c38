/**
 * Makes packets of random bytes, LENGTH each, BURST in each round, LIMIT in all; or one whenever it is pulled.
 *
 * After the last one it may end the run (STOP) or write a handler (END_CALL).
 */
import { bool, defineElement, example, integer, register, text, u8, type Packet, type Random } from 'wirelet';
import { LENGTH_MAX } from './default-data.js';
import { attendToEnd, burstHandler, countMade, INT, isOver, LIMIT_MAX, limitedHandlers, limitedState, oneEnd } from './limited.js';
import { lengthHandler } from './source-handlers.js';

/** Packets of one round at most: the rest comes in the next one. */
const BURST_MAX = 1024;

/** Fills a packet, four bytes at a time as far as they go. */
function fillRandomly(packet: Packet, length: number, random: Random): void {
  for (let offset = 0; offset < length - 3; offset += 4) packet.storeU32(offset, random.u32());
  for (let offset = length - (length % 4); offset < length; offset += 1) packet.storeU8(offset, u8(random.u32()));
}

export default defineElement({
  name: 'RandomSource',
  config: {
    length: integer({ ...INT, doc: 'Bytes of each packet.' }),
    limit: integer({ default: -1, min: INT.min, max: LIMIT_MAX, doc: 'Packets in all; negative: no limit.' }),
    burst: integer({ default: 1, ...INT, doc: 'Packets in one round.' }),
    active: bool({ default: true, doc: 'Whether it works.' }),
    timestamp: bool({ default: true, keyword: true, doc: 'Whether packets bear the time at which they were made.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last packet.' }),
    end_call: text({ default: '', keyword: true, doc: 'Handler that is written after the last packet: ELEMENT.HANDLER VALUE.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  waitsForRoom: true,
  counters: { count: 'Packets made.' },
  state: ({ config }) => ({ ...limitedState(config.limit, config.active), burst: register({ low: 1, high: INT.max }, Math.max(1, config.burst)) }),
  build({ config, fail }) {
    const { length } = config;
    if (length < 0 || length > 0xffff) fail(`bad length ${length}`);
    if (length > LENGTH_MAX) fail(`bad length ${length}`, `A packet has at most ${LENGTH_MAX} bytes.`);
    if (config.burst < 1) fail('burst size must be >= 1');
    oneEnd(config, fail);
    return { length };
  },
  pull(context) {
    const { built, state, packets, random } = context;
    if (!state.active) return null;
    if (isOver(context)) {
      state.ended = true;
      return null;
    }
    const packet = packets.ofLength(built.length);
    if (packet === null) return null;
    countMade(packet, context);
    fillRandomly(packet, built.length, random);
    return packet;
  },
  run(context) {
    const { built, state, outputs, packets, random, emit, queues } = context;
    if (!state.active || queues.room === 0) return false;
    let worked = false;
    for (let index = 0; index < BURST_MAX; index += 1) {
      if (index >= state.burst) break;
      if (isOver(context)) {
        // The round after the last packet is the end, so that this one has gone its way.
        if (!worked) state.ended = true;
        break;
      }
      const packet = packets.ofLength(built.length);
      if (packet === null) break;
      countMade(packet, context);
      fillRandomly(packet, built.length, random);
      worked = true;
      emit(outputs.out, packet);
    }
    return worked;
  },
  handlers: {
    ...limitedHandlers,
    burst: burstHandler,
    length: { ...lengthHandler('length must be integer', LENGTH_MAX), doc: 'Bytes of each packet.', calm: true },
  },
  calls: ({ end_call: call }) => [{ call, argument: 'END_CALL' }],
  attend: attendToEnd,
  reconfigurable: true,
  examples: [
    example('makes packets of no bytes', [], { out: [new Uint8Array(), new Uint8Array()] }, { config: '0, 2' }),
    example('makes packets that end where they shall', [], { out: [new Uint8Array(7), new Uint8Array(7)] }, { config: 'LENGTH 7, LIMIT 2, BURST 2', after: 'RandomBitErrors(1, clear)' }),
    example('makes none when it is not active', [], {}, { config: '7, ACTIVE false' }),
  ],
});
