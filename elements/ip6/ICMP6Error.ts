/**
 * Answers a packet with an ICMPv6 error (RFC 4443): the packet's beginning behind a new IPv6 and ICMPv6 header, to its source, from address SRC.
 *
 * There is none about ICMPv6 errors and redirects, about fragments but the first, to a source that is not one host's, or about packets that were sent
 * to many, but that they are too big (2.4). As much is quoted as fits into 1280 bytes. The source becomes the destination annotation.
 */
import { checksum, defineElement, drop, example, integer, ipv6, ipv6Address, IPV6_NEXT_HEADER, parsed, parseInteger, u16, type PacketTemplate } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';
import { icmp6 } from './neighbour-example.js';
import { pseudoSum } from './neighbour.js';
import { upperHeader } from './upper-layer.js';

const TYPES: Readonly<Record<string, number>> = { unreachable: 1, packettoobig: 2, timeexceeded: 3, parameterproblem: 4 };
const CODES: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  1: { noroute: 0, adminprohibited: 1, beyondscope: 2, address: 3, port: 4 },
  2: {},
  3: { transit: 0, reassembly: 1 },
  4: { erroneousheader: 0, nextheader: 1, option: 2 },
};
const TOO_BIG = 2;
const REDIRECT = 137;
/** What every link can carry (RFC 8200, 5). */
const ERROR_BYTES = 1280;
const HEADERS = ipv6.size + 8;
const FRESH_HOP_LIMIT = 255;

const late = ipv6.make({ source: '2001:db8::9', destination: '2001:db8:1::1', hop_limit: 1 }, Uint8Array.from([1, 2, 3, 4]));
const about = (type: number, code: number, quoted: PacketTemplate, rest = 0) => icmp6('2001:db8::1', '2001:db8::9', [type, code, 0, 0, rest >>> 24, (rest >>> 16) & 255, (rest >>> 8) & 255, rest & 255, ...quoted.bytes]);

export default defineElement({
  name: 'ICMP6Error',
  config: {
    src: ipv6Address({ doc: 'The address that errors come from.' }),
    type: parsed<number>('ICMPv6 error type', { doc: `${Object.keys(TYPES).join(', ')}, or a number.` }, (text) => {
      const value = TYPES[text.toLowerCase()] ?? parseInteger(text);
      return value !== undefined && value >= 0 && value <= 127 ? { value } : { error: `expected an ICMPv6 error such as timeexceeded, got "${text}"` };
    }, String),
    code: parsed<string>('ICMPv6 code', { default: '0', doc: 'A name such as noroute, port, transit, or a number.' }, (text) => ({ value: text.toLowerCase() }), String),
    mtu: integer({ default: 1280, min: 1280, max: 65_535, keyword: true, doc: 'For packettoobig: the MTU of the next hop.' }),
  },
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'Errors about them, as IPv6 packets.' } },
  drops: {
    bad_header: 'The packet has no right IPv6 header.',
    about_icmp_error: 'The packet is an ICMPv6 error itself, or a fragment but the first.',
    bad_source: 'Its source is not one host.',
    bad_destination: 'It was sent to many.',
  },
  endsLoops: 'There are no ICMPv6 errors about ICMPv6 errors (RFC 4443, 2.4).',
  build({ config, fail }) {
    const code = parseInteger(config.code) ?? CODES[config.type]?.[config.code];
    if (code === undefined || code < 0 || code > 255) return fail(`"${config.code}" is not a code of ICMPv6 type ${config.type}`, 'Write its number.');
    return { code };
  },
  process(packet, { config, built, outputs }) {
    const header = ipv6.at(packet);
    const start = packet.networkHeaderOffset;
    if (start < 0 || header.version !== 6) return drop('bad_header');
    const word0 = header.source_0;
    const word1 = header.source_1;
    const word2 = header.source_2;
    const word3 = header.source_3;
    if (word0 >>> 24 === 0xff || (word0 === 0 && word1 === 0 && word2 === 0 && word3 === 0)) return drop('bad_source');
    if (header.destination_0 >>> 24 === 0xff && config.type !== TOO_BIG) return drop('bad_destination');
    const at = upperHeader(packet, IPV6_NEXT_HEADER.icmp6, IPV6_NEXT_HEADER.icmp6);
    if (at >= 0) {
      if (at >= packet.length) return drop('about_icmp_error');
      const type = packet.loadU8(at);
      if (type < 128 || type === REDIRECT) return drop('about_icmp_error');
    }
    packet.strip(start);
    packet.truncate(ERROR_BYTES - HEADERS);
    packet.prepend(HEADERS);
    packet.markNetworkHeader(0);
    packet.markTransportHeader(ipv6.size);
    const outer = ipv6.atOffset(packet, 0);
    const length = Math.max(8, packet.length - ipv6.size);
    outer.version = 6;
    outer.payload_length = u16(length);
    outer.next_header = IPV6_NEXT_HEADER.icmp6;
    outer.hop_limit = FRESH_HOP_LIMIT;
    outer.source_0 = config.src[0];
    outer.source_1 = config.src[1];
    outer.source_2 = config.src[2];
    outer.source_3 = config.src[3];
    outer.destination_0 = word0;
    outer.destination_1 = word1;
    outer.destination_2 = word2;
    outer.destination_3 = word3;
    packet.storeU8(ipv6.size, config.type);
    packet.storeU8(ipv6.size + 1, built.code);
    if (config.type === TOO_BIG) packet.storeU32(ipv6.size + 4, config.mtu);
    packet.storeU16(ipv6.size + 2, checksum.finish(checksum.add(pseudoSum(packet, 0, length), checksum.sum(packet, ipv6.size, length))));
    packet.setAnnotationU32(DESTINATION_6, word0);
    packet.setAnnotationU32(DESTINATION_6 + 4, word1);
    packet.setAnnotationU32(DESTINATION_6 + 8, word2);
    packet.setAnnotationU32(DESTINATION_6 + 12, word3);
    return outputs.out;
  },
  examples: [
    example('answers a packet on its last hop', late, { out: about(3, 0, late) }, { config: '2001:db8::1, timeexceeded, transit' }),
    example('takes numbers', late, { out: about(1, 4, late) }, { config: '2001:db8::1, 1, 4' }),
    example('tells the MTU of the next hop', late, { out: about(2, 0, late, 1400) }, { config: '2001:db8::1, packettoobig, MTU 1400' }),
    example('does not answer errors', about(3, 0, late), { drop: 'about_icmp_error' }, { config: '2001:db8::1, timeexceeded' }),
    example('does not answer what was sent to many', ipv6.make({ destination: 'ff02::1' }), { drop: 'bad_destination' }, { config: '2001:db8::1, unreachable, noroute' }),
    example('does not answer nobody', ipv6.make({ source: '::' }), { drop: 'bad_source' }, { config: '2001:db8::1, unreachable, noroute' }),
  ],
});
