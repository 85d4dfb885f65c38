/**
 * Pretends to be a TCP server that remembers nothing: answers requests for connections, acknowledges data and ends of connections, to whom
 * they came from. Packets begin with their IPv4 header and are as long as it says; everything else ends here.
 */
import { checksum, checksummed, consumed, defineElement, drop, example, ipv4, pseudoHeaderSum, tcp, TCP_FLAG, u16, u32 } from 'wirelet';

const FRESH_TTL = 250;
const WINDOW = 60 * 1024;

const A = 0x0a00_0001;
const B = 0x0a00_0002;
const request = (values: Parameters<typeof tcp.make>[0], data = new Uint8Array()) => checksummed(ipv4.make({ protocol: 6, source: A, destination: B }, tcp.make({ source_port: 1, destination_port: 2, sequence: 100, acknowledgement: 7, ...values }, data)));
const answer = (values: Parameters<typeof tcp.make>[0], data = new Uint8Array()) => checksummed(ipv4.make({ protocol: 6, ttl: FRESH_TTL, source: B, destination: A }, tcp.make({ source_port: 2, destination_port: 1, sequence: 7, window: WINDOW, ...values }, data)));
const data = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'TCPReflector',
  ports: { inputs: { in: 'TCP packets that begin with their IPv4 header.' }, outputs: { out: 'Answers to them.' } },
  drops: { short: 'The packet has no whole headers.' },
  split: 'each',
  process(packet, { random, outputs }) {
    if (packet.length < ipv4.size + tcp.size) return drop('short');
    const header = ipv4.atOffset(packet, 0);
    const outer = header.header_length * 4;
    if (outer < ipv4.size || outer + tcp.size > packet.length) return drop('short');
    const segment = tcp.atOffset(packet, outer);
    const length = packet.length - outer - segment.data_offset * 4;
    const flags = segment.flags & ~TCP_FLAG.psh;
    const next = segment.acknowledgement;
    if (flags === TCP_FLAG.syn) {
      segment.flags = TCP_FLAG.syn | TCP_FLAG.ack;
      segment.acknowledgement = u32(segment.sequence + 1);
      segment.sequence = random.u32();
    } else if ((flags & (TCP_FLAG.syn | TCP_FLAG.rst)) !== 0) {
      return consumed;
    } else if ((flags & TCP_FLAG.fin) !== 0) {
      segment.flags = TCP_FLAG.ack | TCP_FLAG.fin;
      segment.acknowledgement = u32(segment.sequence + length + 1);
      segment.sequence = next;
    } else if (length > 0) {
      segment.flags = TCP_FLAG.ack;
      segment.acknowledgement = u32(segment.sequence + length);
      segment.sequence = next;
    } else {
      return consumed;
    }
    const source = header.source;
    header.source = header.destination;
    header.destination = source;
    header.ttl = FRESH_TTL;
    header.total_length = u16(packet.length);
    packet.destinationAddress = source;
    const port = segment.source_port;
    segment.source_port = segment.destination_port;
    segment.destination_port = port;
    segment.window = WINDOW;
    segment.checksum = 0;
    const rest = Math.max(0, packet.length - ipv4.size);
    segment.checksum = checksum.finish(checksum.add(pseudoHeaderSum(header.source, source, header.protocol, u16(rest)), checksum.sum(packet, ipv4.size, rest)));
    header.checksum = 0;
    header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
    return outputs.out;
  },
  examples: [
    example('acknowledges data', request({ flags: 0x18 }, data), { out: answer({ flags: 0x10, acknowledgement: 103 }, data) }),
    example('ends with who ends', request({ flags: 0x11 }), { out: answer({ flags: 0x11, acknowledgement: 101 }) }),
    example('does not answer what brings nothing', [request({ flags: 0x10 }), request({ flags: 0x04 }), request({ flags: 0x12 })], {}),
    example('answers a request for a connection', request({ flags: 0x02 }), { out: Uint8Array.from([0, 0, 0, 101, 0x50, 0x12, 0xf0, 0]) }, { after: 'Strip(28) -> Truncate(8)' }),
    example('drops what is too short', new Uint8Array(39), { drop: 'short' }),
  ],
});
