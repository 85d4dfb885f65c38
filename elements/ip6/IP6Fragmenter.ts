/**
 * Sorts out IPv6 packets that are longer than MTU: they leave by `too_big` as they came; connect it to an `ICMP6Error(..., packettoobig)`.
 * Routers do not fragment IPv6 packets: their sources do, once they are told (RFC 8200, 4.5 and 5).
 */
import { counterHandler, defineElement, example, integer, ipv6, optional, push } from 'wirelet';

const packet = ipv6.make({}, new Uint8Array(20));

export default defineElement({
  name: 'IP6Fragmenter',
  config: { mtu: integer({ min: 8, max: 65_535, doc: 'Bytes that a packet may have from its IPv6 header on.' }) },
  ports: { inputs: { in: push('IPv6 packets with a marked header.') }, outputs: { out: push('Packets no longer than MTU.'), too_big: optional(push('Longer ones.')) } },
  counters: { refused: 'Packets that were too long.', fragments: 'Fragments made: none.' },
  process(packet, { config, counters, outputs }) {
    if (packet.networkLength <= config.mtu) return outputs.out;
    counters.refused.add(1);
    return outputs.too_big;
  },
  handlers: { drops: counterHandler('refused', 'Packets that were too long.'), fragments: counterHandler('fragments', 'Fragments made: none.') },
  examples: [
    example('passes what is short enough', packet, { out: packet }, { config: '60' }),
    example('sorts out what is too long', packet, { too_big: packet }, { config: '59', counters: { refused: 1 } }),
    example('drops it where nothing takes it', packet, { drop: 'too_big' }, { config: '59', outputs: 1 }),
  ],
});
