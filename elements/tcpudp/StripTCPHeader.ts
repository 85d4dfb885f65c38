/**
 * Takes off the front of packets as many bytes as their marked TCP header has, options included. The header is expected at the front, as
 * StripIPHeader leaves it; UnstripTCPHeader puts it back.
 */
import { defineElement, example, ipv4, tcp } from 'wirelet';

const data = Uint8Array.from([1, 2, 3]);
const segment = (data_offset = 5) => ipv4.make({ protocol: 6 }, tcp.make({ data_offset }, Uint8Array.from([...new Uint8Array(data_offset * 4 - 20), ...data])));

export default defineElement({
  name: 'StripTCPHeader',
  ports: { inputs: { in: 'TCP segments with a marked header.' }, outputs: { out: 'What is behind it.' } },
  process(packet, { outputs }) {
    packet.strip(Math.min(tcp.at(packet).data_offset * 4, packet.length));
    return outputs.out;
  },
  examples: [
    example('leaves the data', [segment(), segment(8)], { out: [data, data] }, { before: 'StripIPHeader' }),
    example('leaves nothing of a segment that is shorter than it says', ipv4.make({ protocol: 6 }, tcp.make({ data_offset: 9 }, data)), { out: new Uint8Array() }, { before: 'StripIPHeader' }),
    example('drops what is cut off before it tells how long it is', ipv4.make({ protocol: 6 }, new Uint8Array(12)), { drop: 'short_packet' }),
    example('drops what has no marked header', data, { drop: 'no_transport_header' }),
  ],
});
