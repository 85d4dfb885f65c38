/**
 * Puts UDP and IPv4 headers in front of packets. Where DST is `DST_ANNO` each packet goes to the address in its destination
 * annotation; else the annotation becomes DST.
 */
import { argumentHandler, bool, checksummed, defineElement, example, formatIpv4, ipv4, ipv4Address, register, transportPort, u16, udp } from 'wirelet';
import { BY_ANNOTATION, tunnelDestination } from '../ip/destination.js';
import { encapsulate } from './udp-encapsulation.js';

const data = Uint8Array.from([1, 2, 3]);
const plain = (values: Parameters<typeof ipv4.make>[0]) => ipv4.make({ ttl: 250, source: 0x01000001, destination: 0x02000002, ...values }, udp.make({ source_port: 1234, destination_port: 53 }, data));

export default defineElement({
  name: 'UDPIPEncap',
  config: {
    src: ipv4Address({ doc: 'The source.' }),
    sport: transportPort('udp', { doc: 'The source port.' }),
    dst: tunnelDestination('bad DST', { doc: 'The destination, or DST_ANNO.' }),
    dport: transportPort('udp', { doc: 'The destination port.' }),
    checksum: bool({ default: true, doc: 'Compute the UDP checksum.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'UDP packets with marked headers.' } },
  split: { never: 'both copies would give the same identification to packets' },
  state: { identification: register('u16') },
  process(packet, { config, state, outputs }) {
    const destination = config.dst === BY_ANNOTATION ? packet.destinationAddress : config.dst;
    encapsulate(packet, config.src, config.sport, destination, config.dport, state.identification, config.checksum);
    state.identification = u16(state.identification + 1);
    if (config.dst !== BY_ANNOTATION) packet.destinationAddress = config.dst;
    return outputs.out;
  },
  handlers: {
    src: { doc: 'The source.', read: ({ config }) => formatIpv4(config.src), write: ({ reconfigure }, value) => reconfigure('src', value) },
    sport: argumentHandler('sport', 'The source port.'),
    dst: { doc: 'The destination; 0.0.0.0 where annotations tell it.', read: ({ config }) => formatIpv4(Math.max(0, config.dst)), write: ({ reconfigure }, value) => reconfigure('dst', value) },
    dport: argumentHandler('dport', 'The destination port.'),
  },
  reconfigurable: true,
  examples: [
    example('puts both headers in front, numbered', [data, data], { out: [checksummed(plain({})), checksummed(plain({ identification: 1 }))] }, { config: '1.0.0.1, 1234, 2.0.0.2, domain' }),
    example('leaves the checksum out', data, { out: plain({}) }, { config: '1.0.0.1, 1234, 2.0.0.2, 53, CHECKSUM false' }),
    example('goes by the annotation', { bytes: data, destinationAddress: 0x0a000009 }, { out: checksummed(plain({ destination: 0x0a000009 })) }, { config: '1.0.0.1, 1234, DST_ANNO, 53' }),
  ],
});
