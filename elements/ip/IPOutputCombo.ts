/**
 * Does at once what a router does with each packet on its way out: DropBroadcasts -> PaintTee(COLOR) -> IPGWOptions(IPADDR) ->
 * FixIPSrc(IPADDR) -> DecIPTTL -> CheckLength(MTU). It does not fragment: put an IPFragmenter behind `long`.
 */
import { ANNOTATIONS, checksum, defineElement, drop, example, integer, ipv4, ipv4Address, PACKET_TYPE, push, u8 } from 'wirelet';
import { ANSWER, answerOptions } from './gateway-options.js';

const options = (...bytes: number[]) => ipv4.make({ ttl: 64 }, new Uint8Array(4), Uint8Array.from(bytes));
const config = '3, 10.9.9.9, 40';
const packet = (ttl: number, length = 10) => ipv4.make({ ttl }, new Uint8Array(length));

export default defineElement({
  name: 'IPOutputCombo',
  config: {
    color: integer({ max: 255, doc: 'The colour of packets that arrived by the interface by which they leave.' }),
    ipaddr: ipv4Address({ doc: 'The address of the interface.' }),
    mtu: integer({ min: 0, max: 65_535, doc: 'Bytes that a packet may have.' }),
  },
  ports: {
    inputs: { in: push('IPv4 packets with a checked header.') },
    outputs: {
      out: push('Packets to send.'),
      same_way: push('Copies of packets of the colour, for a redirect.'),
      bad_options: push('Packets with a wrong option.'),
      expired: push('Packets on their last hop.'),
      long: push('Packets that are longer than MTU.'),
    },
  },
  drops: { group: 'It was sent to many on the link.', bad_header: 'The header is said to be shorter than 20 bytes, or longer than the packet.' },
  build: ({ config }) => ({ own: [config.ipaddr] }),
  process(packet, { config, built, clock, outputs, emitCopy }) {
    const type = packet.annotationU8(ANNOTATIONS.packet_type.offset);
    if (type === PACKET_TYPE.group || type === PACKET_TYPE.multicast) return drop('group');
    if (packet.paint === config.color) emitCopy(outputs.same_way, packet);
    const answer = answerOptions(packet, config.ipaddr, built.own, clock);
    if (answer === ANSWER.no_header) return drop('bad_header');
    if (answer === ANSWER.wrong) return outputs.bad_options;
    const header = ipv4.at(packet);
    if (packet.annotationU8(ANNOTATIONS.fix_ip_source.offset) !== 0) {
      packet.setAnnotationU8(ANNOTATIONS.fix_ip_source.offset, 0);
      header.checksum = checksum.updateU32(header.checksum, header.source, config.ipaddr);
      header.source = config.ipaddr;
    }
    if (header.ttl <= 1) return outputs.expired;
    header.checksum = checksum.subtract(header.checksum, 0x0100);
    header.ttl = u8(header.ttl - 1);
    return packet.length > config.mtu ? outputs.long : outputs.out;
  },
  examples: [
    example('spends a hop', packet(64), { out: packet(63) }, { config }),
    example('copies what leaves where it came from', { ...packet(64), paint: 3 }, { out: packet(63), same_way: packet(64) }, { config }),
    example('answers options', options(7, 7, 4, 0, 0, 0, 0, 0), { out: ipv4.make({ ttl: 63 }, new Uint8Array(4), Uint8Array.from([7, 7, 8, 10, 9, 9, 9, 0])) }, { config }),
    example('sorts out wrong options', options(7, 39, 4, 0), { bad_options: options(7, 39, 4, 0) }, { config }),
    example('fixes the source', { ...packet(64), fixIpSource: true }, { out: ipv4.make({ ttl: 63, source: 0x0a090909 }, new Uint8Array(10)) }, { config }),
    example('sorts out the last hop', packet(1), { expired: packet(1) }, { config }),
    example('sorts out long packets', packet(64, 21), { long: packet(63, 21) }, { config }),
    example('drops what was sent to many', { ...packet(64), packetType: PACKET_TYPE.group }, { drop: 'group' }, { config }),
    example('drops a header that is longer than the packet', ipv4.make({ header_length: 15 }), { drop: 'bad_header' }, { config }),
  ],
});
