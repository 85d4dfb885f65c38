/**
 * Splits TCP segments that are longer than MTU into shorter ones, which leave in order: each has the headers of the whole, the sequence number of its first
 * byte, and right lengths and checksums. FIN goes with the last; all else is in each. What lies in
 * front of the IP header is in each, too.
 */
import { checksum, checksummed, consumed, copyAnnotations, copyBytes, counterHandler, defineElement, drop, example, integer, IP_PROTOCOL, ipv4, pseudoHeaderSum, push, tcp, u16, u32 } from 'wirelet';

const FIN = 0x01;
const bytes = (from: number, count: number) => Uint8Array.from({ length: count }, (_, index) => from + index);
const segment = (identification: number, sequence: number, flags: number, data: Uint8Array) => checksummed(ipv4.make({ protocol: 6, identification }, tcp.make({ source_port: 1, destination_port: 2, sequence, flags }, data)));

export default defineElement({
  name: 'TCPFragmenter',
  config: {
    mtu: integer({ default: 0, max: 65_535, keyword: true, doc: 'Bytes that a packet may have from its IP header on; 0: as many as it likes.' }),
    mtu_anno: integer({ default: -1, min: -1, max: 46, keyword: true, doc: 'Annotation of two bytes with the MTU of the packet, where it is not 0 and lower than MTU; -1: none.' }),
  },
  ports: { inputs: { in: push('IPv4 packets with marked headers.') }, outputs: { out: push('Packets no longer than MTU, but for those that are not TCP.') } },
  counters: { fragments: 'Segments made.', fragmented: 'Segments that were split.', count: 'Packets that came.' },
  drops: { bad_header: 'Its headers are longer than it is.', no_room: 'No packet buffer was free.' },
  build({ config, fail }) {
    if (config.mtu === 0 && config.mtu_anno < 0) fail('neither MTU nor MTU_ANNO is given', undefined, 'At least one of MTU and MTU_ANNO must be set');
    return undefined;
  },
  process(packet, { config, counters, outputs, packets, emit }) {
    const header = ipv4.at(packet);
    const base = packet.networkHeaderOffset;
    counters.count.add(1);
    const noted = config.mtu_anno < 0 ? 0 : packet.annotationU8(config.mtu_anno) * 256 + packet.annotationU8(config.mtu_anno + 1);
    const mtu = noted > 0 && (config.mtu === 0 || noted < config.mtu) ? noted : config.mtu;
    const total = header.total_length;
    if (mtu === 0 || total < mtu || header.protocol !== IP_PROTOCOL.tcp || (header.fragment & 0x3fff) !== 0) return outputs.out;
    const size = header.header_length * 4;
    if (base < 0 || size < ipv4.size || packet.networkLength < total || total < size + tcp.size) return drop('bad_header');
    const whole = tcp.atOffset(packet, base + size);
    const headers = size + whole.data_offset * 4;
    const room = mtu - headers;
    if (whole.data_offset < 5 || total < headers) return drop('bad_header');
    if (room < 1) return outputs.out;
    const data = total - headers;
    const sequence = whole.sequence;
    const flags = whole.flags;
    counters.fragmented.add(1);
    for (let offset = 0; offset < data; offset += room) {
      const count = Math.max(0, Math.min(room, data - offset));
      const piece = packets.ofLength(Math.min(base + headers + count, 9216));
      if (piece === null) return drop('no_room');
      copyAnnotations(piece, packet);
      copyBytes(piece, 0, packet, 0, base + headers);
      copyBytes(piece, base + headers, packet, base + headers + offset, count);
      piece.markNetworkHeader(base);
      piece.markTransportHeader(base + size);
      const outer = ipv4.atOffset(piece, base);
      outer.total_length = u16(headers + count);
      outer.checksum = 0;
      outer.checksum = checksum.finish(checksum.sum(piece, base, size));
      const inner = tcp.atOffset(piece, base + size);
      inner.sequence = u32(sequence + offset);
      if (offset + count < data) inner.flags = flags & ~FIN;
      inner.checksum = 0;
      const length = u16(headers - size + count);
      inner.checksum = checksum.finish(checksum.add(pseudoHeaderSum(outer.source, outer.destination, IP_PROTOCOL.tcp, length), checksum.sum(piece, base + size, length)));
      counters.fragments.add(1);
      emit(outputs.out, piece);
    }
    return consumed;
  },
  handlers: {
    fragments: counterHandler('fragments', 'Segments made.'),
    fragmented_count: counterHandler('fragmented', 'Segments that were split.'),
    count: counterHandler('count', 'Packets that came.'),
  },
  examples: [
    example('passes short segments', segment(1, 5, 0x18, bytes(0, 27)), { out: segment(1, 5, 0x18, bytes(0, 27)) }, { config: 'MTU 68' }),
    example(
      'splits long ones',
      segment(1, 5, 0x19, bytes(0, 60)),
      { out: [segment(1, 5, 0x18, bytes(0, 28)), segment(1, 33, 0x18, bytes(28, 28)), segment(1, 61, 0x19, bytes(56, 4))] },
      { config: 'MTU 68', counters: { fragments: 3, fragmented: 1, count: 1 } },
    ),
    example('counts what is just as long as it may be', segment(1, 5, 0x18, bytes(0, 28)), { out: segment(1, 5, 0x18, bytes(0, 28)) }, { config: 'MTU 68', counters: { fragments: 1, fragmented: 1, count: 1 } }),
    example('passes what is not TCP', ipv4.make({ protocol: 17 }, bytes(0, 80)), { out: ipv4.make({ protocol: 17 }, bytes(0, 80)) }, { config: 'MTU 68' }),
    example('drops a length that lies', ipv4.make({ protocol: 6, total_length: 90 }, bytes(0, 20)), { drop: 'bad_header' }, { config: 'MTU 68' }),
  ],
});
