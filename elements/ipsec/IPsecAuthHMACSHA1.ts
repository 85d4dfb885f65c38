/**
 * Authenticates packets of ESP with HMAC-SHA-1-96 (RFC 2404): puts the first twelve bytes of the hash of the whole packet behind it, or with VERIFY takes them off again
 * where they are right; packets where they are not leave by `bad`. The key is that of the association that the packet bears, see RadixIPsecLookup.
 */
import { ANNOTATIONS, bool, defineElement, drop, example, optional, push } from 'wirelet';
import { associationsOf, EXAMPLE_ROUTES, type Association } from './association.js';
import { authenticate, authenticationDrops, authenticationState, hashedBytes, hashPacket } from './authentication.js';
import { DIGEST_BYTES } from './esp.js';
import { afterBlock, BLOCK_BYTES, compress } from './sha1.js';

const HASH_BYTES = 20;
const [INNER, OUTER] = [0x36, 0x5c];

/** The hash of the key's own block, by which each message begins (RFC 2104). */
const keyed = (pad: number) => ({ authenticationKey }: Association): number[] => afterBlock(Array.from({ length: BLOCK_BYTES }, (_, index) => (authenticationKey[index] ?? 0) ^ pad));

export default defineElement({
  name: 'IPsecAuthHMACSHA1',
  config: { verify: bool({ doc: 'Whether packets are checked; else they are authenticated.' }) },
  ports: { inputs: { in: 'Packets that begin with an ESP header, with the annotations of RadixIPsecLookup.' }, outputs: { out: 'The same packets, with or without their hash.', bad: optional(push('Packets with a wrong hash.')) } },
  counters: { wrong: 'Packets with a wrong hash.' },
  drops: { no_association: 'The packet bears no association.', ...authenticationDrops },
  state: authenticationState,
  build({ elements, chatter }) {
    const all = associationsOf(elements);
    const zeros = [0, 0, 0, 0, 0];
    return { count: all.length, inner: all.length === 0 ? zeros : all.flatMap(keyed(INNER!)), outer: all.length === 0 ? zeros : all.flatMap(keyed(OUTER!)), tells: chatter !== '' };
  },
  process(packet, context) {
    const { config, built, state } = context;
    const number = packet.annotationU32(ANNOTATIONS.ipsec_association.offset) - 1;
    if (number < 0 || number >= built.count) return drop('no_association');
    if (config.verify && packet.length < DIGEST_BYTES) return drop('too_short');
    const length = hashedBytes(context, packet);
    const key = number * 5;
    for (let index = 0; index < 5; index += 1) state.hash[index] = built.inner[key + index]!;
    hashPacket(state, packet, length, BLOCK_BYTES);
    for (let index = 0; index < 5; index += 1) {
      state.words[index] = state.hash[index]!;
      state.hash[index] = built.outer[key + index]!;
    }
    state.words[5] = 0x8000_0000;
    for (let index = 6; index < 15; index += 1) state.words[index] = 0;
    state.words[15] = (BLOCK_BYTES + HASH_BYTES) * 8;
    compress(state);
    return authenticate(packet, context, length);
  },
  handlers: { drops: { doc: 'Packets with a wrong hash.', read: ({ counters }) => String(counters.wrong.value) } },
  examples: [example('drops what bears no association', new Uint8Array(32), { drop: 'no_association' }, { config: 'true', beside: EXAMPLE_ROUTES })],
});
