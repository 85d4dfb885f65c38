/**
 * Names of the IP filter language. Click's documentation of IPClassifier lists them (elements/ip/
 * ipclassifier.hh); numbers are IANA's (protocol-numbers, icmp-parameters) and RFC 9293's flags.
 */
import { ICMP_TYPES } from '../icmp-names.js';
import { test, type Expression } from './expression.js';

/** What a qualifier says a primitive looks at. */
export type Subject =
  | 'host' | 'net' | 'port' | 'proto' | 'opt' | 'frag' | 'unfrag' | 'ect' | 'ce' | 'ether' | 'bytes'
  | NamedField;

/** Header fields with a name of their own, compared with integers. */
export type NamedField = 'vers' | 'hl' | 'tos' | 'dscp' | 'len' | 'id' | 'ttl' | 'csum' | 'win' | 'type' | 'code';

/** Bits `width` wide, `shift` above the lowest of the word; `protocol`: of that transport header. */
export interface FieldPlace {
  readonly offset: number;
  readonly size: 1 | 2 | 3 | 4;
  readonly shift: number;
  readonly width: number;
  readonly protocol?: number;
}

const place = (offset: number, size: FieldPlace['size'], protocol?: number): FieldPlace =>
  ({ offset, size, shift: 0, width: size * 8, protocol });

/** RFC 791, RFC 2474 (dscp), RFC 9293, RFC 792. */
export const NAMED_FIELDS: Readonly<Record<NamedField, FieldPlace>> = {
  vers: { offset: 0, size: 1, shift: 4, width: 4 },
  hl: { offset: 0, size: 1, shift: 0, width: 4 },
  tos: place(1, 1),
  dscp: { offset: 1, size: 1, shift: 2, width: 6 },
  len: place(2, 2),
  id: place(4, 2),
  ttl: place(8, 1),
  csum: place(10, 2),
  win: place(14, 2, 6),
  type: place(0, 1, 1),
  code: place(1, 1, 1),
};

export const SUBJECTS: readonly string[] = [
  'host', 'net', 'port', 'proto', 'opt', 'frag', 'unfrag', 'ect', 'ce', 'ether', ...Object.keys(NAMED_FIELDS),
];

/** Bytes of a header, `tcp[13]`; a protocol's number stands for its header, none for the IP header. */
export interface Bytes {
  readonly offset: number;
  readonly size: 1 | 2 | 3 | 4;
  readonly protocol?: number;
}

/** Fields that Click has no name for; their bytes are just bytes. */
const UNNAMED_IN_CLICK: readonly string[] = ['csum', 'code'];

/** The field that lies just there: `ip[8]` is the TTL. */
export function fieldOf({ offset, size, protocol }: Bytes): NamedField | undefined {
  const found = Object.entries(NAMED_FIELDS).find(([name, field]) => field.offset === offset && field.width === size * 8 && field.protocol === protocol && !UNNAMED_IN_CLICK.includes(name));
  return found?.[0] as NamedField | undefined;
}

/** What Click calls a primitive with that subject. */
export function subjectName(subject: Subject, bytes: Bytes | undefined): string {
  if (subject !== 'bytes') return SUBJECT_NAMES[subject];
  return `${bytes?.protocol === undefined ? 'ip' : clickProtocolName(bytes.protocol)}[...]`;
}

/** What primitives with these subjects are called in messages of Click. */
const SUBJECT_NAMES: Readonly<Record<Exclude<Subject, 'bytes'>, string>> = {
  host: 'ip host', net: 'ip net', port: 'port', proto: 'proto', opt: 'tcp opt', frag: 'ip frag', unfrag: 'ip unfrag', ect: 'ip ect', ce: 'ip ce', ether: 'ether host',
  vers: 'ip vers', hl: 'ip hl', tos: 'ip tos', dscp: 'ip dscp', len: 'ip len', id: 'ip id', ttl: 'ip ttl', csum: 'ip csum', win: 'tcp win', type: 'icmp type', code: 'icmp code',
};

export function isSubject(word: string): word is Subject {
  return word !== 'ether' && SUBJECTS.includes(word);
}

/** The transport protocol in whose header a field is. */
export function fieldProtocol(subject: Subject): number | undefined {
  return Object.hasOwn(NAMED_FIELDS, subject) ? NAMED_FIELDS[subject as NamedField].protocol : undefined;
}

/** Either of TCP and UDP; any transport protocol. Not protocol numbers, so beyond 255. */
export const TCP_OR_UDP = 256;
export const ANY_TRANSPORT = 257;

export const PROTOCOLS: ReadonlyMap<string, number> = new Map(Object.entries({
  icmp: 1, igmp: 2, ipip: 4, tcp: 6, udp: 17, dccp: 33, rsvp: 46, gre: 47, esp: 50, ah: 51, ospf: 89, pim: 103,
  vrrp: 112, l2tpv3: 115, sctp: 132, udplite: 136, tcpudp: TCP_OR_UDP, transp: ANY_TRANSPORT,
}));

export function protocolName(number: number): string {
  for (const [name, value] of PROTOCOLS) if (value === number) return name;
  return `ip proto ${number}`;
}

/** As `protocolName`, in the words of Click's messages, which have names for a few only. */
export function clickProtocolName(number: number): string {
  return [1, 2, 4, 6, 17, TCP_OR_UDP, ANY_TRANSPORT].includes(number) ? protocolName(number) : `ip proto ${number}`;
}

/** Click's six, and the two of ECN (RFC 3168). */
export const TCP_FLAGS: ReadonlyMap<string, number> = new Map(Object.entries({
  fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10, urg: 0x20, ece: 0x40, cwr: 0x80,
}));

export { ICMP_TYPES };

/** Words with a meaning of their own, for "did you mean". */
export const KEYWORDS: readonly string[] = [
  ...SUBJECTS, ...PROTOCOLS.keys(), ...TCP_FLAGS.keys(), ...ICMP_TYPES.keys(),
  'src', 'dst', 'ip', 'and', 'or', 'not', 'true', 'false', 'all', 'any', 'none', 'mask',
];

/** Fragment offset 0: only the first fragment has the transport header (RFC 791, 3.2). */
export const FIRST_FRAGMENT: Expression = test('network', 6, 2, 0, 0, 0x1fff);
/** More fragments, or an offset. */
export const FRAGMENT: Expression = test('network', 6, 2, 1, 0x3fff, 0x3fff);
