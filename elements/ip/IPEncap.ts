/**
 * Puts an IPv4 header in front of packets, as a tunnel does (RFC 2003). Where DST is `DST_ANNO` each packet goes to the address in its
 * destination annotation; else the annotation becomes DST. StripIPHeader takes the header off.
 */
import { bool, checksum, defineElement, example, formatIpv4, integer, ipProtocol, ipv4, ipv4Address, register, text, u16 } from 'wirelet';
import { BY_ANNOTATION, destinationText, tunnelDestination } from './destination.js';

const inner = ipv4.make({ ttl: 9 }, Uint8Array.from([1, 2, 3]));
const outer = (values: Parameters<typeof ipv4.make>[0]) => ipv4.make({ ttl: 250, protocol: 4, source: 0x12_1a_04_18, destination: 0x8c_f7_3c_93, ...values }, inner.bytes);
const config = 'ipip, 18.26.4.24, 140.247.60.147';

export default defineElement({
  name: 'IPEncap',
  config: {
    proto: ipProtocol({ doc: 'What the packets are, such as ipip or 47.' }),
    src: ipv4Address({ doc: 'The source.' }),
    dst: tunnelDestination("DST argument should be IP address or 'DST_ANNO'", { doc: 'The destination, or DST_ANNO.' }),
    tos: integer({ min: -0x8000_0000, max: 0x7fff_ffff, required: false, keyword: true, doc: 'The type-of-service byte, in place of DSCP, ECT and CE.' }),
    ttl: integer({ max: 255, default: 250, keyword: true, doc: 'The time-to-live.' }),
    dscp: integer({ min: -0x8000_0000, max: 0x7fff_ffff, required: false, keyword: true, doc: 'The DSCP.' }),
    ect: text({ default: 'false', keyword: true, doc: 'Whether the transport is ECN-capable: true or 1 for ECT(1), 2 for ECT(0).' }),
    ce: bool({ default: false, keyword: true, doc: 'Whether it met congestion.' }),
    df: bool({ default: false, keyword: true, doc: 'Whether it must not be fragmented.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'IPv4 packets with marked headers.' } },
  split: { never: 'both copies would give the same identification to packets' },
  state: { identification: register('u16') },
  build({ config, fail }) {
    const ect = config.ect === '2' ? 2 : ['true', '1', 'yes'].includes(config.ect.toLowerCase()) ? 1 : 0;
    const [tos, dscp] = [config.tos ?? -1, config.dscp ?? -1];
    const refuse = (message: string, click: string) => fail(message, undefined, click);
    if (ect === 0 && !['false', '0', 'no'].includes(config.ect.toLowerCase())) refuse(`expected true, false or 2 as ECT, got "${config.ect}"`, `bad ECT value '${config.ect}'`);
    if (tos >= 0 && dscp >= 0) refuse('TOS takes the place of DSCP', 'cannot set both TOS and DSCP');
    if (tos >= 0 && (ect !== 0 || config.ce)) refuse('TOS takes the place of ECT and CE', 'cannot set both TOS and ECN bits');
    if (tos > 255 || tos < -1) refuse(`expected a TOS from 0 to 255, got ${tos}`, 'TOS too large; max 255');
    if (dscp > 63 || dscp < -1) refuse(`expected a DSCP from 0 to 63, got ${dscp}`, 'DSCP too large; max 63');
    if (ect !== 0 && config.ce) refuse('a packet is either ECT or CE', 'can set at most one ECN option');
    return { tos: tos >= 0 ? tos : (Math.max(0, dscp) << 2) + (config.ce ? 3 : ect) };
  },
  process(packet, { config, built, state, outputs }) {
    packet.prepend(ipv4.size);
    packet.markNetworkHeader(0);
    packet.markTransportHeader(ipv4.size);
    const header = ipv4.at(packet);
    header.version = 4;
    header.header_length = 5;
    header.tos = built.tos & 0xff;
    header.total_length = u16(packet.length);
    header.identification = state.identification;
    state.identification = u16(state.identification + 1);
    header.dont_fragment = config.df ? 1 : 0;
    header.ttl = config.ttl;
    header.protocol = config.proto;
    header.source = config.src;
    if (config.dst === BY_ANNOTATION) {
      header.destination = packet.destinationAddress;
    } else {
      header.destination = config.dst;
      packet.destinationAddress = config.dst;
    }
    header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
    return outputs.out;
  },
  handlers: {
    src: { doc: 'The source.', read: ({ config }) => formatIpv4(config.src), write: ({ reconfigure }, value) => reconfigure('src', value) },
    dst: { doc: 'The destination.', read: ({ config }) => destinationText(config.dst), write: ({ reconfigure }, value) => reconfigure('dst', value) },
  },
  reconfigurable: true,
  examples: [
    example('puts a header in front, numbered', [inner, inner], { out: [outer({}), outer({ identification: 1 })] }, { config }),
    example('says what it is told to', inner, { out: outer({ tos: 0xba, ttl: 3, dont_fragment: 1 }) }, { config: `${config}, TTL 3, DSCP 46, ECT 2, DF true` }),
    example('takes the type of service', new Uint8Array(0), { out: ipv4.make({ ttl: 250, protocol: 4, source: 0x12_1a_04_18, destination: 0x8c_f7_3c_93, tos: 0x13 }) }, { config: `${config}, TOS 0x13` }),
    example('goes by the annotation', { ...inner, destinationAddress: 0x0a000009 }, { out: outer({ destination: 0x0a000009, ecn: 3 }) }, { config: '4, 18.26.4.24, DST_ANNO, CE true' }),
    example('sets the annotation', Uint8Array.from([1]), { out: Uint8Array.from([0x8c, 0xf7, 0x3c, 0x93, ...ipv4.make({ ttl: 250, protocol: 47, source: 0x12_1a_04_18, destination: 0x8c_f7_3c_93 }, Uint8Array.from([1])).bytes]) }, { config: 'gre, 18.26.4.24, 140.247.60.147', after: 'ExampleAnnotations(0, 4)' }),
  ],
});
