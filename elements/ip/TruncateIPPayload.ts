/**
 * Cuts IPv4 packets off LENGTH bytes behind their headers: the IP header and, with TRANSPORT, that of TCP, UDP or ICMP. Packets without a
 * marked IP header keep LENGTH bytes. What was cut off is added to the packet's extra length annotation, so that counters can tell how
 * long it was, but for EXTRA_LENGTH false.
 */
import { ANNOTATIONS, bool, defineElement, example, icmp, ICMP_TYPE, integer, IP_PROTOCOL, ipv4, tcp, u32, udp, type Packet } from 'wirelet';

/** Bytes of a timestamp message: three times behind what all have (RFC 792). */
const TIMESTAMP_BYTES = 20;
/** Of a TCP header, so that it tells how long it is. */
const TCP_OFFSET_END = 12;

const data = Uint8Array.from([1, 2, 3, 4, 5]);
const wanted = data.subarray(0, 2);
const of = (protocol: number, payload: Parameters<typeof ipv4.make>[1], kept: Parameters<typeof ipv4.make>[1]) => ({ whole: ipv4.make({ protocol, total_length: 99 }, payload), cut: ipv4.make({ protocol, total_length: 99 }, kept) });
const [inUdp, inTcp, inEcho, inTimestamp, inOther] = [
  of(17, udp.make({ length: 13 }, data), udp.make({ length: 13 }, wanted)),
  of(6, tcp.make({ data_offset: 6 }, Uint8Array.from([0, 0, 0, 0, ...data])), tcp.make({ data_offset: 6 }, Uint8Array.from([0, 0, 0, 0, ...wanted]))),
  of(1, icmp.make({ type: 8, checksum: 1 }, data), icmp.make({ type: 8, checksum: 1 }, wanted)),
  of(1, icmp.make({ type: 13, checksum: 1 }, new Uint8Array(15)), icmp.make({ type: 13, checksum: 1 }, new Uint8Array(14))),
  of(50, data, wanted),
] as const;

/** Bytes of the header behind the IP header. */
function transportBytes(packet: Packet, protocol: number): number {
  if (protocol === IP_PROTOCOL.udp) return udp.size;
  const length = packet.hasTransportHeader ? packet.transportLength : 0;
  if (protocol === IP_PROTOCOL.tcp) return length >= TCP_OFFSET_END ? Math.max(tcp.size, tcp.at(packet).data_offset * 4) : tcp.size;
  if (protocol !== IP_PROTOCOL.icmp || length < icmp.size) return 0;
  const type = icmp.at(packet).type;
  return type === ICMP_TYPE.timestamp || type === ICMP_TYPE.timestamp_reply ? TIMESTAMP_BYTES : icmp.size;
}

/** Bytes of all headers. */
function headerBytes(packet: Packet, transport: boolean): number {
  const header = ipv4.at(packet);
  if (header.header_length < 5) return ipv4.size;
  const length = header.header_length * 4;
  return transport && packet.networkLength >= 10 ? length + transportBytes(packet, header.protocol) : length;
}

export default defineElement({
  name: 'TruncateIPPayload',
  config: {
    length: integer({ max: 65_535, default: 0, doc: 'Bytes that may follow the headers.' }),
    transport: bool({ default: true, doc: 'Whether headers of TCP, UDP and ICMP stay, too.' }),
    extra_length: bool({ default: true, keyword: true, doc: 'Whether the extra length annotation says how much was cut off.' }),
  },
  ports: { inputs: { in: 'IPv4 packets.' }, outputs: { out: 'The same packets, no longer than that.' } },
  process(packet, { config, outputs }) {
    let cut = packet.length - config.length;
    if (packet.hasNetworkHeader) {
      if (packet.networkLength < 1) return outputs.out;
      cut = packet.networkLength - headerBytes(packet, config.transport) - config.length;
    }
    if (cut <= 0) return outputs.out;
    if (config.extra_length) {
      const { offset } = ANNOTATIONS.extra_length;
      packet.setAnnotationU32(offset, u32(packet.annotationU32(offset) + cut));
    }
    packet.truncate(Math.max(0, packet.length - cut));
    return outputs.out;
  },
  examples: [
    example('leaves the beginning of what is carried', [inUdp.whole, inTcp.whole, inEcho.whole, inOther.whole], { out: [inUdp.cut, inTcp.cut, inEcho.cut, inOther.cut] }, { config: '2' }),
    example('counts what timestamps carry to their header', inTimestamp.whole, { out: inTimestamp.cut }, { config: '2' }),
    example('leaves the IP header alone', inUdp.whole, { out: { ...inUdp.whole, bytes: inUdp.whole.bytes.subarray(0, 20) } }, { config: 'TRANSPORT false' }),
    example('leaves headers alone', inUdp.whole, { out: { ...inUdp.whole, bytes: inUdp.whole.bytes.subarray(0, 28) } }),
    example('counts bytes of packets without a header', data, { out: wanted }, { config: '2' }),
    example('leaves shorter packets alone', [inUdp.whole, { bytes: wanted, networkHeader: 2 }], { out: [inUdp.whole, wanted] }, { config: '5' }),
    example('takes a header that cannot be for a short one', ipv4.make({ header_length: 4 }, data), { out: ipv4.make({ header_length: 4, total_length: 25 }, wanted) }, { config: '2' }),
    example('notes what it cut off', inOther.whole, { out: Uint8Array.from([0, 0, 0, 3, ...inOther.cut.bytes]) }, { config: '2', after: 'ExampleAnnotations(28, 4)' }),
    example('does not note it when told not to', inOther.whole, { out: Uint8Array.from([0, 0, 0, 0, ...inOther.cut.bytes]) }, { config: '2, EXTRA_LENGTH false', after: 'ExampleAnnotations(28, 4)' }),
  ],
});
