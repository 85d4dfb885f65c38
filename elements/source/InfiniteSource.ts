/**
 * Makes packets with the same bytes, BURST in each round, LIMIT in all; or one whenever it is pulled.
 *
 * After the last one it may end the run (STOP) or write a handler (END_CALL).
 */
import { argumentHandler, bool, data, defineElement, example, integer, integerHandler, register, text, u32 } from 'wirelet';
import { attendToEnd, LIMIT_MAX, limitedHandlers, limitedState, notifierHandler } from './limited.js';

const sentence = 'The quick brown fox jumps over the lazy dog, and then over 8 more.';
const BURST_MAX = 65_536;

export default defineElement({
  name: 'InfiniteSource',
  config: {
    data: data({ default: Buffer.from(sentence), doc: 'The bytes of each packet.' }),
    limit: integer({ default: -1, min: -1, max: LIMIT_MAX, doc: 'Packets in all; -1: no limit.' }),
    burst: integer({ default: 1, min: 1, max: BURST_MAX, doc: 'Packets in one round.' }),
    active: bool({ default: true, doc: 'Whether it works.' }),
    timestamp: bool({ default: true, keyword: true, doc: 'Whether packets bear the time at which they were made.' }),
    length: integer({ default: 0, max: 9216, keyword: true, doc: 'Bytes of each packet, the data repeated or cut; 0: as the data are.' }),
    datasize: integer({ default: 0, max: 9216, keyword: true, doc: 'Another name of LENGTH.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last packet.' }),
    end_call: text({ default: '', keyword: true, doc: 'Handler that is written after the last packet: ELEMENT.HANDLER VALUE.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  counters: { count: 'Packets made.' },
  state: ({ config }) => ({ ...limitedState(config.limit, config.active), burst: register({ low: 1, high: BURST_MAX }, config.burst) }),
  build({ config, fail }) {
    if (config.data.length === 0) return fail('DATA is empty');
    const wanted = Math.max(config.length, config.datasize);
    const length = wanted === 0 ? config.data.length : wanted;
    return { bytes: Uint8Array.from({ length }, (_, index) => config.data[index % config.data.length]!) };
  },
  pull({ config, built, state, counters, clock, packets }) {
    if (!state.active) return null;
    if (state.limit >= 0 && state.made >= state.limit) {
      state.ended = true;
      return null;
    }
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    state.made = u32(state.made + 1);
    counters.count.add(1);
    if (config.timestamp) {
      packet.timestampSeconds = u32(clock.seconds);
      packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
    }
    return packet;
  },
  run({ config, built, state, counters, clock, outputs, packets, emit }) {
    if (!state.active) return false;
    let worked = false;
    for (let index = 0; index < BURST_MAX; index += 1) {
      if (index >= state.burst) break;
      if (state.limit >= 0 && state.made >= state.limit) {
        // The round after the last packet is the end, so that this one has gone its way.
        if (!worked) state.ended = true;
        break;
      }
      const packet = packets.copyOf(built.bytes);
      if (packet === null) break;
      state.made = u32(state.made + 1);
      counters.count.add(1);
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
    data: { doc: 'The bytes of each packet.', raw: true, read: ({ built }) => Buffer.from(built.bytes).toString('latin1'), write: ({ reconfigure }, value) => reconfigure('data', value) },
    length: argumentHandler('length', 'Bytes of each packet.'),
    datasize: argumentHandler('length', 'Another name of length.'),
  },
  attend: attendToEnd,
  reconfigurable: true,
  examples: [example('makes so many packets', [], { out: [Uint8Array.from([65, 66]), Uint8Array.from([65, 66])] }, { config: 'AB, 2' })],
});
