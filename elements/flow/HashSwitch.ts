/**
 * Sends packets to outputs by a hash of LENGTH bytes from OFFSET on, so that packets that agree there go the same way.
 *
 * The hash is the sum of the bytes modulo the number of outputs, and with 2, 4 or 8 outputs the sum with its upper four
 * bits mixed in, as in Click: whoever knows it can send packets to one output. A packet that is too short goes to
 * the first output.
 */
import { defineElement, ethernet, example, integer, many, push } from 'wirelet';

const to = (destination: number) => ethernet.make({ destination });

export default defineElement({
  name: 'HashSwitch',
  config: {
    offset: integer({ max: 9215, doc: 'The first byte to look at.' }),
    length: integer({ max: 9216, doc: 'How many bytes to look at.' }),
  },
  ports: { inputs: { in: push('Packets to share out.') }, outputs: push(many('Packets with its hash.', { min: 1, max: 256 })) },
  build({ config, outputs, fail }) {
    if (config.length === 0) fail('length must be > 0');
    return { mixed: outputs.length === 2 || outputs.length === 4 || outputs.length === 8 };
  },
  process(packet, { config, built, outputs }) {
    if (packet.length < config.offset + config.length) return outputs[0];
    let sum = 0;
    for (let index = 0; index < config.length; index += 1) sum += packet.loadU8(config.offset + index);
    if (built.mixed) return outputs[(sum ^ (sum >>> 4)) % outputs.length];
    return outputs[sum % outputs.length];
  },
  examples: [
    example('keeps packets with equal bytes together', [to(1), to(2), to(3), to(1)], { 0: [to(2)], 1: [to(1), to(3), to(1)] }, { config: '5, 1', outputs: 2 }),
    example('looks at all its bytes', [to(0x0101_0101_0101), to(0x0101_0101_0102)], { 0: to(0x0101_0101_0101), 1: to(0x0101_0101_0102) }, { config: '0, 6', outputs: 3 }),
    example('sends short packets to the first output', [new Uint8Array(5).fill(1), new Uint8Array(6).fill(1)], { 0: [new Uint8Array(5).fill(1)], 1: [new Uint8Array(6).fill(1)] }, { config: '5, 1', outputs: 2 }),
  ],
});
