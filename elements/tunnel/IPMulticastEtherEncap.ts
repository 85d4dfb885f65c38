/**
 * Puts an Ethernet header in front of IPv4 multicast packets, to the group address that belongs to their destination (RFC 1112, 6.4).
 * Other packets are dropped.
 */
import { defineElement, drop, ethernet, ETHERTYPE, example, integer, ipv4, macAddress } from 'wirelet';

const packet = ipv4.make({ destination: 0xe081_0203 });

export default defineElement({
  name: 'IPMulticastEtherEncap',
  config: {
    ethertype: integer({ max: 0xffff, default: ETHERTYPE.ipv4, doc: 'The EtherType.' }),
    src: macAddress({ doc: 'The source address.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with a marked header.' }, outputs: { out: 'Ethernet frames.' } },
  drops: { not_multicast: 'Its destination is no group.' },
  process(packet, { config, outputs }) {
    const group = ipv4.at(packet).destination;
    if (!ipv4.isMulticast(group)) return drop('not_multicast');
    packet.prepend(ethernet.size);
    packet.markMacHeader(0);
    const header = ethernet.at(packet);
    header.destination = 0x0100_5e00_0000 + (group & 0x7f_ffff);
    header.source = config.src;
    header.type = config.ethertype;
    return outputs.out;
  },
  examples: [
    example('goes to the group', packet, { out: ethernet.make({ destination: 0x0100_5e01_0203, source: 0x0200_0000_0009 }, packet.bytes) }, { config: '0x0800, 02:00:00:00:00:09' }),
    example('drops what is for one', ipv4.make({}), { drop: 'not_multicast' }, { config: '0x0800, 02:00:00:00:00:09' }),
    example('drops what has no marked header', packet.bytes, { drop: 'no_network_header' }, { config: '0x0800, 02:00:00:00:00:09' }),
  ],
});
