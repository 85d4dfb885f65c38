/**
 * Copies LENGTH bytes of packets from SRC_OFFSET to DST_OFFSET, which may lie in each other. A packet that would end before the copy does gets longer, with zeros between; with
 * GROW false it stays as it is. So does one that has no byte behind those that are copied, as in FastClick.
 */
import { bool, copyBytes, defineElement, example, integer } from 'wirelet';

const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6]);

export default defineElement({
  name: 'MoveData',
  config: {
    dst_offset: integer({ max: 9215, doc: 'Where the bytes go, in bytes from the start of the packet.' }),
    src_offset: integer({ max: 9215, doc: 'Where they are, in bytes from the start of the packet.' }),
    length: integer({ max: 9216, doc: 'How many bytes.' }),
    grow: bool({ default: true, keyword: true, doc: 'Whether packets get longer where they must.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, changed.' } },
  process(packet, { config, outputs }) {
    if (packet.length <= config.src_offset + config.length) return outputs.out;
    const missing = config.dst_offset + config.length - packet.length;
    if (missing > 0) {
      if (!config.grow) return outputs.out;
      packet.append(missing);
    }
    copyBytes(packet, config.dst_offset, packet, config.src_offset, config.length);
    return outputs.out;
  },
  examples: [
    example('copies bytes to the front', bytes, { out: Uint8Array.from([4, 5, 3, 4, 5, 6]) }, { config: '0, 3, 2' }),
    example('copies bytes that lie in each other', bytes, { out: Uint8Array.from([1, 1, 2, 3, 4, 6]) }, { config: '1, 0, 4' }),
    example('makes packets longer', bytes, { out: Uint8Array.from([1, 2, 3, 4, 5, 6, 0, 2, 3]) }, { config: '7, 1, 2' }),
    example('leaves them when it shall not', bytes, { out: bytes }, { config: '5, 1, 2, GROW false' }),
    example('copies nothing without a byte behind it', bytes, { out: bytes }, { config: '0, 4, 2' }),
    example('needs room behind the packet', bytes, { drop: 'no_tailroom' }, { config: '9000, 0, 2' }),
  ],
});
