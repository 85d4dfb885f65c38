/**
 * Answers questions of the Domain Name System about one zone, with authority (RFC 1034, RFC 1035), over UDP and TCP. The
 * zone file is read when the graph is built; what is wrong with it is said then. A response over UDP is made of its request,
 * and goes back to where that came from.
 *
 * Aliases are followed within the zone, wildcards stand for names that do not exist (RFC 4592), questions for names that
 * are given to other servers are referred to these. Names that do not exist, and types that a name does not have, are
 * answered with the zone's SOA record (RFC 2308). A response that does not fit is sent without records, and says so. It
 * has 512 bytes, or what the request allows (EDNS0, RFC 6891), but not more than UDP_SIZE. Questions for all types get
 * one record that says that they are not answered (RFC 8482); what is not in the zone is refused. The whole zone is sent over TCP
 * (RFC 5936) to those whom TRANSFER names, and refused to others.
 *
 * Each network that asks (24 bits of an IPv4 address, 64 of an IPv6 one) gets RATE responses a second; of what is above, every second one is
 * answered without records, so that who really asks comes back by TCP.
 *
 * Over TCP (RFC 7766) requests may follow one another at once; responses keep their order. A connection without a request is
 * closed after IDLE. What `out` sends has the other side as destination annotation, for ARPQuerier and IP6NDSolicitor.
 *
 * Give input 0 packets for port 53 alone, of IPv4 after CheckIPHeader and CheckUDPHeader, of IPv6 after CheckIP6Header; input 1 IPv4
 * packets that CheckTCPHeader let pass, and with IPV6 also IPv6 packets with TCP after CheckIP6Header.
 */
import {
  below, checksum, defineElement, drop, duration, example, integer, IP_PROTOCOL, ipv4, ipv6, isMistake, optional, parseName, parsePrefix, parsed, pseudoHeaderSum6, push, quote, register, array, SMALL_DATA_BYTES, SourceText, text, udp, words, zoneTables,
  type ArgumentScope, type Name, type Packet, type Parsed, type u16, type u32,
} from 'wirelet';
import { maskOf, readNetwork6 } from '../ip6/route.js';
import { COUNTERS, connectionState, DROPS, initializeConnections } from '../tcp/connection.js';
import { tick } from '../tcp/due.js';
import { parametersOf, TCP_ARGUMENTS } from '../tcp/parameters.js';
import { segmentArrives } from '../tcp/segment.js';
import { EXAMPLE_ZONE, message, options, record, request, request6, response, response6 } from './example-zone.js';
import { FLAG, HEADER_BYTES, LABELS_MAX } from './message.js';
import { countResponse, networksTable, OVER, SLIPS } from './rate-limit.js';
import { acknowledged, exchangeState, fill } from './exchange.js';
import { respond } from './respond.js';
import { deliver, finished, opened, wish } from './stream.js';
import { turnRound, turnRound6 } from './turn-round.js';

/** Bytes of an Ethernet header and of those of IPv6 and UDP, before a message. */
const HEADERS_BYTES = 14 + 40 + 8;

function readOrigin(text: string): Parsed<Name> {
  const name = parseName(text.endsWith('.') ? text : `${text}.`, []);
  return isMistake(name) ? { error: name.mistake } : { value: name };
}

/** Who may have the whole zone: a network, by as many words of address and mask as its addresses have; none of them: nobody. */
interface Allowed {
  readonly text: string;
  readonly networks: readonly { readonly words: readonly number[]; readonly masks: readonly number[] }[];
}

const ALL = [{ words: [0], masks: [0] }, { words: [0, 0, 0, 0], masks: [0, 0, 0, 0] }];

function readAllowed(text: string, scope: ArgumentScope): Parsed<Allowed> {
  if (text === 'none' || text === 'any') return { value: { text, networks: text === 'any' ? ALL : [] } };
  const over6 = text.includes(':') ? readNetwork6(text, scope) : undefined;
  if (over6 !== undefined) return { value: { text, networks: [{ words: over6.network, masks: maskOf(over6.length) }] } };
  const found = parsePrefix(text);
  if (found === undefined) return { error: `expected an address, a prefix such as 192.0.2.0/24 or 2001:db8::/32, any, or none, got "${text}"` };
  return { value: { text, networks: [{ words: [(found.address & found.mask) >>> 0], masks: [found.mask] }] } };
}

