/**
 * Encrypts packets of ESP with DES in CBC mode (FIPS 46-3; RFC 2405), or decrypts them: with the first eight bytes of the key of the association that the packet bears, from
 * behind the ESP header on; an authentication behind them stays as it is. DES is broken: it is here for old configurations; IPsecAES takes its place.
 */
import { ANNOTATIONS, bool, defineElement, drop, example } from 'wirelet';
import { associationsOf, EXAMPLE_ROUTES } from './association.js';
import { KEY_PARTS, roundKeys, ROUNDS, SUBSTITUTIONS } from './des-tables.js';
import { DES_BLOCK as BLOCK, encryptedEnd, ENCRYPTED_MAX, ESP_BYTES, tell } from './esp.js';

/** Where what is encrypted begins. */
const ENCRYPTED_AT = ESP_BYTES + BLOCK;

export default defineElement({
  name: 'IPsecDES',
  config: { encrypt: bool({ doc: 'Whether packets are encrypted; else they are decrypted.' }) },
  ports: { inputs: { in: 'Packets that begin with an ESP header, with the annotations of RadixIPsecLookup.' }, outputs: { out: 'The same packets, encrypted or decrypted.' } },
  drops: { no_association: 'The packet bears no association.', not_whole: 'What is behind the header is no whole number of blocks.' },
  build({ config, elements, chatter }) {
    const all = associationsOf(elements);
    return { count: all.length, keys: all.length === 0 ? new Array<number>(KEY_PARTS).fill(0) : all.flatMap(({ encryptionKey }) => roundKeys(encryptionKey, config.encrypt)), boxes: SUBSTITUTIONS, tells: chatter !== '' };
  },
  process(packet, { config, built, log, outputs }) {
    const number = packet.annotationU32(ANNOTATIONS.ipsec_association.offset) - 1;
    if (number < 0 || number >= built.count) {
      if (built.tells) tell(log, 'DES: No SADataTuple annotation. Check man page');
      return drop('no_association');
    }
    const end = encryptedEnd(packet.length, ENCRYPTED_AT, BLOCK);
    if (end < 0) return drop('not_whole');
    let chain0 = packet.loadU32(ESP_BYTES);
    let chain1 = packet.loadU32(ESP_BYTES + 4);
    for (let at = ENCRYPTED_AT; at < ENCRYPTED_MAX; at += BLOCK) {
      if (at >= end) break;
      const in0 = packet.loadU32(at);
      const in1 = packet.loadU32(at + 4);
      let left = config.encrypt ? in0 ^ chain0 : in0 | 0;
      let right = config.encrypt ? in1 ^ chain1 : in1 | 0;
      // The initial permutation, as five exchanges of bits between the halves.
      let turn = ((left >>> 4) ^ right) & 0x0f0f_0f0f;
      right ^= turn;
      left ^= turn << 4;
      turn = ((left >>> 16) ^ right) & 0x0000_ffff;
      right ^= turn;
      left ^= turn << 16;
      turn = ((right >>> 2) ^ left) & 0x3333_3333;
      left ^= turn;
      right ^= turn << 2;
      turn = ((right >>> 8) ^ left) & 0x00ff_00ff;
      left ^= turn;
      right ^= turn << 8;
      turn = ((left >>> 1) ^ right) & 0x5555_5555;
      right ^= turn;
      left ^= turn << 1;
      for (let round = 0; round < ROUNDS; round += 1) {
        const key = number * KEY_PARTS + round * 8;
        let mixed = built.boxes[(((right << 5) | (right >>> 27)) & 63) ^ built.keys[key]!]!;
        mixed ^= built.boxes[64 + ((((right << 9) | (right >>> 23)) & 63) ^ built.keys[key + 1]!)]!;
        mixed ^= built.boxes[128 + ((((right << 13) | (right >>> 19)) & 63) ^ built.keys[key + 2]!)]!;
        mixed ^= built.boxes[192 + ((((right << 17) | (right >>> 15)) & 63) ^ built.keys[key + 3]!)]!;
        mixed ^= built.boxes[256 + ((((right << 21) | (right >>> 11)) & 63) ^ built.keys[key + 4]!)]!;
        mixed ^= built.boxes[320 + ((((right << 25) | (right >>> 7)) & 63) ^ built.keys[key + 5]!)]!;
        mixed ^= built.boxes[384 + ((((right << 29) | (right >>> 3)) & 63) ^ built.keys[key + 6]!)]!;
        mixed ^= built.boxes[448 + ((((right << 1) | (right >>> 31)) & 63) ^ built.keys[key + 7]!)]!;
        const next = left ^ mixed;
        left = right;
        right = next;
      }
      // The last round does not exchange the halves; then all is permuted back.
      turn = left;
      left = right;
      right = turn;
      turn = ((left >>> 1) ^ right) & 0x5555_5555;
      right ^= turn;
      left ^= turn << 1;
      turn = ((right >>> 8) ^ left) & 0x00ff_00ff;
      left ^= turn;
      right ^= turn << 8;
      turn = ((right >>> 2) ^ left) & 0x3333_3333;
      left ^= turn;
      right ^= turn << 2;
      turn = ((left >>> 16) ^ right) & 0x0000_ffff;
      right ^= turn;
      left ^= turn << 16;
      turn = ((left >>> 4) ^ right) & 0x0f0f_0f0f;
      right ^= turn;
      left ^= turn << 4;
      const out0 = (config.encrypt ? left : left ^ chain0) >>> 0;
      const out1 = (config.encrypt ? right : right ^ chain1) >>> 0;
      packet.storeU32(at, out0);
      packet.storeU32(at + 4, out1);
      chain0 = config.encrypt ? out0 : in0;
      chain1 = config.encrypt ? out1 : in1;
    }
    return outputs.out;
  },
  examples: [example('drops what bears no association', new Uint8Array(24), { drop: 'no_association' }, { config: 'true', beside: EXAMPLE_ROUTES })],
});
