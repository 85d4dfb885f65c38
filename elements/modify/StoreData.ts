/** Writes bytes over those of packets, from OFFSET on; what would lie behind the end is left out. */
import { data, defineElement, example, integer } from 'wirelet';

const bytes = Uint8Array.from([1, 2, 3, 4]);

export default defineElement({
  name: 'StoreData',
  config: { offset: integer({ max: 9215, doc: 'Where the bytes go.' }), data: data({ doc: 'The bytes.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, changed.' } },
  build({ config, fail }) {
    if (config.data.length > 9216) fail('no packet has room for so many bytes');
    return undefined;
  },
  process(packet, { config, outputs }) {
    const { data: written, offset } = config;
    for (let index = 0; index < written.length; index += 1) {
      if (offset + index >= packet.length) break;
      packet.storeU8(offset + index, written[index]!);
    }
    return outputs.out;
  },
  reconfigurable: true,
  examples: [
    example('writes over bytes', bytes, { out: Uint8Array.from([1, 65, 66, 4]) }, { config: '1, AB' }),
    example('writes no further than the end', bytes, { out: Uint8Array.from([1, 2, 3, 255]) }, { config: '3, \\<ff ee>' }),
    example('writes nothing behind the end', bytes, { out: bytes }, { config: '4, "x"' }),
  ],
});
