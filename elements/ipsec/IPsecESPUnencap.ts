/**
 * Takes ESP header and padding off again (RFC 4303), from packets whose authentication was checked and which were decrypted. What was seen before, or is older than
 * the association's window, is dropped (3.4.3), and so is what has wrong padding.
 */
import { ANNOTATIONS, array, defineElement, drop, example, integer, u32 } from 'wirelet';
import { associationsOf, EXAMPLE_ROUTES } from './association.js';
import { blockOf, ESP_BYTES, tell } from './esp.js';

const PADDING_MAX = 255;

export default defineElement({
  name: 'IPsecESPUnencap',
  config: { block: integer({ required: false, min: 8, max: 16, keyword: true, doc: 'Bytes of a block of the cipher, and of the initialization vector; as in IPsecESPEncap.' }) },
  ports: { inputs: { in: 'Packets that begin with an ESP header, with the annotations of RadixIPsecLookup.' }, outputs: { out: 'The packets inside.' } },
  drops: { no_association: 'The packet bears no association.', replayed: 'The packet was seen before, or is too old.', bad_padding: 'The padding is not 1, 2, 3 ...' },
  state: ({ elements }) => ({ highest: array('u32', Math.max(1, associationsOf(elements).length)), seen: array('u32', Math.max(1, associationsOf(elements).length)) }),
  build({ config, elements, chatter }) {
    const all = associationsOf(elements);
    return { header: ESP_BYTES + blockOf(config.block, elements), count: all.length, windows: all.length === 0 ? [1] : all.map(({ window }) => window), tells: chatter !== '' };
  },
  process(packet, { built, state, log, outputs }) {
    const number = packet.annotationU32(ANNOTATIONS.ipsec_association.offset) - 1;
    if (number < 0 || number >= built.count) return drop('no_association');
    const sequence = packet.loadU32(4);
    const highest = state.highest[number]!;
    const window = built.windows[number]!;
    if (sequence > highest) {
      const ahead = sequence - highest;
      state.seen[number] = ahead < window && ahead < 32 ? u32((state.seen[number]! << (ahead & 31)) | 1) : 1;
      state.highest[number] = sequence;
    } else {
      const behind = highest - sequence;
      if (behind >= window || behind >= 32) {
        if (built.tells) tell(log, 'Replay protection: This packet is too old to be accepted');
        return drop('replayed');
      }
      const bit = 1 << (behind & 31);
      if ((state.seen[number]! & bit) !== 0) {
        if (built.tells) tell(log, 'Replay protection: This packet is already seen...');
        return drop('replayed');
      }
      state.seen[number] = u32(state.seen[number]! | bit);
    }
    packet.strip(built.header);
    const length = packet.length;
    if (length < 2) return drop('bad_padding');
    const padding = packet.loadU8(length - 2);
    const end = length - 2 - padding;
    if (end < 0 || (padding !== 0 && packet.loadU8(Math.max(0, length - 3)) !== padding)) {
      if (built.tells) tell(log, 'Invalid padding length');
      return drop('bad_padding');
    }
    let right = true;
    for (let index = 0; index < PADDING_MAX; index += 1) {
      if (index >= padding) break;
      if (packet.loadU8(end + index) !== index + 1) right = false;
    }
    if (!right) {
      if (built.tells) tell(log, 'Corrupt padding');
      return drop('bad_padding');
    }
    packet.truncate(end);
    return outputs.out;
  },
  examples: [example('drops what bears no association', new Uint8Array(40), { drop: 'no_association' }, { beside: EXAMPLE_ROUTES })],
});
