/**
 * Puts UDP and IPv6 headers in front of packets (RFC 768; RFC 8200, 8.1). Where DST is `DST_ANNO` each packet goes to the address in its
 * IPv6 destination annotation; else the annotation becomes DST.
 */
import { argumentHandler, checksum, checksummed6, defineElement, example, formatClickIpv6, IP_PROTOCOL, ipv6, ipv6Address, pseudoHeaderSum6, transportPort, u16, udp } from 'wirelet';
import { tunnelDestination6, writeAddresses } from '../ip6/tunnel-destination.js';

const HOP_LIMIT = 255;
const data = Uint8Array.from([1, 2, 3]);
const wanted = checksummed6(ipv6.make({ hop_limit: HOP_LIMIT, source: '2001:db8::7', destination: '2001:db8::9' }, udp.make({ source_port: 1234, destination_port: 53 }, data)));
const annotation = [0x20, 0x01, 0x0d, 0xb8, ...new Uint8Array(11), 9];

export default defineElement({
  name: 'UDPIP6Encap',
  config: {
    src: ipv6Address({ doc: 'The source.' }),
    sport: transportPort('udp', { doc: 'The source port.' }),
    dst: tunnelDestination6('bad DST'),
    dport: transportPort('udp', { doc: 'The destination port.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'UDP packets with marked headers.' } },
  process(packet, context) {
    const { config, outputs } = context;
    packet.prepend(ipv6.size + udp.size);
    packet.markNetworkHeader(0);
    packet.markTransportHeader(ipv6.size);
    const header = ipv6.at(packet);
    const length = u16(Math.max(0, packet.length - ipv6.size));
    header.version = 6;
    header.payload_length = length;
    header.next_header = IP_PROTOCOL.udp;
    header.hop_limit = HOP_LIMIT;
    writeAddresses(packet, context);
    const datagram = udp.at(packet);
    datagram.source_port = config.sport;
    datagram.destination_port = config.dport;
    datagram.length = length;
    const sum = checksum.finish(checksum.add(pseudoHeaderSum6(packet, 0, IP_PROTOCOL.udp, length), checksum.sum(packet, ipv6.size, length)));
    // Zero would say that there is none, which IPv6 does not allow.
    datagram.checksum = u16(sum === 0 ? 0xffff : sum);
    return outputs.out;
  },
  handlers: {
    src: { doc: 'The source.', read: ({ config }) => formatClickIpv6(config.src), write: ({ reconfigure }, value) => reconfigure('src', value.trim()) },
    sport: argumentHandler('sport', 'The source port.'),
    dst: { doc: 'The destination; :: where annotations tell it.', read: ({ config }) => formatClickIpv6(config.dst.address), write: ({ reconfigure }, value) => reconfigure('dst', value.trim()) },
    dport: argumentHandler('dport', 'The destination port.'),
  },
  reconfigurable: true,
  examples: [
    example('puts both headers in front', data, { out: wanted }, { config: '2001:db8::7, 1234, 2001:db8::9, domain' }),
    example('goes by the annotation', data, { out: wanted }, { config: '2001:db8::7, 1234, DST_ANNO, 53', before: 'SetIP6Address(2001:db8::9)' }),
    example('sets the annotation', data, { out: Uint8Array.from([...annotation, ...wanted.bytes]) }, { config: '2001:db8::7, 1234, 2001:db8::9, 53', after: 'ExampleAnnotations(0, 16)' }),
  ],
});
