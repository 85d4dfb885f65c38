/** The fields of packet summaries: how each is written from a packet, and what it says of one that is made. */
import { createHash } from 'node:crypto';
import { formatIpv4, formatMacDashed, parseIpv4, parseMac, quote, unquoteBytes } from 'wirelet';
import type { Draft } from './draft.js';
import { extraLength, payloadOf, u16, u32, type Headers } from './headers.js';
import { ipOptionsText, readIpOptions } from './ip-options.js';
import { readTcpOptions, tcpOptionsText, type Which } from './tcp-options.js';

export interface Field {
  /** Undefined: the packet has no such thing. */
  write(headers: Headers): string | number | undefined;
  /** False: the text is malformed. Absent: the field cannot be read. */
  read?(text: string, draft: Draft): boolean;
}

/** Of the low bits of the TCP flags' sixteen, the last first (RFC 9293, 3.1; RFC 3168; N is RFC 3540's). */
const TCP_FLAGS = 'FSRPAUEWN';
const [TCP, UDP, ICMP] = [6, 17, 1];
const PROTOCOLS: Readonly<Record<string, number>> = { T: TCP!, U: UDP!, I: ICMP! };
const ECN = ['no', 'ect2', 'ect1', 'ce'];
const ECN_NAMES: Readonly<Record<string, number>> = { no: 0, 'ECT(1)': 1, ect2: 2, 'ECT(0)': 2, ect1: 1, ce: 3, CE: 3 };
const HAS_PORTS = new Set([TCP, UDP, 33, 136]);
/** ICMP messages with an identifier and a sequence number. */
const SEQUENCED = new Set([0, 8, 13, 14, 15, 16]);

function number(text: string, most: number): number | undefined {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  return value <= most ? value : undefined;
}

/** A field of the IPv4 header, `size` bytes at `at`. */
function ip(write: (data: Uint8Array, at: number) => string | number, read?: Field['read']): Field {
  return { write: ({ data, ip: at }) => (at === undefined ? undefined : write(data, at)), ...(read && { read }) };
}

function numeric(most: number, key: keyof Draft): NonNullable<Field['read']> {
  return (text, draft) => {
    const value = number(text, most);
    if (value === undefined) return false;
    Object.assign(draft, { [key]: value });
    return true;
  };
}

function address(key: 'source' | 'destination'): NonNullable<Field['read']> {
  return (text, draft) => {
    const value = parseIpv4(text);
    if (value !== undefined) draft[key] = value;
    return value !== undefined;
  };
}

function ofTransport(protocols: ReadonlySet<number | undefined>, least: number, write: (data: Uint8Array, at: number, headers: Headers) => string | number | undefined, read?: Field['read']): Field {
  return {
    write(headers) {
      const { data, transport, protocol } = headers;
      return transport === undefined || !protocols.has(protocol) || data.length < transport + least ? undefined : write(data, transport, headers);
    },
    ...(read && { read }),
  };
}

const tcp = (least: number, write: (data: Uint8Array, at: number) => string | number | undefined, read?: Field['read']) => ofTransport(new Set([TCP]), least, write, read && tcpOnly(read));

/** Says that the packet is TCP unless something else said what it is. */
function tcpOnly(read: NonNullable<Field['read']>): NonNullable<Field['read']> {
  return (text, draft) => {
    draft.hasTransport = true;
    return read(text, draft);
  };
}

const withTransport = tcpOnly;

const icmp = (least: number, write: (data: Uint8Array, at: number) => string | number | undefined, read?: Field['read']) =>
  ofTransport(new Set([ICMP]), least, write, read && ((text, draft) => {
    draft.hasTransport = true;
    draft.protocol ??= ICMP;
    return read(text, draft);
  }));

function flags(text: string, draft: Draft): boolean {
  if (text === '.') draft.tcpFlags = 0;
  else if (/^\d+$/.test(text)) draft.tcpFlags = Number(text) & 0x1ff;
  else {
    if (![...text].every((letter) => TCP_FLAGS.includes(letter) || 'XY'.includes(letter))) return false;
    draft.tcpFlags = [...text].reduce((sum, letter) => sum | (1 << (letter === 'X' ? 6 : letter === 'Y' ? 7 : TCP_FLAGS.indexOf(letter))), 0);
  }
  return true;
}

function flagsText(value: number): string {
  // As everybody writes the two commonest.
  if (value === 0x18) return 'PA';
  return value === 0 ? '.' : [...TCP_FLAGS].filter((_, bit) => (value & (1 << bit)) !== 0).join('');
}

