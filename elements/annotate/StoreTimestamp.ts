/**
 * Writes the time stamps of packets into them: eight bytes, seconds since 1970 and nanoseconds, each in network byte order,
 * at OFFSET (where the packet is too short, zeros fill it up) or behind the end.
 */
import { bool, defineElement, example, integer } from 'wirelet';

const at = Uint8Array.from([0x3b, 0x9a, 0xca, 0x00, 0, 0x00, 0x03, 0xe8]);

export default defineElement({
  name: 'StoreTimestamp',
  config: {
    offset: integer({ required: false, max: 9208, doc: 'Where the eight bytes begin.' }),
    tail: bool({ default: false, keyword: true, doc: 'Whether they go behind the end.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets with their time stamps.' } },
  build({ config, fail }) {
    if (config.tail === (config.offset !== undefined)) fail('it needs either OFFSET or TAIL', undefined, "supply exactly one of 'OFFSET' and 'TAIL'");
    return undefined;
  },
  process(packet, { config, outputs }) {
    const offset = config.offset === undefined ? packet.length : config.offset;
    const missing = offset + 8 - packet.length;
    if (missing > 0) packet.append(missing);
    packet.storeU32(offset, packet.timestampSeconds);
    packet.storeU32(offset + 4, packet.timestampNanoseconds);
    return outputs.out;
  },
  examples: [
    example('writes over bytes', new Uint8Array(10).fill(1), { out: Uint8Array.from([1, ...at, 1]) }, { config: 'OFFSET 1' }),
    example('makes short packets longer', Uint8Array.from([1, 1]), { out: Uint8Array.from([1, 1, 0, ...at]) }, { config: 'OFFSET 3' }),
    example('writes behind the end', Uint8Array.from([1, 1]), { out: Uint8Array.from([1, 1, ...at]) }, { config: 'TAIL true' }),
  ],
});
