/**
 * Takes packets out of a PPPoE session (RFC 2516): the PPPoE header, and the PPP header with PROTOCOL, are taken off, and padding behind
 * the packet is cut off. Put a Strip(14) before it. What is of another session or protocol, such as that of LCP, leaves by `other` as it
 * came, and so does what is shorter than it says.
 */
import { defineElement, example, integer, optional, PPP_PROTOCOL, pppoe, push } from 'wirelet';

const bytes = (...all: number[]) => Uint8Array.from(all);
const mine = bytes(0x11, 0, 0, 7, 0, 5, 0, 0x21, 1, 2, 3);
const others = [
  bytes(0x11, 0, 0, 8, 0, 5, 0, 0x21, 1, 2, 3), bytes(0x11, 0, 0, 7, 0, 5, 0xc0, 0x21, 1, 2, 3), bytes(0x11, 9, 0, 7, 0, 5, 0, 0x21, 1, 2, 3),
  bytes(0x21, 0, 0, 7, 0, 5, 0, 0x21, 1, 2, 3), bytes(0x11, 0, 0, 7, 0, 6, 0, 0x21, 1, 2, 3), bytes(0x11, 0, 0, 7, 0, 1, 0, 0x21), bytes(0x11, 0, 0, 7, 0, 1, 0),
];

export default defineElement({
  name: 'PPPoEDecap',
  config: {
    session: integer({ max: 0xffff, required: false, doc: 'The session; without it any.' }),
    protocol: integer({ max: 0xffff, default: PPP_PROTOCOL.ipv4, doc: 'The PPP protocol of the packets.' }),
  },
  ports: { inputs: { in: 'Packets that begin with a PPPoE header.' }, outputs: { out: 'What is inside.', other: optional(push('Other packets, as they came.')) } },
  process(packet, { config, outputs }) {
    if (packet.length < pppoe.size + 2) return outputs.other;
    const header = pppoe.at(packet);
    const length = header.length;
    if (header.version_type !== 0x11 || header.code !== 0 || length < 2 || pppoe.size + length > packet.length) return outputs.other;
    if (config.session !== undefined && header.session !== config.session) return outputs.other;
    if (packet.loadU16(pppoe.size) !== config.protocol) return outputs.other;
    packet.truncate(pppoe.size + length);
    packet.strip(pppoe.size + 2);
    return outputs.out;
  },
  reconfigurable: true,
  examples: [
    example('leaves what is inside, without padding', [mine, bytes(...mine, 0, 0)], { out: [bytes(1, 2, 3), bytes(1, 2, 3)] }, { config: '7' }),
    example('sorts out what is not for it', others, { other: others }, { config: '7' }),
    example('takes any session', others[0]!, { out: bytes(1, 2, 3) }),
    example('drops the others where nothing takes them', others[4]!, { drop: 'other' }, { outputs: 1 }),
  ],
});
