/**
 * Puts packets into a PPPoE session (RFC 2516): a PPPoE header, and a PPP header with PROTOCOL, in front. An EtherEncap(0x8864, ...)
 * belongs behind it.
 */
import { defineElement, drop, example, integer, PPP_PROTOCOL, pppoe, u16 } from 'wirelet';

const data = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'PPPoEEncap',
  config: {
    session: integer({ min: 0, max: 0xffff, doc: 'The session.' }),
    protocol: integer({ max: 0xffff, default: PPP_PROTOCOL.ipv4, doc: 'The PPP protocol of the packets; 0x0021 is IPv4, 0x0057 IPv6.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, in the session.' } },
  drops: { too_long: 'The packet has more than 65533 bytes.' },
  process(packet, { config, outputs }) {
    if (packet.length > 65_533) return drop('too_long');
    packet.prepend(2);
    packet.storeU16(0, config.protocol);
    const length = u16(packet.length);
    packet.prepend(pppoe.size);
    const header = pppoe.at(packet);
    header.version_type = 0x11;
    header.session = config.session;
    header.length = length;
    return outputs.out;
  },
  reconfigurable: true,
  examples: [
    example('puts both headers in front', data, { out: Uint8Array.from([0x11, 0, 0, 7, 0, 5, 0, 0x21, 1, 2, 3]) }, { config: '7' }),
    example('tells what is inside', data, { out: Uint8Array.from([0x11, 0, 0x12, 0x34, 0, 5, 0, 0x57, 1, 2, 3]) }, { config: '0x1234, 0x0057' }),
  ],
});
