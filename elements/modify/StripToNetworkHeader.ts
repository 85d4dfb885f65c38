/** Takes off what is in front of the network header, or puts it back where it was stripped off. */
import { defineElement, ethernet, example, ipv4 } from 'wirelet';

const packet = ipv4.make({});

export default defineElement({
  name: 'StripToNetworkHeader',
  ports: { inputs: { in: 'Packets whose network header is marked.' }, outputs: { out: 'Packets that begin with it.' } },
  process(packet, { outputs }) {
    const offset = packet.networkHeaderOffset;
    if (offset > 0) packet.strip(offset);
    else if (offset < 0) packet.unstrip(-offset);
    return outputs.out;
  },
  examples: [
    example('takes the Ethernet header off', ethernet.make({}, packet), { out: packet }),
    example('leaves packets alone that begin with it', packet, { out: packet }),
    example('puts the header back', packet, { out: packet }, { before: 'Strip(4)' }),
    example('drops packets without a mark', packet.bytes, { drop: 'no_network_header' }),
  ],
});
