/**
 * Adds HEAD zero bytes to the front of packets and TAIL to their end; negative numbers take bytes off. A packet that has
 * not so many is dropped.
 */
import { argumentHandler, defineElement, drop, example, integer } from 'wirelet';

const bytes = Uint8Array.from([1, 2, 3, 4]);

export default defineElement({
  name: 'Resize',
  config: {
    head: integer({ default: 0, min: -9216, max: 9216, doc: 'Bytes added to the front, or taken off.' }),
    tail: integer({ default: 0, min: -9216, max: 9216, doc: 'Bytes added to the end, or taken off.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets of another length.' } },
  drops: { too_short: 'The packet had fewer bytes than were to be taken off.' },
  process(packet, { config, outputs }) {
    if (packet.length < Math.max(0, -config.head) + Math.max(0, -config.tail)) return drop('too_short');
    if (config.head < 0) packet.strip(-config.head);
    else if (config.head > 0) packet.prepend(config.head);
    if (config.tail < 0) packet.truncate(Math.max(0, packet.length + config.tail));
    else if (config.tail > 0) packet.append(config.tail);
    return outputs.out;
  },
  handlers: { head: argumentHandler('head', 'Bytes added to the front.'), tail: argumentHandler('tail', 'Bytes added to the end.') },
  reconfigurable: true,
  examples: [
    example('adds bytes', bytes, { out: Uint8Array.from([0, 0, 1, 2, 3, 4, 0]) }, { config: '2, 1' }),
    example('takes bytes off', bytes, { out: Uint8Array.from([2, 3]) }, { config: '-1, -1' }),
    example('moves the packet', bytes, { out: Uint8Array.from([0, 1, 2]) }, { config: 'HEAD 1, TAIL -2' }),
    example('drops packets that have not so much', bytes, { drop: 'too_short' }, { config: '-3, -2' }),
  ],
});
