/**
 * Copies an IPv4 address from the packet to its destination annotation, by which the route look-ups and ARPQuerier go, or to
 * another: the address at OFFSET, or that of the marked IP header which IP names.
 */
import { annotation, ANNOTATIONS, defineElement, example, integer, ipv4, text } from 'wirelet';

const cut = { bytes: ipv4.make({}).bytes.subarray(0, 19), networkHeader: 0 };

export default defineElement({
  name: 'GetIPAddress',
  config: {
    offset: integer({ required: false, max: 9216, doc: 'Where the address stands, in bytes; 16 is the destination of an IPv4 packet.' }),
    anno: annotation({ size: 4, default: ANNOTATIONS.destination_address.offset, doc: 'The annotation it goes to.' }),
    ip: text({ default: '', keyword: true, doc: 'Instead of OFFSET: an address of the marked IP header, src or dst.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  build({ config, fail }) {
    if ((config.offset === undefined) === (config.ip === '')) return fail('it needs either an offset or IP', 'Write GetIPAddress(16), or GetIPAddress(IP dst).', 'set one of OFFSET, IP');
    if (config.ip !== '' && config.ip !== 'src' && config.ip !== 'dst') return fail(`IP is src or dst, not "${config.ip}"`, undefined, 'bad IP');
    return undefined;
  },
  process(packet, { config, outputs }) {
    if (config.ip === 'src') packet.setAnnotationU32(config.anno, ipv4.at(packet).source);
    else if (config.ip === 'dst') packet.setAnnotationU32(config.anno, ipv4.at(packet).destination);
    else packet.setAnnotationU32(config.anno, packet.loadU32(config.offset ?? 0));
    return outputs.out;
  },
  examples: [
    example('leaves the bytes alone', ipv4.make({}), { out: ipv4.make({}) }, { config: '16' }),
    example('sets another annotation', ipv4.make({}), { out: Uint8Array.from([10, 0, 0, 2, ...ipv4.make({}).bytes]) }, { config: '16, 24', after: 'ExampleAnnotations(24, 4)' }),
    example('goes by the header', ipv4.make({}), { out: ipv4.make({}) }, { config: 'IP src' }),
    example('drops what is too short', new Uint8Array(19), { drop: 'short_packet' }, { config: '16' }),
    example('drops a header that is cut off', cut, { drop: 'short_packet' }, { config: 'IP dst' }),
    example('drops what has no marked header', new Uint8Array(40), { drop: 'no_network_header' }, { config: 'IP dst' }),
  ],
});
