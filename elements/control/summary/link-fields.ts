/** Fields of the Ethernet header. */
import { formatMacDashed, parseMac } from 'wirelet';
import { ORDER, type Field } from './field.js';
import { u16, u32 } from './summarized.js';

const order = ORDER.link;
const IP_TYPES = [0x0800, 0x86dd];

function address(at: 0 | 6): Field {
  return {
    size: 6,
    extract(packet) {
      const header = packet.ethernet();
      return header && u16(header, at) * 0x1_0000_0000 + u32(header, at + 2);
    },
    show: (value) => formatMacDashed(value as number),
    input: {
      order,
      parse: (text) => parseMac(text.replace(/-/g, ':')),
      inject(packet, value) {
        packet.makeEthernet();
        packet.store16(packet.mac + at, Math.trunc((value as number) / 0x1_0000_0000));
        packet.store32(packet.mac + at + 2, (value as number) % 0x1_0000_0000);
      },
    },
  };
}

export const LINK_FIELDS: Readonly<Record<string, Field>> = {
  eth_src: address(6),
  eth_dst: address(0),
  eth_type: {
    size: 2,
    extract(packet) {
      const header = packet.ethernet();
      return header && u16(header, 12);
    },
    show: (value) => (value as number).toString(16).toUpperCase().padStart(4, '0'),
    input: {
      order,
      parse: (text) => (/^(0x)?[0-9a-f]{1,4}$/i.test(text) ? parseInt(text, 16) : undefined),
      inject(packet, value) {
        packet.makeEthernet();
        packet.store16(packet.mac + 12, value as number);
        if (!IP_TYPES.includes(value as number)) packet.isIp = false;
      },
    },
  },
};
