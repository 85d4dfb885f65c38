/**
 * Puts an IPv6 header in front of packets (RFC 8200, 3). Where DST is `DST_ANNO` each packet goes to the address in its IPv6 destination
 * annotation; else the annotation becomes DST.
 */
import { defineElement, example, formatClickIpv6, integer, ipProtocol, ipv6, ipv6Address, u16 } from 'wirelet';
import { tunnelDestination6, writeAddresses } from './tunnel-destination.js';

const inner = Uint8Array.from([1, 2, 3]);
const outer = (values: Parameters<typeof ipv6.make>[0]) => ipv6.make({ next_header: 6, hop_limit: 250, source: '2001:db8::7', destination: '2001:db8::9', ...values }, inner);
const config = 'tcp, 2001:db8::7, 2001:db8::9';
const annotation = [0x20, 0x01, 0x0d, 0xb8, ...new Uint8Array(11), 9];

export default defineElement({
  name: 'IP6Encap',
  config: {
    proto: ipProtocol({ doc: 'What the packets are, such as tcp or 41.' }),
    src: ipv6Address({ doc: 'The source.' }),
    dst: tunnelDestination6("DST argument should be IP address or 'DST_ANNO'"),
    hlim: integer({ max: 255, default: 250, keyword: true, doc: 'The hop limit.' }),
    class: integer({ max: 255, default: 0, keyword: true, doc: 'The traffic class.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'IPv6 packets with marked headers.' } },
  process(packet, context) {
    const { config, outputs } = context;
    packet.prepend(ipv6.size);
    packet.markNetworkHeader(0);
    packet.markTransportHeader(ipv6.size);
    const header = ipv6.at(packet);
    header.version = 6;
    header.traffic_class = config.class & 255;
    header.payload_length = u16(Math.max(0, packet.length - ipv6.size));
    header.next_header = config.proto;
    header.hop_limit = config.hlim;
    writeAddresses(packet, context);
    return outputs.out;
  },
  handlers: {
    src: { doc: 'The source.', calm: true, read: ({ config }) => formatClickIpv6(config.src), write: ({ reconfigure }, value) => reconfigure('src', value.trim()) },
    dst: { doc: 'The destination.', calm: true, read: ({ config }) => (config.dst.annotated ? 'DST_ANNO' : formatClickIpv6(config.dst.address)), write: ({ reconfigure }, value) => reconfigure('dst', value.trim()) },
  },
  reconfigurable: true,
  examples: [
    example('puts a header in front', inner, { out: outer({}) }, { config }),
    example('says what it is told to', inner, { out: outer({ hop_limit: 3, traffic_class: 0xb9 }) }, { config: `${config}, CLASS 0xb9, HLIM 3` }),
    example('goes by the annotation', inner, { out: outer({}) }, { config: 'tcp, 2001:db8::7, DST_ANNO', before: 'SetIP6Address(2001:db8::9)' }),
    example('sets the annotation', inner, { out: Uint8Array.from([...annotation, ...outer({}).bytes]) }, { config, after: 'ExampleAnnotations(0, 16)' }),
    example('drops what has no room for it', inner, { drop: 'no_headroom' }, { config, before: 'Unstrip(100)' }),
  ],
});
