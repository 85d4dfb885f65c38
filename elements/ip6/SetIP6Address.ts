/** Sets the IPv6 destination annotation of packets, by which IPv6 route look-ups go. It lies where the IPv4 one does: a packet has either. */
import { defineElement, example, ipv6Address } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';

const byte = Uint8Array.from([1]);

export default defineElement({
  name: 'SetIP6Address',
  config: { ipaddr: ipv6Address({ doc: 'The address.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  process(packet, { config, outputs }) {
    for (let word = 0; word < 4; word += 1) packet.setAnnotationU32(DESTINATION_6 + word * 4, config.ipaddr[word]!);
    return outputs.out;
  },
  examples: [
    example('sets the annotation', byte, { out: Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1]) }, { config: '2001:db8::9', after: 'ExampleAnnotations(0, 16)' }),
    example('leaves the bytes alone', new Uint8Array(), { out: new Uint8Array() }, { config: '::' }),
  ],
});
