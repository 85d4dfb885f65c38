/**
 * Makes packets with the same bytes, BURST in each round, LIMIT in all.
 */
import { bool, data, defineElement, example, integer, push, register, u32 } from 'wirelet';

const text = 'The quick brown fox jumps over the lazy dog, and then over 8 more.';

export default defineElement({
  name: 'InfiniteSource',
  config: {
    data: data({ default: Buffer.from(text), doc: 'The bytes of each packet.' }),
    limit: integer({ default: -1, min: -1, doc: 'Packets in all; -1: no limit.' }),
    burst: integer({ default: 1, min: 1, max: 1024, doc: 'Packets in one round.' }),
    active: bool({ default: true, doc: 'Whether it works.' }),
    length: integer({ default: 0, max: 9216, keyword: true, doc: 'Bytes of each packet, the data repeated or cut; 0: as the data are.' }),
    stop: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: a run with --until-idle ends when the limit is reached.' }),
  },
  ports: { outputs: { out: push('The packets.') } },
  counters: { count: 'Packets made.' },
  state: { made: register('u32') },
  build({ config, fail }) {
    if (config.data.length === 0) return fail('DATA is empty');
    const length = config.length === 0 ? config.data.length : config.length;
    return { bytes: Uint8Array.from({ length }, (_, index) => config.data[index % config.data.length]!) };
  },
  run({ config, built, state, counters, outputs, packets, emit }) {
    if (!config.active) return false;
    let worked = false;
    for (let index = 0; index < config.burst; index += 1) {
      if (config.limit >= 0 && state.made >= config.limit) break;
      const packet = packets.copyOf(built.bytes);
      if (packet === null) break;
      state.made = u32(state.made + 1);
      counters.count.add(1);
      worked = true;
      emit(outputs.out, packet);
    }
    return worked;
  },
  handlers: { count: { doc: 'Packets made.', read: ({ counters }) => String(counters.count.value) } },
  examples: [example('makes so many packets', [], { out: [Uint8Array.from([65, 66]), Uint8Array.from([65, 66])] }, { config: 'AB, 2' })],
});
