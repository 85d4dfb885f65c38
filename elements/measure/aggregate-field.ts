/**
 * Fields of IPv4 packets as Click names them for AggregateIP: `ip src/8`, `tcp dport`, `ip[8, 2] & 0x3f0`,
 * `transp{4-7}`.
 */
import { parsed, parseInteger } from 'wirelet';

/** Where a field is counted from. */
export const IP = 0;
export const TRANSPORT = 1;
export const PAYLOAD = 2;
/** Any protocol that has ports. */
export const TCP_OR_UDP = -2;
const ANY = -1;
const TCP = 6;
const UDP = 17;
const ICMP = 1;

export interface AggregateField {
  readonly base: typeof IP | typeof TRANSPORT | typeof PAYLOAD;
  /** The IP protocol the packet must have, TCP_OR_UDP, or -1: any. */
  readonly protocol: number;
  /** In bits. */
  readonly offset: number;
  readonly length: number;
}

/** Base, protocol, offset and length in bits of the fields with names. */
const NAMED: Readonly<Record<string, readonly [AggregateField['base'], number, number, number]>> = {
  'ip vers': [IP, ANY, 0, 4], 'ip hl': [IP, ANY, 4, 4], 'ip tos': [IP, ANY, 8, 8], 'ip dscp': [IP, ANY, 8, 6], 'ip ecn': [IP, ANY, 14, 2],
  'ip len': [IP, ANY, 16, 16], 'ip id': [IP, ANY, 32, 16], 'ip off': [IP, ANY, 48, 16], 'ip rf': [IP, ANY, 48, 1], 'ip df': [IP, ANY, 49, 1],
  'ip mf': [IP, ANY, 50, 1], 'ip fragoff': [IP, ANY, 51, 13], 'ip ttl': [IP, ANY, 64, 8], 'ip proto': [IP, ANY, 72, 8],
  'ip sum': [IP, ANY, 80, 16], 'ip src': [IP, ANY, 96, 32], 'ip dst': [IP, ANY, 128, 32],
  sport: [TRANSPORT, TCP_OR_UDP, 0, 16], dport: [TRANSPORT, TCP_OR_UDP, 16, 16],
  'udp sport': [TRANSPORT, UDP, 0, 16], 'udp dport': [TRANSPORT, UDP, 16, 16], 'udp len': [TRANSPORT, UDP, 32, 16], 'udp sum': [TRANSPORT, UDP, 48, 16],
  'tcp sport': [TRANSPORT, TCP, 0, 16], 'tcp dport': [TRANSPORT, TCP, 16, 16], 'tcp seqno': [TRANSPORT, TCP, 32, 32], 'tcp ackno': [TRANSPORT, TCP, 64, 32],
  'tcp hl': [TRANSPORT, TCP, 96, 4], 'tcp flags': [TRANSPORT, TCP, 106, 6], 'tcp urg': [TRANSPORT, TCP, 106, 1], 'tcp ack': [TRANSPORT, TCP, 107, 1],
  'tcp psh': [TRANSPORT, TCP, 108, 1], 'tcp rst': [TRANSPORT, TCP, 109, 1], 'tcp syn': [TRANSPORT, TCP, 110, 1], 'tcp fin': [TRANSPORT, TCP, 111, 1],
  'tcp win': [TRANSPORT, TCP, 112, 16], 'tcp sum': [TRANSPORT, TCP, 128, 16], 'tcp urp': [TRANSPORT, TCP, 144, 16],
  'icmp type': [TRANSPORT, ICMP, 0, 8], 'icmp code': [TRANSPORT, ICMP, 8, 8], 'icmp sum': [TRANSPORT, ICMP, 16, 16],
};

const BASES: Readonly<Record<string, readonly [AggregateField['base'], number]>> = {
  ip: [IP, ANY], transp: [TRANSPORT, ANY], data: [PAYLOAD, TCP_OR_UDP], payload: [PAYLOAD, TCP_OR_UDP],
  tcp: [TRANSPORT, TCP], udp: [TRANSPORT, UDP], icmp: [TRANSPORT, ICMP],
};
const OFFSET_BITS_MAX = 65_535 * 8;

/** The field that `text` names; a text is what is wrong with it. */
export function parseField(text: string): AggregateField | string {
  const source = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const match = /^(.*?)\s*(?:\/\s*(\d+)|&\s*(0x[0-9a-f]+|\d+))?$/.exec(source)!;
  const [, name = '', top, mask] = match;
  const whole = named(name.trim()) ?? placed(name.trim());
  if (whole === undefined) return `expected a field such as ip src/8, tcp dport or ip[8, 2], got "${text}"`;
  const { offset, length } = whole;
  if (length < 1 || length > 32 || offset < 0 || offset > OFFSET_BITS_MAX) return 'a field has 1 to 32 bits';
  if ((offset % 32) + length > 32) return 'the field does not lie in one word of 32 bits';
  if (top !== undefined) {
    const bits = Number(top);
    return bits >= 1 && bits <= length ? { ...whole, length: bits } : `the field has ${length} bits, not ${bits}`;
  }
  return mask === undefined ? whole : masked(whole, Number(mask));
}

function named(name: string): AggregateField | undefined {
  const row = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  return row && { base: row[0], protocol: row[1], offset: row[2], length: row[3] };
}

/** `ip[8, 2]`, `ip[8-9]`, `ip[8]`, and the same in bits with braces. */
function placed(text: string): AggregateField | undefined {
  const match = /^([a-z]+) ?(\[|\{) ?(\w+) ?(?:(,|-) ?(\w+) ?)?(?:\]|\})$/.exec(text);
  const base = match === null || !Object.hasOwn(BASES, match[1]!) ? undefined : BASES[match[1]!];
  if (match === null || base === undefined) return undefined;
  const unit = match[2] === '[' ? 8 : 1;
  const first = parseInteger(match[3]!);
  const second = match[5] === undefined ? 1 : parseInteger(match[5]);
  if (first === undefined || second === undefined) return undefined;
  const count = match[4] === '-' ? second - first + 1 : second;
  return { base: base[0], protocol: base[1], offset: first * unit, length: count * unit };
}

/** The bits of a field under a mask with one row of ones. */
function masked(field: AggregateField, mask: number): AggregateField | string {
  const bits = mask.toString(2);
  const ones = /^(1+)(0*)$/.exec(bits);
  if (ones === null || bits.length > field.length) return `the mask needs one row of ones within ${field.length} bits`;
  return { ...field, offset: field.offset + field.length - bits.length, length: ones[1]!.length };
}

/** The argument, given as one text. */
export const aggregateField = parsed<{ readonly field: AggregateField; readonly text: string }>(
  'field',
  { doc: 'The field, such as ip src/8, tcp dport or "ip[8, 2]".', schema: { type: 'string' } },
  (text) => {
    const plain = text.replace(/^["']|["']$/g, '');
    const field = parseField(plain);
    return typeof field === 'string' ? { error: field } : { value: { field, text: plain } };
  },
  ({ text }) => (text.includes(',') ? `"${text}"` : text),
);
