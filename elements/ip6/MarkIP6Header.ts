/** Marks where the IPv6 header begins, and what follows its 40 bytes as the transport header, without checking anything. */
import { defineElement, ethernet, example, integer, ipv6 } from 'wirelet';

const frame = ethernet.make({ type: 0x86dd }, ipv6.make({}).bytes);

export default defineElement({
  name: 'MarkIP6Header',
  config: { offset: integer({ default: 0, max: 9216, doc: 'Where the header begins, in bytes.' }) },
  ports: { inputs: { in: 'Packets with an IPv6 header there.' }, outputs: { out: 'The same packets, marked.' } },
  process(packet, { config, outputs }) {
    packet.markNetworkHeader(config.offset);
    packet.markTransportHeader(Math.min(config.offset + ipv6.size, packet.length));
    return outputs.out;
  },
  examples: [
    example('leaves the bytes alone', frame, { out: frame }, { config: '14' }),
    example('does not mind a header that lies', ipv6.make({ version: 4, payload_length: 99 }).bytes, { out: ipv6.make({ version: 4, payload_length: 99 }).bytes }),
    example('marks for what follows', ipv6.make({}).bytes, { out: ipv6.make({ hop_limit: 63 }) }, { after: 'DecIP6HLIM' }),
    example('marks a header that is cut off', ipv6.make({}).bytes.subarray(0, 39), { out: ipv6.make({}).bytes.subarray(0, 39) }),
    example('drops what ends before the header begins', new Uint8Array(13), { drop: 'short_packet' }, { config: '14' }),
  ],
});
