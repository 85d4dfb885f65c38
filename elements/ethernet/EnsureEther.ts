/**
 * Puts an Ethernet header in front of packets whose network header is marked and has none before it: the one they had,
 * where one of IPv4 or IPv6 was stripped off, or a given one. All other packets pass as they are.
 */
import { defineElement, ethernet, ETHERTYPE, example, integer, ipv4, macAddress } from 'wirelet';

const packet = ipv4.make({});
const [source, destination] = [0x0101_0101_0101, 0x0202_0202_0202];
const frame = ethernet.make({ source: 3, destination: 4 }, packet);

export default defineElement({
  name: 'EnsureEther',
  config: {
    ethertype: integer({ default: ETHERTYPE.ipv4, max: 0xffff, doc: 'The EtherType.' }),
    src: macAddress({ default: source, doc: 'The source address.' }),
    dst: macAddress({ default: destination, doc: 'The destination address.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets with an Ethernet header.' } },
  process(packet, { config, outputs }) {
    if (!packet.hasNetworkHeader) return outputs.out;
    const offset = packet.networkHeaderOffset;
    if (offset < 0) return outputs.out;
    let before = offset;
    if (offset === 0 && packet.headroom >= 14) {
      packet.unstrip(14);
      before = 14;
    }
    if (before === 14) {
      const type = packet.loadU16(12);
      if (type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6) return outputs.out;
    }
    packet.strip(before);
    packet.prepend(14);
    packet.markMacHeader(0);
    const header = ethernet.at(packet);
    header.destination = config.dst;
    header.source = config.src;
    header.type = config.ethertype;
    return outputs.out;
  },
  examples: [
    example('makes frames of packets', packet, { out: ethernet.make({ source, destination }, packet) }, { before: 'Null' }),
    example('gives stripped headers back', frame, { out: frame }, { before: 'Strip(14)' }),
    example('leaves frames alone', frame, { out: frame }),
    example('gives a stripped header back without a mark', frame.bytes, { out: frame }, { before: 'Strip(14) -> MarkIPHeader' }),
    example('puts it in place of another header', ethernet.make({ source: 3, type: 0x1234 }, packet), { out: ethernet.make({ source, destination }, packet) }),
    example('leaves packets alone whose network header is not marked', packet.bytes, { out: packet }),
    example('takes the header of its arguments', packet, { out: ethernet.make({ source: 7, destination: 8, type: 0x1234 }, packet) }, { config: '0x1234, 00:00:00:00:00:07, 00:00:00:00:00:08' }),
  ],
});
