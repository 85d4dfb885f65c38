/**
 * Marks where the IP header begins, and the transport header behind it, without checking anything.
 */
import { defineElement, ethernet, example, integer, ipv4 } from 'wirelet';

export default defineElement({
  name: 'MarkIPHeader',
  config: { offset: integer({ default: 0, max: 9216, doc: 'Where the header begins, in bytes.' }) },
  ports: { inputs: { in: 'Packets with an IP header there.' }, outputs: { out: 'The same packets, marked.' } },
  process(packet, { config, outputs }) {
    const header = (packet.loadU8(config.offset) & 15) * 4;
    packet.markNetworkHeader(config.offset);
    // A header that is cut off is marked, too, with nothing behind it.
    packet.markTransportHeader(Math.min(config.offset + header, packet.length));
    return outputs.out;
  },
  examples: [
    example('leaves the bytes alone', ethernet.make({}, ipv4.make({}).bytes), { out: ethernet.make({}, ipv4.make({}).bytes) }, { config: '14' }),
    example('does not mind a header that lies', ipv4.make({ header_length: 3, total_length: 9999 }).bytes, { out: ipv4.make({ header_length: 3, total_length: 9999 }).bytes }),
    example('marks a header that is longer than the packet', ipv4.make({ header_length: 6 }).bytes, { out: ipv4.make({ header_length: 6 }).bytes }),
    example('drops what ends before the header does', new Uint8Array(10), { drop: 'short_packet' }, { config: '14' }),
  ],
});
