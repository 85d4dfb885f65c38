/**
 * Remembers when packets with numbers of NumberPacket came by, for a TimestampDiff behind it: the beginning of a measurement of latency. It has room for
 * COUNT numbers; a higher one takes the place of the one that is lower by COUNT.
 */
import { array, bool, defineElement, example, integer, TIME_RANGE } from 'wirelet';
import { numberAt } from './packet-number.js';

const numbered = (number: number) => Uint8Array.from([9, number, 0, 0, 0, 0, 0, 0, 0]);

export default defineElement({
  name: 'RecordTimestamp',
  config: {
    count: integer({ default: 65_536, min: 1, max: 2 ** 22, doc: 'Numbers there is room for.' }),
    offset: integer({ default: 40, max: 9208, keyword: true, doc: 'Where the number is.' }),
    net_order: bool({ default: false, keyword: true, doc: 'Whether its highest byte comes first.' }),
  },
  ports: { inputs: { in: 'Packets with numbers.' }, outputs: { out: 'The same packets.' } },
  state: ({ config }) => ({ sent_us: array(TIME_RANGE, config.count) }),
  process(packet, { config, state, outputs, clock }) {
    state.sent_us[numberAt(packet, config.offset, config.net_order) % config.count] = clock.microseconds;
    return outputs.out;
  },
  handlers: {
    count: { doc: 'Numbers there is room for.', read: ({ config }) => String(config.count) },
    reset: {
      doc: 'Forgets all times.',
      write({ state, config }) {
        for (let number = 0; number < config.count; number += 1) state.sent_us[number] = 0;
      },
    },
  },
  examples: [
    example('passes packets on', [numbered(0), numbered(9)], { out: [numbered(0), numbered(9)] }, { config: '4, OFFSET 1' }),
    example('drops packets without a number', new Uint8Array(4), { drop: 'short_packet' }, { config: '4, OFFSET 1' }),
  ],
});
