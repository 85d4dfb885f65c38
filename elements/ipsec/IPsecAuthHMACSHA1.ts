/**
 * Authenticates packets of ESP with HMAC-SHA-1-96 (RFC 2404): puts the first twelve bytes of the hash of the whole packet behind it, or with VERIFY takes them off again
 * where they are right; packets where they are not leave by `bad`. The key is that of the association that the packet bears, see RadixIPsecLookup.
 */
import { ANNOTATIONS, array, bool, defineElement, drop, example, optional, push, register, u32 } from 'wirelet';
import { associationsOf, EXAMPLE_ROUTES, type Association } from './association.js';
import { afterBlock, BLOCK_BYTES, compress, paddedWord } from './sha1.js';

const DIGEST_BYTES = 12;
const HASH_BYTES = 20;
/** Blocks of the longest packet. */
const BLOCKS_MAX = 160;
const [INNER, OUTER] = [0x36, 0x5c];

/** The hash of the key's own block, by which each message begins (RFC 2104). */
const keyed = (pad: number) => ({ authenticationKey }: Association): number[] => afterBlock(Array.from({ length: BLOCK_BYTES }, (_, index) => (authenticationKey[index] ?? 0) ^ pad));

export default defineElement({
  name: 'IPsecAuthHMACSHA1',
  config: { verify: bool({ doc: 'Whether packets are checked; else they are authenticated.' }) },
  ports: { inputs: { in: 'Packets that begin with an ESP header, with the annotations of RadixIPsecLookup.' }, outputs: { out: 'The same packets, with or without their hash.', bad: optional(push('Packets with a wrong hash.')) } },
  counters: { wrong: 'Packets with a wrong hash.' },
  drops: { no_association: 'The packet bears no association.', too_short: 'The packet is shorter than the hash.' },
  state: { words: array('u32', 80), hash: array('u32', 5), complaints: register('u8') },
  build({ elements, chatter }) {
    const all = associationsOf(elements);
    const zeros = [0, 0, 0, 0, 0];
    return { count: all.length, inner: all.length === 0 ? zeros : all.flatMap(keyed(INNER!)), outer: all.length === 0 ? zeros : all.flatMap(keyed(OUTER!)), chatter };
  },
  process(packet, { config, built, state, counters, outputs, log }) {
    const number = packet.annotationU32(ANNOTATIONS.ipsec_association.offset) - 1;
    if (number < 0 || number >= built.count) return drop('no_association');
    if (config.verify && packet.length < DIGEST_BYTES) return drop('too_short');
    const length = config.verify ? Math.max(0, packet.length - DIGEST_BYTES) : packet.length;
    const key = number * 5;
    for (let index = 0; index < 5; index += 1) state.hash[index] = built.inner[key + index]!;
    // A bit, zeros, and eight bytes of length are behind the message.
    const blocks = Math.trunc((length + 8) / BLOCK_BYTES) + 1;
    for (let block = 0; block < BLOCKS_MAX; block += 1) {
      if (block >= blocks) break;
      for (let index = 0; index < 16; index += 1) state.words[index] = paddedWord(packet, block * BLOCK_BYTES + index * 4, length);
      if (block === blocks - 1) state.words[15] = u32((BLOCK_BYTES + length) * 8);
      compress(state);
    }
    for (let index = 0; index < 5; index += 1) {
      state.words[index] = state.hash[index]!;
      state.hash[index] = built.outer[key + index]!;
    }
    state.words[5] = 0x8000_0000;
    for (let index = 6; index < 15; index += 1) state.words[index] = 0;
    state.words[15] = (BLOCK_BYTES + HASH_BYTES) * 8;
    compress(state);
    if (!config.verify) {
      packet.append(DIGEST_BYTES);
      packet.storeU32(length, state.hash[0]!);
      packet.storeU32(length + 4, state.hash[1]!);
      packet.storeU32(length + 8, state.hash[2]!);
      return outputs.out;
    }
    // All of it is compared, whatever differs first: the time says nothing about where.
    const differs = (packet.loadU32(length) ^ state.hash[0]!) | (packet.loadU32(length + 4) ^ state.hash[1]!) | (packet.loadU32(length + 8) ^ state.hash[2]!);
    if (differs !== 0) {
      counters.wrong.add(1);
      if (built.chatter.length > 0 && state.complaints === 0) {
        log.text('Invalid SHA1 authentication digest');
        log.end();
        state.complaints = 1;
      }
      return outputs.bad;
    }
    packet.truncate(length);
    return outputs.out;
  },
  handlers: { drops: { doc: 'Packets with a wrong hash.', read: ({ counters }) => String(counters.wrong.value) } },
  examples: [example('drops what bears no association', new Uint8Array(32), { drop: 'no_association' }, { config: 'true', beside: EXAMPLE_ROUTES })],
});
