/**
 * Encrypts packets of ESP with AES-128 in CBC mode (FIPS 197; RFC 3602), or decrypts them: with the keys of the association that the packet bears, from behind the ESP
 * header on, whose last 16 bytes are the initialization vector. Where packets were authenticated before, as in Click's configurations, the authentication behind them stays
 * as it is.
 *
 * In Node and in C the time a block takes does not depend on the key but for caches: use it where nobody measures those.
 */
import { ANNOTATIONS, bool, defineElement, drop, example, u32 } from 'wirelet';
import { FORWARD_BOX, FORWARD_COLUMNS, forwardKeys, INVERSE_BOX, INVERSE_COLUMNS, inverseKeys, KEY_WORDS } from './aes-tables.js';
import { associationsOf, EXAMPLE_ROUTES } from './association.js';
import { AES_BLOCK as BLOCK, encryptedEnd, ENCRYPTED_MAX, ESP_BYTES, tell } from './esp.js';

const ROUNDS = 10;
/** Where what is encrypted begins. */
const ENCRYPTED_AT = ESP_BYTES + BLOCK;

/** A column of the next round, of four bytes and a word of the round key. */
function mix(columns: readonly number[], a: number, b: number, c: number, d: number, key: number): number {
  const first = columns[a]!;
  const second = columns[b]!;
  const third = columns[c]!;
  const fourth = columns[d]!;
  return (first ^ ((second >>> 8) | (second << 24)) ^ ((third >>> 16) | (third << 16)) ^ ((fourth >>> 24) | (fourth << 8)) ^ key) >>> 0;
}

/** A column of the last round, which does not mix. */
function substitute(box: readonly number[], a: number, b: number, c: number, d: number, key: number): number {
  return ((box[a]! << 24) ^ (box[b]! << 16) ^ (box[c]! << 8) ^ box[d]! ^ key) >>> 0;
}

export default defineElement({
  name: 'IPsecAES',
  config: { encrypt: bool({ doc: 'Whether packets are encrypted; else they are decrypted.' }) },
  ports: { inputs: { in: 'Packets that begin with an ESP header, with the annotations of RadixIPsecLookup.' }, outputs: { out: 'The same packets, encrypted or decrypted.' } },
  drops: { no_association: 'The packet bears no association.', not_whole: 'What is behind the header is no whole number of blocks.' },
  build({ config, elements, chatter }) {
    const all = associationsOf(elements);
    const keys = all.flatMap(({ encryptionKey }) => (config.encrypt ? forwardKeys(encryptionKey) : inverseKeys(encryptionKey)));
    return {
      count: all.length,
      keys: all.length === 0 ? new Array<number>(KEY_WORDS).fill(0) : keys,
      box: config.encrypt ? FORWARD_BOX : INVERSE_BOX,
      columns: config.encrypt ? FORWARD_COLUMNS : INVERSE_COLUMNS,
      tells: chatter !== '',
    };
  },
  process(packet, { config, built, log, outputs }) {
    const number = packet.annotationU32(ANNOTATIONS.ipsec_association.offset) - 1;
    if (number < 0 || number >= built.count) {
      if (built.tells) tell(log, config.encrypt ? 'AES: No SADataTuple annotation. This module is not properly placed check man page' : 'AES: No SADataTuple reference annotation. check man page');
      return drop('no_association');
    }
    const end = encryptedEnd(packet.length, ENCRYPTED_AT, BLOCK);
    if (end < 0) return drop('not_whole');
    const base = number * KEY_WORDS;
    let chain0 = packet.loadU32(ESP_BYTES);
    let chain1 = packet.loadU32(ESP_BYTES + 4);
    let chain2 = packet.loadU32(ESP_BYTES + 8);
    let chain3 = packet.loadU32(ESP_BYTES + 12);
    for (let at = ENCRYPTED_AT; at < ENCRYPTED_MAX; at += BLOCK) {
      if (at >= end) break;
      const in0 = packet.loadU32(at);
      const in1 = packet.loadU32(at + 4);
      const in2 = packet.loadU32(at + 8);
      const in3 = packet.loadU32(at + 12);
      let a = ((config.encrypt ? in0 ^ chain0 : in0) ^ built.keys[base]!) >>> 0;
      let b = ((config.encrypt ? in1 ^ chain1 : in1) ^ built.keys[base + 1]!) >>> 0;
      let c = ((config.encrypt ? in2 ^ chain2 : in2) ^ built.keys[base + 2]!) >>> 0;
      let d = ((config.encrypt ? in3 ^ chain3 : in3) ^ built.keys[base + 3]!) >>> 0;
      for (let round = 1; round < ROUNDS; round += 1) {
        const key = base + round * 4;
        // Rows are turned to the left when encrypting, to the right when decrypting.
        const w = mix(built.columns, a >>> 24, ((config.encrypt ? b : d) >>> 16) & 255, (c >>> 8) & 255, (config.encrypt ? d : b) & 255, built.keys[key]!);
        const x = mix(built.columns, b >>> 24, ((config.encrypt ? c : a) >>> 16) & 255, (d >>> 8) & 255, (config.encrypt ? a : c) & 255, built.keys[key + 1]!);
        const y = mix(built.columns, c >>> 24, ((config.encrypt ? d : b) >>> 16) & 255, (a >>> 8) & 255, (config.encrypt ? b : d) & 255, built.keys[key + 2]!);
        const z = mix(built.columns, d >>> 24, ((config.encrypt ? a : c) >>> 16) & 255, (b >>> 8) & 255, (config.encrypt ? c : a) & 255, built.keys[key + 3]!);
        a = w;
        b = x;
        c = y;
        d = z;
      }
      const last = base + ROUNDS * 4;
      const out0 = substitute(built.box, a >>> 24, ((config.encrypt ? b : d) >>> 16) & 255, (c >>> 8) & 255, (config.encrypt ? d : b) & 255, built.keys[last]!);
      const out1 = substitute(built.box, b >>> 24, ((config.encrypt ? c : a) >>> 16) & 255, (d >>> 8) & 255, (config.encrypt ? a : c) & 255, built.keys[last + 1]!);
      const out2 = substitute(built.box, c >>> 24, ((config.encrypt ? d : b) >>> 16) & 255, (a >>> 8) & 255, (config.encrypt ? b : d) & 255, built.keys[last + 2]!);
      const out3 = substitute(built.box, d >>> 24, ((config.encrypt ? a : c) >>> 16) & 255, (b >>> 8) & 255, (config.encrypt ? c : a) & 255, built.keys[last + 3]!);
      packet.storeU32(at, u32(config.encrypt ? out0 : (out0 ^ chain0) >>> 0));
      packet.storeU32(at + 4, u32(config.encrypt ? out1 : (out1 ^ chain1) >>> 0));
      packet.storeU32(at + 8, u32(config.encrypt ? out2 : (out2 ^ chain2) >>> 0));
      packet.storeU32(at + 12, u32(config.encrypt ? out3 : (out3 ^ chain3) >>> 0));
      chain0 = config.encrypt ? out0 : in0;
      chain1 = config.encrypt ? out1 : in1;
      chain2 = config.encrypt ? out2 : in2;
      chain3 = config.encrypt ? out3 : in3;
    }
    return outputs.out;
  },
  examples: [example('drops what bears no association', new Uint8Array(32), { drop: 'no_association' }, { config: 'true', beside: EXAMPLE_ROUTES })],
});
