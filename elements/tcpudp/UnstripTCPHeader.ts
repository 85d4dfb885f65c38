/** Puts the TCP header back that StripTCPHeader took off: the packet begins with its marked transport header again. */
import { defineElement, example, ipv4, tcp } from 'wirelet';

const segment = tcp.make({ data_offset: 6 }, Uint8Array.from([0, 0, 0, 0, 1, 2, 3]));
const packet = ipv4.make({ protocol: 6 }, segment);

export default defineElement({
  name: 'UnstripTCPHeader',
  ports: { inputs: { in: 'Packets whose transport header is marked.' }, outputs: { out: 'The same packets, with that header.' } },
  process(packet, { outputs }) {
    const offset = packet.transportHeaderOffset;
    if (offset < 0) packet.unstrip(-offset);
    return outputs.out;
  },
  examples: [
    example('puts the header back', packet, { out: segment.bytes }, { before: 'StripIPHeader -> StripTCPHeader' }),
    example('leaves packets alone that have it', packet, { out: packet }),
    example('drops what has no transport header', packet.bytes, { drop: 'no_transport_header' }),
  ],
});
