/**
 * Swaps source and destination of IPv4 packets: the addresses, the ports of TCP and UDP (in first fragments), and the sequence and
 * acknowledgement numbers of TCP. No checksum changes by that.
 */
import { bool, checksummed, defineElement, example, IP_PROTOCOL, ipv4, tcp, udp } from 'wirelet';

const data = Uint8Array.from([1, 2, 3]);
const segment = (source_port: number, destination_port: number, sequence: number, acknowledgement: number) => tcp.make({ source_port, destination_port, sequence, acknowledgement, flags: 16 }, data);
const there = checksummed(ipv4.make({ protocol: 6 }, segment(80, 5000, 1, 2)));
const back = checksummed(ipv4.make({ protocol: 6, source: 0x0a000002, destination: 0x0a000001 }, segment(5000, 80, 2, 1)));
const datagram = (reverse: boolean) => checksummed(ipv4.make(reverse ? { source: 0x0a000002, destination: 0x0a000001 } : {}, udp.make(reverse ? { source_port: 2, destination_port: 1 } : { source_port: 1, destination_port: 2 }, data)));
const piece = (values: Parameters<typeof ipv4.make>[0]) => ipv4.make({ fragment_offset: 3, ...values }, Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]));

export default defineElement({
  name: 'IPMirror',
  config: { dst_anno: bool({ default: true, doc: 'Make the new destination the destination annotation.' }) },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets, the other way round.' } },
  process(packet, { config, outputs }) {
    const header = ipv4.at(packet);
    const source = header.source;
    header.source = header.destination;
    header.destination = source;
    if (config.dst_anno) packet.destinationAddress = source;
    const isTcp = header.protocol === IP_PROTOCOL.tcp;
    if ((!isTcp && header.protocol !== IP_PROTOCOL.udp) || header.fragment_offset !== 0 || packet.transportLength < 8) return outputs.out;
    const ports = udp.at(packet);
    const port = ports.source_port;
    ports.source_port = ports.destination_port;
    ports.destination_port = port;
    if (isTcp && packet.transportLength >= 12) {
      const numbers = tcp.at(packet);
      const sequence = numbers.sequence;
      numbers.sequence = numbers.acknowledgement;
      numbers.acknowledgement = sequence;
    }
    return outputs.out;
  },
  examples: [
    example('sends TCP back', there, { out: back }),
    example('sends UDP back', datagram(false), { out: datagram(true) }),
    example('swaps the addresses of fragments only', piece({}), { out: piece({ source: 0x0a000002, destination: 0x0a000001 }) }),
    example('sets the annotation', there, { out: Uint8Array.from([10, 0, 0, 1, ...back.bytes]) }, { after: 'ExampleAnnotations(0, 4)' }),
    example('leaves the annotation alone', there, { out: Uint8Array.from([0, 0, 0, 0, ...back.bytes]) }, { config: 'false', after: 'ExampleAnnotations(0, 4)' }),
    example('drops what has no marked header', there.bytes, { drop: 'no_network_header' }),
  ],
});
