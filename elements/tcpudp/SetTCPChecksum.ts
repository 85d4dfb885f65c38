/**
 * Computes the checksum of TCP packets anew (RFC 9293, 3.1). With FIXOFF, a data offset before the end of the header is set to
 * that, and one behind the end of the packet to the packet's length in words, but in fragments.
 */
import { bool, checksum, checksummed, defineElement, drop, example, ipv4, pseudoHeaderSum, tcp } from 'wirelet';
import { finalDestination, FRAGMENT_BITS } from '../ip/transport-offset.js';

const data = Uint8Array.from([1, 2, 3]);
const packet = (values: Parameters<typeof tcp.make>[0]) => ipv4.make({ protocol: 6 }, tcp.make({ source_port: 5000, destination_port: 80, flags: 16, ...values }, data));

export default defineElement({
  name: 'SetTCPChecksum',
  config: { fixoff: bool({ default: false, doc: 'Mend data offsets that cannot be.' }) },
  ports: { inputs: { in: 'TCP packets with marked headers.' }, outputs: { out: 'The same packets with a right checksum.' } },
  drops: { bad_length: 'The packet is shorter than it says, or than a TCP header.' },
  build: ({ chatter }) => ({ chatter }),
  process(packet, { config, built, log, outputs }) {
    const header = ipv4.at(packet);
    const length = header.total_length - header.header_length * 4;
    const offset = packet.transportHeaderOffset;
    if (header.header_length < 5 || length < tcp.size || length > packet.transportLength || offset < 0) {
      if (built.chatter.length > 0) {
        log.text('SetTCPChecksum: bad lengths');
        log.end();
      }
      return drop('bad_length');
    }
    const segment = tcp.at(packet);
    if (config.fixoff) {
      if (segment.data_offset < 5) segment.data_offset = 5;
      else if (segment.data_offset * 4 > length && (header.fragment & FRAGMENT_BITS) === 0) segment.data_offset = (length >>> 2) & 15;
    }
    segment.checksum = 0;
    const outer = pseudoHeaderSum(header.source, finalDestination(packet), header.protocol, length);
    segment.checksum = checksum.finish(checksum.add(outer, checksum.sum(packet, offset, length)));
    return outputs.out;
  },
  examples: [
    example('sets the checksum', [packet({}), packet({ checksum: 0x1234 })], { out: [checksummed(packet({})), checksummed(packet({}))] }),
    example('leaves a data offset alone', packet({ data_offset: 9 }), { out: checksummed(packet({ data_offset: 9 })) }),
    example('mends a data offset', [packet({ data_offset: 9 }), packet({ data_offset: 0 })], { out: [checksummed(packet({ data_offset: 5 })), checksummed(packet({ data_offset: 5 }))] }, { config: 'true' }),
    example('drops what is too short', ipv4.make({ protocol: 6 }, new Uint8Array(19)), { drop: 'bad_length' }),
    example('drops what is shorter than it says', { ...packet({}), bytes: packet({}).bytes.subarray(0, 42) }, { drop: 'bad_length' }),
  ],
});
