/**
 * Fields of IPv4 packets as Click names them for AggregateIP: `HEADER [NAME] [{OFFSET:LENGTH}] [/PREFIX] [& MASK]`, such as `ip src/8`, `tcp dport`,
 * `ip[8:2] & 0x3f0`, `transp {4-7}`.
 */
import { parsed, parseInteger, type Parsed } from 'wirelet';

/** Where a field is counted from. */
export const IP = 0;
export const TRANSPORT = 1;
export const PAYLOAD = 2;
/** Any protocol that has ports. */
export const TCP_OR_UDP = -2;
const ANY = -1;

export interface AggregateField {
  readonly base: typeof IP | typeof TRANSPORT | typeof PAYLOAD;
  /** The IP protocol the packet must have, TCP_OR_UDP, or -1: any. */
  readonly protocol: number;
  /** In bits. */
  readonly offset: number;
  readonly length: number;
}

type Header = Pick<AggregateField, 'base' | 'protocol'>;

const HEADERS: Readonly<Record<string, Header>> = {
  ip: { base: IP, protocol: ANY }, icmp: { base: TRANSPORT, protocol: 1 }, tcp: { base: TRANSPORT, protocol: 6 }, udp: { base: TRANSPORT, protocol: 17 }, tcpudp: { base: TRANSPORT, protocol: TCP_OR_UDP },
  transp: { base: TRANSPORT, protocol: ANY }, payload: { base: PAYLOAD, protocol: TCP_OR_UDP }, data: { base: PAYLOAD, protocol: TCP_OR_UDP },
};

type Named = Readonly<Record<string, readonly [offset: number, length: number]>>;

const PORTS: Named = { sport: [0, 16], dport: [16, 16] };
/** Offset and length in bits of the fields with names. Of several names of one, the first is shown. */
const NAMES: Readonly<Record<string, Named>> = {
  ip: {
    vers: [0, 4], hl: [4, 4], tos: [8, 8], dscp: [8, 6], ecn: [14, 2], len: [16, 16], id: [32, 16], off: [48, 16], rf: [48, 1], df: [49, 1], mf: [50, 1], fragoff: [51, 13], ttl: [64, 8], proto: [72, 8],
    sum: [80, 16], src: [96, 32], dst: [128, 32],
  },
  icmp: { type: [0, 8], code: [8, 8], sum: [16, 16] },
  tcp: {
    ...PORTS, seq: [32, 32], seqno: [32, 32], ackno: [64, 32], hl: [96, 4], flags: [104, 8], urg: [106, 1], ack: [107, 1], psh: [108, 1], push: [108, 1], rst: [109, 1], syn: [110, 1], fin: [111, 1], win: [112, 16],
    sum: [128, 16], urp: [144, 16],
  },
  udp: { ...PORTS, len: [32, 16], sum: [48, 16] },
  tcpudp: PORTS,
};

const OFFSET_BITS_MAX = 65_535 * 8;
const SYNTAX = "expected 'HEADER [NAME] [{OFFSET:LENGTH}] [/PREFIX] [& MASK]'";
const RANGE = 'bad offset or length in TCP/IP field';
const PART = 'bad prefix or mask in TCP/IP field';
const NUMBER = '(0x[0-9a-f]+|\\d+)';

/** What is left of a text that is read from its beginning. */
class Rest {
  constructor(public text: string) {}

  take(pattern: string): RegExpExecArray | undefined {
    const match = new RegExp(`^\\s*${pattern}`, 'i').exec(this.text);
    if (match === null) return undefined;
    this.text = this.text.slice(match[0].length);
    return match;
  }
}

/** The field that `text` names; a text is what is wrong with it, as Click says it. */
export function parseField(text: string): AggregateField | string {
  const rest = new Rest(text);
  const proto = rest.take(`ip\\s+proto\\s+${NUMBER}`);
  const word = proto === undefined ? rest.take('([a-z_]+)(?![a-z0-9_])')?.[1] : undefined;
  // Ports may stand for themselves.
  const alone = word === 'sport' || word === 'dport';
  const header = proto !== undefined ? { base: TRANSPORT as typeof TRANSPORT, protocol: parseInteger(proto[1]!)! } : alone ? HEADERS.tcpudp : Object.hasOwn(HEADERS, word ?? '') ? HEADERS[word!] : undefined;
  if (header === undefined) return SYNTAX;
  const field = whole(rest, header, alone ? 'tcpudp' : (word ?? ''), alone ? word : undefined);
  if (typeof field === 'string') return field;
  const narrowed = part(rest, field);
  if (typeof narrowed === 'string') return narrowed;
  if (rest.text.trim() !== '') return 'garbage after field specification';
  const { offset, length } = narrowed;
  if (Math.trunc(offset / 32) !== Math.trunc((offset + length - 1) / 32)) return 'field specification does not fit within a single word';
  return length > 32 ? 'field length too large, max 32' : narrowed;
}

