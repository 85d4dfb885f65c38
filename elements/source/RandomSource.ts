/**
 * Makes packets of random bytes, LENGTH each, BURST in each round, LIMIT in all; or one whenever it is pulled.
 *
 * After the last one it may end the run (STOP) or write a handler (END_CALL).
 */
import { bool, data, defineElement, example, integer, integerHandler, register, text, u32, u8, type Handler, type Packet, type Random } from 'wirelet';
import { attendToEnd, LIMIT_MAX, limitedHandlers, limitedState, notifierHandler } from './limited.js';

const BURST_MAX = 1024;

/** Fills a packet, four bytes at a time as far as they go. */
function fillRandomly(packet: Packet, length: number, random: Random): void {
  for (let offset = 0; offset < length - 3; offset += 4) packet.storeU32(offset, random.u32());
  for (let offset = length - (length % 4); offset < length; offset += 1) packet.storeU8(offset, u8(random.u32()));
}

/** Reads and sets how long packets are. */
function lengthHandler(doc: string): Handler<any, any, any> {
  return { doc, read: ({ built }) => String(built.length), write: ({ reconfigure }, value) => reconfigure('length', value) };
}

export default defineElement({
  name: 'RandomSource',
  config: {
    length: integer({ max: 9216, required: false, doc: 'Bytes of each packet.' }),
    limit: integer({ default: -1, min: -1, max: LIMIT_MAX, doc: 'Packets in all; -1: no limit.' }),
    burst: integer({ default: 1, min: 1, max: BURST_MAX, doc: 'Packets in one round.' }),
    active: bool({ default: true, doc: 'Whether it works.' }),
    timestamp: bool({ default: true, keyword: true, doc: 'Whether packets bear the time at which they were made.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last packet.' }),
    datasize: integer({ max: 9216, required: false, keyword: true, doc: 'Another name of LENGTH.' }),
    data: data({ default: new Uint8Array(), keyword: true, doc: 'Accepted for compatibility: the bytes are random.' }),
    end_call: text({ default: '', keyword: true, doc: 'Handler that is written after the last packet: ELEMENT.HANDLER VALUE.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  counters: { count: 'Packets made.' },
  state: ({ config }) => ({ ...limitedState(config.limit, config.active), burst: register({ low: 1, high: BURST_MAX }, config.burst) }),
  build({ config, fail }) {
    const length = config.length ?? config.datasize;
    if (length === undefined) return fail('LENGTH: required argument missing');
    return { length };
  },
  pull({ config, built, state, counters, clock, packets, random }) {
    if (!state.active) return null;
    if (state.limit >= 0 && state.made >= state.limit) {
      state.ended = true;
      return null;
    }
    const packet = packets.ofLength(built.length);
    if (packet === null) return null;
    state.made = u32(state.made + 1);
    counters.count.add(1);
    fillRandomly(packet, built.length, random);
    if (config.timestamp) {
      packet.timestampSeconds = u32(clock.seconds);
      packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
    }
    return packet;
  },
  run({ config, built, state, counters, clock, outputs, packets, random, emit }) {
    if (!state.active) return false;
    let worked = false;
    for (let index = 0; index < BURST_MAX; index += 1) {
      if (index >= state.burst) break;
      if (state.limit >= 0 && state.made >= state.limit) {
        // The round after the last packet is the end, so that this one has gone its way.
        if (!worked) state.ended = true;
        break;
      }
      const packet = packets.ofLength(built.length);
      if (packet === null) break;
      state.made = u32(state.made + 1);
      counters.count.add(1);
      fillRandomly(packet, built.length, random);
      if (config.timestamp) {
        packet.timestampSeconds = u32(clock.seconds);
        packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
      }
      worked = true;
      emit(outputs.out, packet);
    }
    return worked;
  },
  handlers: {
    ...limitedHandlers,
    notifier: notifierHandler,
    burst: integerHandler('burst', 'Packets in one round.', 1, BURST_MAX),
    burstsize: integerHandler('burst', 'Another name of burst.', 1, BURST_MAX),
    data: { doc: 'Empty, and what is written does not matter: the bytes are random.', raw: true, read: () => '', write: () => undefined },
    length: lengthHandler('Bytes of each packet.'),
    datasize: lengthHandler('Another name of length.'),
  },
  attend: attendToEnd,
  reconfigurable: true,
  examples: [
    example('makes packets of no bytes', [], { out: [new Uint8Array(), new Uint8Array()] }, { config: '0, 2' }),
    example('makes packets that end where they shall', [], { out: [new Uint8Array(7), new Uint8Array(7)] }, { config: 'LENGTH 7, LIMIT 2, BURST 2', after: 'RandomBitErrors(1, clear)' }),
    example('knows its length by another name', [], { out: new Uint8Array(7) }, { config: 'DATASIZE 7, LIMIT 1', after: 'RandomBitErrors(1, clear)' }),
    example('makes none when it is not active', [], {}, { config: '7, ACTIVE false' }),
  ],
});