/** What a client may send unasked: requests are short. */
const WINDOW_BYTES = 16_384;
/** Numbers of answers, for their range. */
const ANSWERS_MAX = 2 ** 22;
function ended(): void {}

/** Whether an address can be that of one host: not 0.0.0.0/8, nor a multicast, reserved or broadcast address. */
function isHost(address: u32): boolean {
  return address >>> 24 !== 0 && address < 0xe000_0000;
}

/** The same of an IPv6 source: neither unspecified nor multicast. */
function isHost6(packet: Packet): boolean {
  const header = ipv6.at(packet);
  return header.source_0 >>> 24 !== 0xff && (header.source_0 !== 0 || header.source_1 !== 0 || header.source_2 !== 0 || header.source_3 !== 0);
}

/** Whether the datagram over IPv6 is whole; there it always has a checksum (RFC 8200, 8.1). */
function isWhole6(packet: Packet, network: u16, transport: u16): boolean {
  const datagram = udp.at(packet);
  const length = datagram.length;
  if (datagram.checksum === 0 || length < udp.size || transport + length > packet.length) return false;
  return checksum.add(pseudoHeaderSum6(packet, network, IP_PROTOCOL.udp, length), checksum.sum(packet, transport, length)) === 0xffff;
}

const config = `${quote(EXAMPLE_ZONE)}, example.org`;
/** ns, host, and five numbers; the origin is where the question has it. */
const SOA_DATA = [2, 110, 115, 0xc0, 15, 4, 104, 111, 115, 116, 0xc0, 15, ...[1, 2, 3, 4, 60].flatMap((value) => [0, 0, 0, value])];

