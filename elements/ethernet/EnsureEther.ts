/**
 * Puts an Ethernet header in front of IPv4 packets that have none: the one they had, where it was stripped off, or a given
 * one. All other packets pass as they are.
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
    if (!packet.hasNetworkHeader || packet.networkHeaderOffset !== 0) return outputs.out;
    if (packet.hasMacHeader && packet.macHeaderOffset === -14) {
      packet.unstrip(14);
      if (packet.loadU16(12) === ETHERTYPE.ipv4) return outputs.out;
      packet.strip(14);
    }
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
    example('leaves packets alone whose network header is not marked', packet.bytes, { out: packet }),
    example('takes the header of its arguments', packet, { out: ethernet.make({ source: 7, destination: 8, type: 0x1234 }, packet) }, { config: '0x1234, 00:00:00:00:00:07, 00:00:00:00:00:08' }),
  ],
});
