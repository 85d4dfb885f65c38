/** Sets the destination annotation, by which the route look-ups and ARPQuerier go, or another annotation, to an address. */
import { annotation, ANNOTATIONS, defineElement, example, ipv4, ipv4Address, valueHandler } from 'wirelet';

const packet = ipv4.make({});

export default defineElement({
  name: 'SetIPAddress',
  config: {
    ipaddr: ipv4Address({ doc: 'The address.' }),
    anno: annotation({ size: 4, default: ANNOTATIONS.destination_address.offset, keyword: true, doc: 'The annotation.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  process(packet, { config, outputs }) {
    packet.setAnnotationU32(config.anno, config.ipaddr);
    return outputs.out;
  },
  handlers: { addr: valueHandler('ipaddr', 'The address.', 'IP address') },
  reconfigurable: true,
  examples: [
    example('sets the annotation', { bytes: Uint8Array.from([1]), destinationAddress: 7 }, { out: Uint8Array.from([192, 0, 2, 1, 1]) }, { config: '192.0.2.1', after: 'ExampleAnnotations(0, 4)' }),
    example('sets another one', Uint8Array.from([1]), { out: Uint8Array.from([192, 0, 2, 1, 1]) }, { config: '192.0.2.1, ANNO 24', after: 'ExampleAnnotations(24, 4)' }),
    example('leaves the bytes alone', packet, { out: packet }, { config: '192.0.2.1' }),
  ],
});
