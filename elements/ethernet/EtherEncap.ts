/**
 * Puts an Ethernet header in front of packets.
 */
import { defineElement, ethernet, example, givenHandler, integer, ipv4, macAddress } from 'wirelet';

export default defineElement({
  name: 'EtherEncap',
  config: {
    ethertype: integer({ max: 0xffff, doc: 'The EtherType, such as 0x0800 for IPv4.' }),
    src: macAddress({ doc: 'The source address.' }),
    dst: macAddress({ doc: 'The destination address.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Ethernet frames.' } },
  process(packet, { config, outputs }) {
    packet.prepend(14);
    packet.markMacHeader(0);
    const header = ethernet.at(packet);
    header.destination = config.dst;
    header.source = config.src;
    header.type = config.ethertype;
    return outputs.out;
  },
  handlers: {
    src: givenHandler('src', 'The source address.', 'Ethernet address'),
    dst: givenHandler('dst', 'The destination address.', 'Ethernet address'),
    ethertype: givenHandler('ethertype', 'The EtherType.', 'uint16_t'),
    etht: { ...givenHandler('ethertype', 'Another name of ethertype.', 'uint16_t'), deprecated: true },
  },
  reconfigurable: true,
  examples: [
    example('makes a frame of a packet', ipv4.make({}), { out: ethernet.make({ source: 0x0200_0000_0001, destination: 0x0200_0000_0002 }, ipv4.make({})) }, { config: '0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02' }),
  ],
});
