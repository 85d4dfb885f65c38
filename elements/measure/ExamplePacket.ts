/**
 * Gives packets what the example of an element says of them besides bytes: where headers are marked, a colour, a
 * destination annotation. The examples of elements are run behind it; it is of no use in an appliance.
 */
import { ANNOTATIONS, defineElement, example, integer, PACKET_TYPE } from 'wirelet';

export default defineElement({
  name: 'ExamplePacket',
  config: {
    network: integer({ min: -1, max: 9216, default: -1, keyword: true, doc: 'Where the network header begins; -1: not marked.' }),
    transport: integer({ min: -1, max: 9216, default: -1, keyword: true, doc: 'Where the transport header begins; -1: not marked.' }),
    paint: integer({ max: 255, default: 0, keyword: true, doc: 'The colour.' }),
    destination: integer({ default: 0, keyword: true, doc: 'The destination annotation, as a number.' }),
    icmp_parameter: integer({ max: 255, default: 0, keyword: true, doc: 'The byte that an ICMP parameter problem is about.' }),
    fix_ip_source: integer({ max: 1, default: 0, keyword: true, doc: '1: FixIPSrc shall set the source.' }),
    packet_type: integer({ min: -1, max: 1, default: -1, keyword: true, doc: '1: sent to many on the link, 0: to one host; -1: as received.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  process(packet, { config, outputs }) {
    if (config.network >= 0) packet.markNetworkHeader(config.network);
    if (config.transport >= 0) packet.markTransportHeader(config.transport);
    if (config.paint > 0) packet.paint = config.paint;
    if (config.destination > 0) packet.destinationAddress = config.destination;
    if (config.icmp_parameter > 0) packet.setAnnotationU8(ANNOTATIONS.icmp_parameter.offset, config.icmp_parameter);
    if (config.fix_ip_source > 0) packet.setAnnotationU8(ANNOTATIONS.fix_ip_source.offset, config.fix_ip_source);
    // What begins with its network header has no Ethernet header to say that it was sent to many.
    const type = config.packet_type < 0 && config.network === 0 ? PACKET_TYPE.host : config.packet_type;
    if (type >= 0) packet.setAnnotationU8(ANNOTATIONS.packet_type.offset, type);
    return outputs.out;
  },
  examples: [example('leaves the bytes alone', new Uint8Array(20), { out: new Uint8Array(20) }, { config: 'NETWORK 0, PAINT 1' })],
});
