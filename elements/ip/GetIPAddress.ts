/**
 * Copies an IPv4 address from the packet to its destination annotation, by which the route look-ups and
 * ARPQuerier go: the one at OFFSET, or that of the marked IP header which IP names.
 */
import { defineElement, example, integer, ipv4, oneOf } from 'wirelet';

const cut = { bytes: ipv4.make({}).bytes.subarray(0, 19), networkHeader: 0 };

export default defineElement({
  name: 'GetIPAddress',
  config: {
    offset: integer({ required: false, max: 9216, doc: 'Where the address stands, in bytes; 16 is the destination of an IPv4 packet.' }),
    ip: oneOf(['src', 'dst'], { required: false, keyword: true, doc: 'Instead of OFFSET: an address of the marked IP header.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  build({ config, fail }) {
    if ((config.offset === undefined) === (config.ip === undefined)) return fail('it needs either an offset or IP', 'Write GetIPAddress(16), or GetIPAddress(IP dst).');
    return undefined;
  },
  process(packet, { config, outputs }) {
    if (config.ip === 'src') packet.destinationAddress = ipv4.at(packet).source;
    else if (config.ip === 'dst') packet.destinationAddress = ipv4.at(packet).destination;
    else packet.destinationAddress = packet.loadU32(config.offset);
    return outputs.out;
  },
  examples: [
    example('leaves the bytes alone', ipv4.make({}), { out: ipv4.make({}) }, { config: '16' }),
    example('goes by the header', ipv4.make({}), { out: ipv4.make({}) }, { config: 'IP src' }),
    example('drops what is too short', new Uint8Array(19), { drop: 'short_packet' }, { config: '16' }),
    example('drops a header that is cut off', cut, { drop: 'short_packet' }, { config: 'IP dst' }),
    example('drops what has no marked header', new Uint8Array(40), { drop: 'no_network_header' }, { config: 'IP dst' }),
  ],
});
