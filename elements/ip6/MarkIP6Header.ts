/** Marks where the IPv6 header begins, and what follows behind its 40 bytes, without checking anything. */
import { defineElement, ethernet, example, integer, ipv6 } from 'wirelet';

const frame = ethernet.make({ type: 0x86dd }, ipv6.make({}).bytes);

export default defineElement({
  name: 'MarkIP6Header',
  config: { offset: integer({ default: 0, max: 9216, doc: 'Where the header begins, in bytes.' }) },
  ports: { inputs: { in: 'Packets with an IPv6 header there.' }, outputs: { out: 'The same packets, marked.' } },
  process(packet, { config, outputs }) {
    packet.markNetworkHeader(config.offset);
    packet.markTransportHeader(config.offset + ipv6.size);
    return outputs.out;
  },
  examples: [
    example('leaves the bytes alone', frame, { out: frame }, { config: '14' }),
    example('tells others where it is', ipv6.make({ hop_limit: 9 }).bytes, { out: ipv6.make({ hop_limit: 8 }).bytes }, { after: 'DecIP6HLIM' }),
    example('drops what ends before the header does', new Uint8Array(53), { drop: 'short_packet' }, { config: '14' }),
  ],
});