function fragment(text: string, draft: Draft): boolean {
  const named: Readonly<Record<string, number>> = { '.': 0, '!': 0x4000, F: 0x2000, f: 100 };
  if (named[text] !== undefined) {
    draft.fragment = named[text];
    return true;
  }
  const found = /^(\d+)([+!]*)$/.exec(text);
  if (found === null) return false;
  draft.fragment = ((Number(found[1]) >>> 3) & 0x1fff) | (found[2]!.includes('+') ? 0x2000 : 0) | (found[2]!.includes('!') ? 0x4000 : 0);
  return true;
}

function fragmentLetter(value: number): string {
  if ((value & 0x3fff) !== 0) return (value & 0x1fff) === 0 ? 'F' : 'f';
  return (value & 0x4000) !== 0 ? '!' : '.';
}

function length({ packet, data, ip: at }: Headers): number {
  const extra = extraLength(packet);
  if (at === undefined) return data.length + extra;
  const total = u16(data, at + 2);
  // The annotation counts from the packet's bytes, the header from its own beginning.
  const full = data.length + extra;
  return extra === 0 || total + 8 >= full - at ? total : full;
}

const options = (which: Which) => tcp(20, (data, at) => tcpOptionsText(data.subarray(at + 20, at + (data[at + 12]! >>> 4) * 4), which), (text, draft) => {
  const bytes = readTcpOptions(text);
  if (bytes !== undefined) draft.tcpOptions = bytes;
  return bytes !== undefined;
});

const hash = (algorithm: string, encoding: 'hex' | 'base64'): Field => ({
  write(headers) {
    const { start, length: bytes } = payloadOf(headers);
    return createHash(algorithm).update(headers.data.subarray(start, start + bytes)).digest(encoding).replace(/=+$/, '');
  },
});

const stamp = (seconds: number, nanoseconds: number, digits: 6 | 9): string =>
  `${seconds}.${String(digits === 9 || nanoseconds % 1000 !== 0 ? nanoseconds : Math.trunc(nanoseconds / 1000)).padStart(digits === 9 || nanoseconds % 1000 !== 0 ? 9 : 6, '0')}`;

function readStamp(text: string): [number, number] | undefined {
  const found = /^(\d+)(?:\.(\d{0,9}))?$/.exec(text);
  return found === null || Number(found[1]) > 0xffff_ffff ? undefined : [Number(found[1]), Number((found[2] ?? '').padEnd(9, '0'))];
}

function timestamp(digits: 6 | 9): Field {
  return {
    write: ({ packet }) => stamp(packet.timestampSeconds, packet.timestampNanoseconds, digits),
    read(text, draft) {
      const value = readStamp(text);
      if (value !== undefined) [draft.seconds, draft.nanoseconds] = value;
      return value !== undefined;
    },
  };
}

function firstTimestamp(digits: 6 | 9): Field {
  return {
    write: ({ packet }) => stamp(packet.annotationU32(32), packet.annotationU32(36), digits),
    read(text, draft) {
      const value = readStamp(text);
      if (value !== undefined) draft.first = value;
      return value !== undefined;
    },
  };
}

function ethernet(at: 0 | 6, key: 'etherSource' | 'etherDestination'): Field {
  return {
    write({ packet }) {
      const header = ethernetOf(packet);
      return header && formatMacDashed(u16(header, at) * 0x1_0000_0000 + u32(header, at + 2));
    },
    read(text, draft) {
      const value = parseMac(text.replace(/-/g, ':'));
      if (value !== undefined) draft[key] = value;
      return value !== undefined;
    },
  };
}

/** The Ethernet header right before the network header, stripped off or not. */
function ethernetOf(packet: Headers['packet']): Uint8Array | undefined {
  const { macHeader, networkHeader } = packet;
  return macHeader >= 0 && networkHeader === macHeader + 14 ? packet.bytes.subarray(macHeader, networkHeader) : undefined;
}

const paint = (arrows: boolean): Field => ({
  write: ({ packet }) => (arrows && packet.paint < 2 ? '><'[packet.paint] : packet.paint),
  read(text, draft) {
    const value = text === '>' || text === 'L' ? 0 : text === '<' || text === 'R' || text === 'X' ? 1 : number(text, 255);
    if (value !== undefined) draft.paint = value;
    return value !== undefined;
  },
});

