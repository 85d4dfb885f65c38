/**
 * Swaps source and destination of IPv6 packets: the addresses, the ports of TCP and UDP that follow the header, and the sequence and
 * acknowledgement numbers of TCP. No checksum changes by that.
 */
import { defineElement, example, IP_PROTOCOL, ipv6, tcp, udp } from 'wirelet';

const [a, b] = [[0x2001_0db8, 1, 2, 3], [0xfe80_0000, 4, 5, 6]] as const;
const segment = (source_port: number, destination_port: number, sequence: number, acknowledgement: number) => tcp.make({ source_port, destination_port, sequence, acknowledgement });
const there = ipv6.make({ source: a, destination: b, next_header: 6 }, segment(80, 5000, 1, 2));
const back = ipv6.make({ source: b, destination: a, next_header: 6 }, segment(5000, 80, 2, 1));
const datagram = (reverse: boolean) => ipv6.make(reverse ? { source: b, destination: a } : { source: a, destination: b }, udp.make(reverse ? { source_port: 2, destination_port: 1 } : { source_port: 1, destination_port: 2 }));
const other = (reverse: boolean) => ipv6.make({ ...(reverse ? { source: b, destination: a } : { source: a, destination: b }), next_header: 58 }, Uint8Array.from([128, 0, 1, 2, 3, 4, 5, 6]));

export default defineElement({
  name: 'IP6Mirror',
  ports: { inputs: { in: 'IPv6 packets with marked headers.' }, outputs: { out: 'The same packets, the other way round.' } },
  process(packet, { outputs }) {
    const header = ipv6.at(packet);
    const s0 = header.source_0;
    const s1 = header.source_1;
    const s2 = header.source_2;
    const s3 = header.source_3;
    header.source_0 = header.destination_0;
    header.source_1 = header.destination_1;
    header.source_2 = header.destination_2;
    header.source_3 = header.destination_3;
    header.destination_0 = s0;
    header.destination_1 = s1;
    header.destination_2 = s2;
    header.destination_3 = s3;
    const isTcp = header.next_header === IP_PROTOCOL.tcp;
    if ((!isTcp && header.next_header !== IP_PROTOCOL.udp) || packet.transportLength < 8) return outputs.out;
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
    example('swaps the addresses of others only', other(false), { out: other(true) }),
    example('drops what has no marked header', there.bytes, { drop: 'no_network_header' }),
  ],
});