export default defineElement({
  name: 'DNSServer',
  config: {
    zone: text({ doc: 'The zone file, in master syntax (RFC 1035, 5), relative to the folder of the graph or to the current one; or the zone itself, in several lines.' }),
    origin: parsed<Name>('domain name', { doc: 'The name of the zone, such as example.org.' }, readOrigin, (name) => `${name.join('.')}.`),
    udp_size: integer({ default: 1232, min: 512, max: SMALL_DATA_BYTES - HEADERS_BYTES, unit: 'bytes', keyword: true, doc: 'Bytes of a response over UDP at most.' }),
    rate: integer({ default: 1000, min: 0, max: 100_000, keyword: true, doc: 'Responses per second for each network that asks; 0: as many as can be.' }),
    networks: integer({ default: 4096, min: 1, max: 1_048_576, keyword: true, doc: 'Networks whose rate is kept at once; the one that was quiet longest gives way.' }),
    transfer: words(parsed<Allowed>('address', { doc: '' }, readAllowed, ({ text }) => text), { keyword: true, max: 64, doc: 'Who may have the whole zone over TCP: addresses and prefixes, any, or none.' }),
    port: integer({ default: 53, min: 1, max: 65_535, keyword: true, doc: 'Port of TCP to listen on.' }),
    connections: integer({ default: 64, min: 1, max: 65_536, keyword: true, doc: 'Connections at once; others are refused.' }),
    idle: duration({ default: 10e6, keyword: true, doc: 'Time after which a connection without a request is closed, or one that takes nothing of a response.' }),
    held: integer({ default: 32, min: 4, max: 65_536, keyword: true, doc: 'Packets kept that came out of order, of all connections together.' }),
    ...TCP_ARGUMENTS,
  },
  ports: {
    inputs: {
      in: push('IPv4 and IPv6 packets with marked headers and whole UDP datagrams with DNS requests.'),
      segments: push(optional('IPv4 packets with marked headers and checked TCP segments; with IPV6 also IPv6 packets with TCP.')),
    },
    outputs: { responses: push('Responses over UDP.'), out: push(optional('Segments of TCP, as IPv4 or IPv6 packets with a destination annotation.')) },
  },
  counters: {
    ...COUNTERS,
    no_error: 'Responses without an error: records, referrals, or that there are no such records.',
    name_errors: 'Responses that there is no such name.',
    format_errors: 'Responses to requests that are malformed.',
    not_implemented: 'Responses to requests other than questions.',
    refused: 'Responses to questions for other zones or classes, or for the whole zone.',
    other_versions: 'Responses to requests of another version of EDNS.',
    truncated: 'Responses that were cut short, for want of room or because of the rate.',
    transfers: 'Transfers of the whole zone that were begun.',
    bad_streams: 'Connections that were closed because what came is no request.',
    slow_clients: 'Connections that were closed because a request did not come to its end, or a response was not taken.',
  },
  endsLoops: 'A segment becomes responses, which are answered to nobody here.',
  drops: {
    ...DROPS,
    fragment: 'A fragment, with IP options or with extension headers.',
    bad_checksum: 'A datagram over IPv6 that is cut off, or whose checksum is wrong.',
    bad_source: 'Nobody can be answered: the source is no address of a host, or port 0.',
    short_message: 'Shorter than the header of a message.',
    not_a_request: 'A response.',
    rate_limited: 'Its network asks too much.',
  },
  state: ({ config }) => ({
    ...connectionState(config.connections, config.held, config.ipv6),
    ...exchangeState(config.connections, ANSWERS_MAX),
    question_length: register(below(256)),
    options: register('u32'),
    label_starts: array('u8', LABELS_MAX), label_count: register('u8'), networks: networksTable(config.rate === 0 ? 1 : config.networks),
  }),
  build: ({ config, files }) => {
    const source = config.zone.includes('\n') ? new SourceText('zone', config.zone) : files.read(config.zone);
    if (source === undefined) return files.refuse();
    const networks = config.transfer.flatMap((each) => each.networks);
    const allowed = networks.filter(({ words }) => words.length === 1).map(({ words, masks }) => ({ address: words[0]!, mask: masks[0]! }));
    const allowed6 = config.ipv6 ? networks.filter(({ words }) => words.length === 4) : [];
    const zone = zoneTables(source, config.origin, (name, at) => files.read(name, at), files.diagnostics, networks.length > 0);
    if (zone === undefined) return files.refuse();
    return { tcp: parametersOf(config, config.connections, config.port, WINDOW_BYTES), idle_us: config.idle, allowed, allowed6, zone, limits: { plain: 512, largest: config.udp_size }, interval_us: config.rate === 0 ? 0 : Math.ceil(1e6 / config.rate) };
  },
  split: ({ config }) => (config.rate === 0 ? 'flows' : { never: 'each copy would answer a network at the whole RATE; with RATE 0 it can be split' }),
  initialize: (context) => initializeConnections(context),
  process(packet, context) {
    if (context.port === 1) return segmentArrives(packet, context, fill, deliver, finished, opened, acknowledged, ended);
    const { built, state, counters, outputs, clock } = context;
    const network = packet.networkHeaderOffset;
    const transport = packet.transportHeaderOffset;
    if (network < 0 || transport < 0) return drop('short_message');
    const isV6 = packet.loadU8(network) >>> 4 === 6;
    if (isV6) {
      if (ipv6.at(packet).next_header !== IP_PROTOCOL.udp) return drop('fragment');
      if (!isWhole6(packet, network, transport)) return drop('bad_checksum');
    } else if (packet.loadU8(network) !== 0x45 || (ipv4.at(packet).fragment & 0x3fff) !== 0) {
      return drop('fragment');
    }
    const datagram = udp.at(packet);
    const at = transport + udp.size;
    const end = transport + datagram.length;
    if (end > packet.length || end < at + HEADER_BYTES) return drop('short_message');
    if ((isV6 ? !isHost6(packet) : !isHost(ipv4.at(packet).source)) || datagram.source_port === 0) return drop('bad_source');
    if ((packet.loadU16(at + 2) & FLAG.response) !== 0) return drop('not_a_request');
    let empty = false;
    if (built.interval_us > 0) {
      const upper = isV6 ? ipv6.at(packet).source_0 : 0;
      const lower = isV6 ? ipv6.at(packet).source_1 : ipv4.at(packet).source >>> 8;
      const verdict = countResponse(state.networks, upper, lower, built.interval_us, clock.microseconds);
      if (verdict === OVER) return drop('rate_limited');
      empty = verdict === SLIPS;
    }
    respond(packet, at, end, built.limits, empty, built.zone, state, counters);
    if (isV6) turnRound6(packet, network, transport);
    else turnRound(packet, network, transport);
    return outputs.responses;
  },
  timers: { tick: (context) => tick(context as any, fill, ended, wish) },
  examples: [
    example('answers with the records of a name', request(message(0x0100, 'ns.example.org', 1)), { responses: response(message(0x8500, 'ns.example.org', 1, [1, 0, 0], record(12, 1, 300, [192, 0, 2, 53]))) }, { config }),
    example('answers over IPv6', request6(message(0x0100, 'ns.example.org', 1)), { responses: response6(message(0x8500, 'ns.example.org', 1, [1, 0, 0], record(12, 1, 300, [192, 0, 2, 53]))) }, { config }),
    example('does not answer wrong checksums over IPv6', { ...request6(message(0x0100, 'ns.example.org', 1)), bytes: request6(message(0x0100, 'ns.example.org', 1)).bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte)) }, { drop: 'bad_checksum' }, { config }),
    example(
      'follows an alias, and keeps the letters of the question',
      request(message(0, 'WWW.eXample.org', 1)),
      { responses: response(message(0x8400, 'WWW.eXample.org', 1, [2, 0, 0], [...record(12, 5, 300, [2, 110, 115, 0xc0, 16]), ...record(45, 1, 300, [192, 0, 2, 53])])) },
      { config },
    ),
    example('lets a wildcard stand for a name', request(message(0, 'a.b.any.example.org', 16)), { responses: response(message(0x8400, 'a.b.any.example.org', 16, [1, 0, 0], record(12, 16, 300, [1, 120]))) }, { config }),
    example('says that there is no such name', request(message(0, 'no.example.org', 1)), { responses: response(message(0x8403, 'no.example.org', 1, [0, 1, 0], record(15, 6, 60, SOA_DATA))) }, { config }),
    example(
      'says who answers for what it does not',
      request(message(0, 'a.sub.example.org', 1)),
      { responses: response(message(0x8000, 'a.sub.example.org', 1, [0, 1, 1], [...record(14, 2, 300, [2, 110, 115, 0xc0, 14]), ...record(47, 1, 300, [198, 51, 100, 1])])) },
      { config },
    ),
    example('refuses what is not in the zone', request(message(0, 'example.net', 1)), { responses: response(message(0x8005, 'example.net', 1)) }, { config }),
    example(
      'knows one version of EDNS',
      request(message(0, 'ns.example.org', 1, [0, 0, 1], options(4096, 0, 1))),
      { responses: response(message(0x8000, 'ns.example.org', 1, [0, 0, 1], options(1232, 1))) },
      { config },
    ),
    example('refuses the whole zone, which has no room in a datagram', request(message(0, 'example.org', 252)), { responses: response(message(0x8005, 'example.org', 252)) }, { config: `${config}, TRANSFER any` }),
    example('does not answer answers', request(message(0x8000, 'ns.example.org', 1)), { drop: 'not_a_request' }, { config }),
    example(
      'answers no more than its rate',
      Array.from({ length: 4 }, () => request(message(0, 'example.net', 1))),
      { responses: [response(message(0x8005, 'example.net', 1)), response(message(0x8005, 'example.net', 1)), response(message(0x8205, 'example.net', 1))], drop: 'rate_limited' },
      { config: `${config}, RATE 1` },
    ),
  ],
});
