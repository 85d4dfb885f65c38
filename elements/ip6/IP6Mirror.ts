/**
 * Turns IPv6 packets round: swaps source and destination address, and of TCP and UDP the ports too. None of this changes a checksum.
 * Later fragments have no ports, nor have packets that end before them; extension headers stay as they are.
 */
import { defineElement, example, IP_PROTOCOL, ipv6, tcp, udp } from 'wirelet';
import { upperHeader } from './upper-layer.js';

const there = { source: '2001:db8::1', destination: '2001:db8:1:2:3:4:5:6' };
const back = { source: there.destination, destination: there.source };
const ports = { source_port: 1, destination_port: 2 };
const swapped = { source_port: 2, destination_port: 1 };
const datagram = (way: typeof there, values: typeof ports) => ipv6.make(way, udp.make(values));
const segment = (way: typeof there, values: typeof ports) => ipv6.make({ ...way, next_header: 6 }, tcp.make(values));
/** Hop-by-hop options, destination options of 16 bytes, an authentication header of 12 bytes, and a fragment header in front of UDP. */
const extended = (way: typeof there, values: typeof ports, offset = 0) =>
  ipv6.make({ ...way, next_header: 0 }, Uint8Array.from([60, 0, 1, 4, 0, 0, 0, 0, 51, 1, ...new Uint8Array(14), 44, 1, ...new Uint8Array(10), 17, 0, 0, offset * 8, 0, 0, 0, 7, ...udp.make(values).bytes]));
const echo = (way: typeof there) => ipv6.make({ ...way, next_header: 58 }, Uint8Array.from([128, 0, 1, 2, 3, 4, 5, 6]));
const cut = (way: typeof there) => ipv6.make(way, Uint8Array.from([0, 1, 0]));
/** Nothing but empty hop-by-hop options. */
const endless = (way: typeof there) => ipv6.make({ ...way, next_header: 0 }, new Uint8Array(160));

export default defineElement({
  name: 'IP6Mirror',
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'The same packets on their way back.' } },
  process(packet, { outputs }) {
    const header = ipv6.at(packet);
    const word0 = header.source_0;
    const word1 = header.source_1;
    const word2 = header.source_2;
    const word3 = header.source_3;
    header.source_0 = header.destination_0;
    header.source_1 = header.destination_1;
    header.source_2 = header.destination_2;
    header.source_3 = header.destination_3;
    header.destination_0 = word0;
    header.destination_1 = word1;
    header.destination_2 = word2;
    header.destination_3 = word3;
    const at = upperHeader(packet, IP_PROTOCOL.tcp, IP_PROTOCOL.udp);
    if (at < 0 || at + udp.size > packet.length) return outputs.out;
    // The ports of TCP lie where those of UDP do.
    const transport = udp.atOffset(packet, at);
    const port = transport.source_port;
    transport.source_port = transport.destination_port;
    transport.destination_port = port;
    return outputs.out;
  },
  examples: [
    example('turns a datagram round', datagram(there, ports), { out: datagram(back, swapped) }),
    example('turns a segment round', segment(there, ports), { out: segment(back, swapped) }),
    example('finds ports behind extension headers', extended(there, ports), { out: extended(back, swapped) }),
    example('leaves later fragments alone', extended(there, ports, 3), { out: extended(back, ports, 3) }),
    example('leaves other protocols alone', echo(there), { out: echo(back) }),
    example('leaves ports alone that are cut off', cut(there), { out: cut(back) }),
    example('does not follow extension headers for ever', endless(there), { out: endless(back) }),
    example('drops a header that is cut off', { bytes: echo(there).bytes.subarray(0, 39), networkHeader: 0 }, { drop: 'short_packet' }),
    example('drops what has no marked header', echo(there).bytes, { drop: 'no_network_header' }),
  ],
});
