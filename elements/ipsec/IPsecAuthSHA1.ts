/**
 * Puts the first twelve bytes of the SHA-1 hash of whole packets behind them, or with VERIFY takes them off again where they are right; packets where they are not leave by
 * `bad`. Whoever changes a packet can change its hash, too: it finds accidents. IPsecAuthHMACSHA1 finds changes.
 */
import { bool, defineElement, drop, example, optional, push } from 'wirelet';
import { authenticate, authenticationDrops, authenticationState, hashedBytes, hashPacket } from './authentication.js';
import { DIGEST_BYTES } from './esp.js';
import { INITIAL } from './sha1.js';

/** The hash of "abc" (FIPS 180-4, its examples). */
const abc = Uint8Array.from([0x61, 0x62, 0x63]);
const authenticated = Uint8Array.from([...abc, 0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71]);
const changed = Uint8Array.from(authenticated, (byte, index) => (index === 1 ? 0 : byte));

export default defineElement({
  name: 'IPsecAuthSHA1',
  config: { verify: bool({ doc: 'Whether packets are checked; else they get their hash.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with or without their hash.', bad: optional(push('Packets with a wrong hash.')) } },
  counters: { wrong: 'Packets with a wrong hash.' },
  drops: authenticationDrops,
  split: 'each',
  state: authenticationState,
  build: ({ chatter }) => ({ tells: chatter !== '', initial: INITIAL }),
  process(packet, context) {
    const { config, built, state } = context;
    if (config.verify && packet.length < DIGEST_BYTES) return drop('too_short');
    const length = hashedBytes(context, packet);
    for (let index = 0; index < 5; index += 1) state.hash[index] = built.initial[index]!;
    hashPacket(state, packet, length, 0);
    return authenticate(packet, context, length);
  },
  handlers: { drops: { doc: 'Packets with a wrong hash.', read: ({ counters }) => String(counters.wrong.value) } },
  examples: [
    example('puts the hash behind a packet', abc, { out: authenticated }, { config: '0' }),
    example('takes a right hash off', authenticated, { out: abc }, { config: '1' }),
    example('sorts out packets with a wrong one', changed, { bad: changed }, { config: '1', counters: { wrong: 1 } }),
    example('drops what is shorter than a hash', abc, { drop: 'too_short' }, { config: '1' }),
  ],
});