/** The field with a name, at a place, or at a place of one with a name. */
function whole(rest: Rest, header: Header, word: string, given: string | undefined): AggregateField | string {
  const names: Named = { ...NAMES[word], ...(word === 'ip' && PORTS) };
  const before = rest.text;
  const name = given ?? rest.take('([a-z]+)')?.[1]?.toLowerCase();
  const found = name !== undefined && Object.hasOwn(names, name) ? names[name] : undefined;
  if (found === undefined && given === undefined) rest.text = before;
  const own = word === 'ip' && name !== undefined && found !== undefined && Object.hasOwn(PORTS, name) ? HEADERS.tcpudp! : header;
  const place = rest.take(`(\\[|\\{)\\s*${NUMBER}\\s*(?:([:,-])\\s*${NUMBER}\\s*)?[\\]}]`);
  if (place === undefined) return found === undefined ? SYNTAX : { ...own, offset: found[0], length: found[1] };
  const unit = place[1] === '[' ? 8 : 1;
  const first = parseInteger(place[2]!)!;
  const second = place[4] === undefined ? 1 : parseInteger(place[4])!;
  const [offset, length] = [first * unit, (place[3] === '-' ? second - first + 1 : second) * unit];
  if (length <= 0 || offset > OFFSET_BITS_MAX || (found !== undefined && offset + length > found[1])) return RANGE;
  return { ...own, offset: (found?.[0] ?? 0) + offset, length };
}

/** The highest bits of a field, and those of them under a mask with one row of ones. */
function part(rest: Rest, field: AggregateField): AggregateField | string {
  let { offset, length } = field;
  const prefix = rest.take(`/\\s*${NUMBER}`);
  if (prefix !== undefined) {
    const bits = parseInteger(prefix[1]!)!;
    if (bits < 1 || bits > length) return PART;
    length = bits;
  }
  const mask = rest.take(`&\\s*${NUMBER}`);
  if (mask !== undefined) {
    const bits = parseInteger(mask[1]!)!.toString(2);
    const ones = /^(1+)0*$/.exec(bits);
    if (ones === null || bits.length > length) return PART;
    offset += length - bits.length;
    length = ones[1]!.length;
  }
  return { ...field, offset, length };
}

export const headerName = ({ base, protocol }: AggregateField): string =>
  Object.entries(HEADERS).find(([, header]) => header.base === base && header.protocol === protocol)?.[0] ?? `ip proto ${protocol}`;

/** The field as Click shows it: by a name, a part of what has one, or its place. */
export function fieldText(field: AggregateField): string {
  const header = headerName(field);
  const nameOf = (from: number, bits: number) => Object.entries(NAMES[header] ?? {}).find(([, [at, count]]) => at === from && count === bits)?.[0];
  const own = nameOf(field.offset, field.length);
  if (own !== undefined) return `${header} ${own}`;
  let text = header;
  let { offset } = field;
  const { length } = field;
  for (const container of [8, 16, 32]) {
    if (Math.trunc(offset / container) !== Math.trunc((offset + length - 1) / container)) continue;
    const around = nameOf(offset - (offset % container), container);
    if (around === undefined) continue;
    text += ` ${around}`;
    offset %= container;
    if (offset === 0) return `${text}/${length}`;
    break;
  }
  if (offset % 8 === 0 && length % 8 === 0) return `${text}[${offset / 8}${length === 8 ? '' : `:${length / 8}`}]`;
  return `${text}{${offset}${length === 1 ? '' : `:${length}`}}`;
}

/** The argument, given as one text. */
export const aggregateField = parsed<AggregateField>(
  'field',
  { doc: 'The field, such as ip src/8, tcp dport or ip[8:2].', schema: { type: 'string' } },
  (text): Parsed<AggregateField> => {
    const field = parseField(text.replace(/^["']|["']$/g, ''));
    return typeof field === 'string' ? { error: `"${text}": ${field}`, click: field, ofElement: true } : { value: field };
  },
  fieldText,
);