export const FIELDS: Readonly<Record<string, Field>> = {
  timestamp: timestamp(6),
  ntimestamp: timestamp(9),
  ts_sec: { write: ({ packet }) => packet.timestampSeconds, read: numeric(0xffff_ffff, 'seconds') },
  ts_usec: {
    write: ({ packet }) => Math.trunc(packet.timestampNanoseconds / 1000),
    read(text, draft) {
      const value = number(text, 999_999);
      if (value !== undefined) draft.nanoseconds = value * 1000;
      return value !== undefined;
    },
  },
  ts_usec1: {
    write: ({ packet }) => packet.timestampSeconds * 1e6 + Math.trunc(packet.timestampNanoseconds / 1000),
    read(text, draft) {
      const value = number(text, Number.MAX_SAFE_INTEGER);
      if (value !== undefined) [draft.seconds, draft.nanoseconds] = [Math.trunc(value / 1e6), (value % 1e6) * 1000];
      return value !== undefined;
    },
  },
  first_timestamp: firstTimestamp(6),
  first_ntimestamp: firstTimestamp(9),
  count: { write: ({ packet }) => 1 + packet.annotationU32(24), read: numeric(0xffff_ffff, 'count') },
  link: paint(false),
  direction: paint(true),
  aggregate: { write: ({ packet }) => packet.annotationU32(20), read: numeric(0xffff_ffff, 'aggregate') },
  wire_len: { write: ({ packet, data }) => data.length + extraLength(packet), read: numeric(0xffff_ffff, 'wireLength') },
  eth_src: ethernet(6, 'etherSource'),
  eth_dst: ethernet(0, 'etherDestination'),
  eth_type: {
    write({ packet }) {
      const header = ethernetOf(packet);
      return header && u16(header, 12).toString(16).toUpperCase().padStart(4, '0');
    },
    read(text, draft) {
      if (!/^[0-9a-f]{1,4}$/i.test(text)) return false;
      draft.etherType = parseInt(text, 16);
      return true;
    },
  },
  ip_src: ip((data, at) => formatIpv4(u32(data, at + 12)), address('source')),
  ip_dst: ip((data, at) => formatIpv4(u32(data, at + 16)), address('destination')),
  ip_tos: ip((data, at) => data[at + 1]!, numeric(255, 'tos')),
  ip_dscp: ip((data, at) => data[at + 1]! >>> 2, (text, draft) => {
    const value = number(text, 63);
    if (value !== undefined) draft.tos = (draft.tos & 3) | (value << 2);
    return value !== undefined;
  }),
  ip_ecn: ip((data, at) => ECN[data[at + 1]! & 3]!, (text, draft) => {
    const value = ECN_NAMES[text] ?? number(text, 3);
    if (value !== undefined) draft.tos = (draft.tos & 0xfc) | value;
    return value !== undefined;
  }),
  ip_ttl: ip((data, at) => data[at + 8]!, numeric(255, 'ttl')),
  ip_frag: ip((data, at) => fragmentLetter(u16(data, at + 6)), (text, draft) => (draft.fragment === undefined ? fragment(text, draft) : true)),
  ip_fragoff: ip((data, at) => {
    const value = u16(data, at + 6);
    return `${(value & 0x1fff) * 8}${(value & 0x2000) !== 0 ? '+' : ''}${(value & 0x4000) !== 0 ? '!' : ''}`;
  }, fragment),
  ip_id: ip((data, at) => u16(data, at + 4), numeric(0xffff, 'identification')),
  ip_sum: ip((data, at) => u16(data, at + 10), numeric(0xffff, 'ipChecksum')),
  ip_proto: ip((data, at) => ({ [TCP!]: 'T', [UDP!]: 'U', [ICMP!]: 'I' })[data[at + 9]!] ?? data[at + 9]!, (text, draft) => {
    const value = PROTOCOLS[text] ?? number(text, 255);
    if (value !== undefined) draft.protocol = value;
    return value !== undefined;
  }),
  ip_hl: ip((data, at) => (data[at]! & 15) * 4, numeric(60, 'headerLength')),
  ip_len: { write: length, read: numeric(0xffff_ffff, 'length') },
  ip_capture_len: {
    write({ data, ip: at }) {
      const kept = data.length - (at ?? 0);
      return at === undefined ? kept : Math.min(kept, u16(data, at + 2));
    },
  },
  ip_opt: ip((data, at) => ipOptionsText(data.subarray(at + 20, at + (data[at]! & 15) * 4)), (text, draft) => {
    const bytes = readIpOptions(text);
    if (bytes !== undefined) draft.ipOptions = bytes;
    return bytes !== undefined;
  }),
  sport: ofTransport(HAS_PORTS, 2, (data, at) => u16(data, at), withTransport(numeric(0xffff, 'sourcePort'))),
  dport: ofTransport(HAS_PORTS, 4, (data, at) => u16(data, at + 2), withTransport(numeric(0xffff, 'destinationPort'))),
  tcp_seq: tcp(8, (data, at) => u32(data, at + 4), numeric(0xffff_ffff, 'sequence')),
  tcp_ack: tcp(12, (data, at) => u32(data, at + 8), numeric(0xffff_ffff, 'acknowledgement')),
  tcp_off: tcp(13, (data, at) => (data[at + 12]! >>> 4) * 4, numeric(60, 'tcpHeaderLength')),
  tcp_flags: tcp(14, (data, at) => flagsText(u16(data, at + 12) & 0x1ff), flags),
  tcp_window: tcp(16, (data, at) => u16(data, at + 14), numeric(0xffff, 'window')),
  tcp_sum: tcp(18, (data, at) => u16(data, at + 16), numeric(0xffff, 'transportChecksum')),
  tcp_urp: tcp(20, (data, at) => u16(data, at + 18), numeric(0xffff, 'urgent')),
  tcp_opt: options('all'),
  tcp_ntopt: options('not-timestamps'),
  tcp_sack: options('sack'),
  udp_len: ofTransport(new Set([UDP, 136]), 6, (data, at) => u16(data, at + 4), withTransport(numeric(0xffff, 'udpLength'))),
  udp_sum: ofTransport(new Set([UDP, 136]), 8, (data, at) => u16(data, at + 6), withTransport(numeric(0xffff, 'transportChecksum'))),
  icmp_type: icmp(1, (data, at) => data[at]!, numeric(255, 'icmpType')),
  icmp_code: icmp(2, (data, at) => data[at + 1]!, numeric(255, 'icmpCode')),
  icmp_sum: icmp(4, (data, at) => u16(data, at + 2), numeric(0xffff, 'transportChecksum')),
  icmp_flowid: icmp(6, (data, at) => (SEQUENCED.has(data[at]!) ? u16(data, at + 4) : undefined), numeric(0xffff, 'icmpIdentifier')),
  icmp_seq: icmp(8, (data, at) => (SEQUENCED.has(data[at]!) ? u16(data, at + 6) : undefined), numeric(0xffff, 'icmpSequence')),
  icmp_nextmtu: icmp(8, (data, at) => (data[at] === 3 && data[at + 1] === 4 ? u16(data, at + 6) : undefined), numeric(0xffff, 'icmpSequence')),
  payload: {
    write(headers) {
      const { start, length: bytes } = payloadOf(headers);
      const text = quote(Buffer.from(headers.data.subarray(start, start + bytes)).toString('latin1'));
      return text.startsWith('"') ? text : `"${text}"`;
    },
    read(text, draft) {
      draft.payload = unquoteBytes(text);
      return true;
    },
  },
  payload_len: { write: (headers) => payloadOf(headers).length + (headers.ip === undefined ? 0 : length(headers) - u16(headers.data, headers.ip + 2)), read: numeric(0xffff_ffff, 'payloadLength') },
  payload_md5: hash('md5', 'base64'),
  payload_md5_hex: hash('md5', 'hex'),
  payload_sha1_hex: hash('sha1', 'hex'),
};

/** Other names; those with a space are of the first dumps. */
const SYNONYMS: Readonly<Record<string, string>> = {
  utimestamp: 'timestamp', ts: 'timestamp', sec: 'ts_sec', usec: 'ts_usec', usec1: 'ts_usec1', first_utimestamp: 'first_timestamp', first_ts: 'first_timestamp', pkt_count: 'count', packet_count: 'count', agg: 'aggregate',
  ether_src: 'eth_src', ether_dst: 'eth_dst', ether_type: 'eth_type', length: 'ip_len', len: 'ip_len', ip_p: 'ip_proto', proto: 'ip_proto', src: 'ip_src', dst: 'ip_dst', tcp_seqno: 'tcp_seq', tcp_ackno: 'tcp_ack',
  tcp_win: 'tcp_window', payload_length: 'payload_len', icmp_seqno: 'icmp_seq',
};

/** The name of a field, whichever of its names is given. */
export function fieldName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/[ -]/g, '_');
  const known = SYNONYMS[name] ?? name;
  return Object.hasOwn(FIELDS, known) ? known : undefined;
}
