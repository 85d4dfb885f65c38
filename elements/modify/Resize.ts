/**
 * Puts HEAD bytes back at the front of packets, those that were stripped off and zeros beyond them, and adds TAIL zero bytes to
 * their end; negative numbers take bytes off, as far as there are any.
 */
import { defineElement, example, integer, valueHandler } from 'wirelet';

const bytes = Uint8Array.from([1, 2, 3, 4]);

export default defineElement({
  name: 'Resize',
  config: {
    head: integer({ default: 0, min: -9216, max: 9216, doc: 'Bytes added to the front, or taken off.' }),
    tail: integer({ default: 0, min: -9216, max: 9216, doc: 'Bytes added to the end, or taken off.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets of another length.' } },
  process(packet, { config, outputs }) {
    if (config.head < 0) packet.strip(Math.min(-config.head, packet.length));
    else if (config.head > 0) packet.unstrip(config.head);
    if (config.tail < 0) packet.truncate(Math.max(0, packet.length + config.tail));
    else if (config.tail > 0) packet.append(config.tail);
    return outputs.out;
  },
  handlers: { head: valueHandler('head', 'Bytes put back at the front.', 'signed integer'), tail: valueHandler('tail', 'Bytes added to the end.', 'signed integer') },
  reconfigurable: true,
  examples: [
    example('adds bytes', bytes, { out: Uint8Array.from([0, 0, 1, 2, 3, 4, 0]) }, { config: '2, 1' }),
    example('takes bytes off', bytes, { out: Uint8Array.from([2, 3]) }, { config: '-1, -1' }),
    example('moves the packet', bytes, { out: Uint8Array.from([0, 1, 2]) }, { config: 'HEAD 1, TAIL -2' }),
    example('takes off no more than there is', bytes, { out: new Uint8Array() }, { config: '-3, -2' }),
    example('puts back what was stripped off', bytes, { out: Uint8Array.from([2, 3, 4]) }, { config: '1', before: 'Strip(2)' }),
  ],
});
