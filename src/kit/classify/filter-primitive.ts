/**
 * What a primitive of the IP filter language means, once it is read: `src tcp port > 1024`,
 * `ip[8] & 0xf0 == 16`, `10.0.0.0/8`. Sources: Click's documentation of IPClassifier.
 */
import { and, fullMask, not, or, test, type Anchor, type Expression } from './expression.js';
import { ANY_TRANSPORT, FIRST_FRAGMENT, FRAGMENT, NAMED_FIELDS, SUBJECT_NAMES, TCP_OR_UDP, protocolName, type FieldPlace, type NamedField, type Subject } from './filter-names.js';
import type { Value } from './filter-value.js';
import { FilterError, type FilterWarning, type Word } from './filter-words.js';

export type Direction = 'src' | 'dst' | 'src or dst' | 'src and dst';
export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A primitive as written, apart from what it leaves out. */
export interface Primitive {
  /** All its words, for messages. */
  readonly word: Word;
  readonly subject?: Subject;
  readonly direction?: Direction;
  /** A number up to 255, or TCP_OR_UDP, or ANY_TRANSPORT. */
  readonly protocol?: number;
  /** `[offset:size]` in the IP header or, with a protocol, in that transport header. */
  readonly bytes?: { readonly offset: number; readonly size: 1 | 2 | 3 | 4 };
  /** The header that is looked at, where it was said. */
  readonly header?: 'ip' | 'ether';
  readonly mask?: { readonly kind: 'integer' | 'host' | 'mac'; readonly value: number };
  readonly operator: Operator;
  readonly value?: Value;
  /** Whether its own words say its subject. */
  readonly named: boolean;
}

/** What later primitives repeat when they leave it out. */
export type Context = Pick<Primitive, 'subject' | 'direction' | 'protocol' | 'bytes'>;

/** What Click calls a primitive of that kind. */
function called({ direction, subject, bytes, protocol }: Primitive): string {
  const what = bytes !== undefined ? `${protocol === undefined ? 'ip' : protocolName(protocol)}[...]` : SUBJECT_NAMES[subject!];
  return `'${direction === undefined ? '' : `${direction} `}${what}'`;
}

/** A mistake in a primitive, and what Click says of that kind of primitive. */
const wrongly = (primitive: Primitive, message: string, hint: string | undefined, click: string) => FilterError.at(primitive.word, message, hint, `${called(primitive)}: ${click}`);

/** The primitive with what it leaves out filled in from the one before it. */
export function completed(primitive: Primitive, previous: Context): Primitive {
  const { value, subject, protocol, word, bytes } = primitive;
  if (bytes !== undefined) return primitive;
  if (subject !== undefined) return subject === 'host' && primitive.header === 'ether' ? { ...primitive, subject: 'ether' } : primitive;
  if (value === undefined) {
    if (protocol !== undefined) return { ...primitive, subject: 'proto' };
    throw FilterError.at(word, 'this says where to look, but not for what', 'Write, for example, "src host 10.0.0.1" or "dst tcp port 80".', 'partial directive');
  }
  const direction = primitive.direction ?? previous.direction;
  switch (value.kind) {
    case 'host':
    case 'net':
      return { ...primitive, subject: value.kind, direction };
    case 'port':
      return { ...primitive, subject: 'port', direction, protocol: protocol ?? previous.protocol };
    case 'mac':
      return { ...primitive, subject: 'ether', direction };
    case 'opt':
    case 'proto':
    case 'type':
      return { ...primitive, subject: value.kind };
    case 'integer':
      return repeated(primitive, previous, direction);
  }
}

function repeated(primitive: Primitive, previous: Context, direction: Direction | undefined): Primitive {
  const { subject, bytes } = previous;
  const protocol = primitive.protocol ?? previous.protocol;
  if (bytes !== undefined) return { ...primitive, bytes, protocol };
  if (subject === 'port') return { ...primitive, subject, direction, protocol };
  if (subject === 'proto' || (subject !== undefined && Object.hasOwn(NAMED_FIELDS, subject))) return { ...primitive, subject };
  throw FilterError.at(primitive.word, 'a number alone does not say which header field it belongs to', 'Write "port", "ip proto", "ip ttl" or another field before it.', "specify header field or 'port'");
}

/** The expression of a completed primitive; what is suspicious about it goes to `warnings`. */
export function meaningOf(primitive: Primitive, warnings: FilterWarning[]): Expression {
  const { subject, direction, header, value } = primitive;
  if (header === 'ether' && subject !== 'ether' && value?.kind !== 'mac') throw wrongly(primitive, 'this is not in the Ethernet header', 'Leave out "ether".', 'ip only');
  const meaning = plainMeaning(primitive, warnings);
  const directed = subject === 'host' || subject === 'net' || subject === 'port' || subject === 'ether';
  if (direction !== undefined && !directed) {
    warnings.push({ message: `"src" and "dst" mean nothing with "${subject ?? 'bytes'}"`, click: `${called(primitive)}: 'src' or 'dst' ignored` });
  }
  return meaning;
}

function plainMeaning(primitive: Primitive, warnings: FilterWarning[]): Expression {
  const { subject, bytes } = primitive;
  if (bytes !== undefined) {
    const place: FieldPlace = { ...bytes, shift: 0, width: bytes.size * 8, protocol: primitive.protocol };
    return field(primitive, place, warnings);
  }
  switch (subject) {
    case 'host':
    case 'net':
      return address(primitive);
    case 'ether':
      return ether(primitive);
    case 'port':
      return port(primitive, warnings);
    case 'proto':
      return protocol(primitive, warnings);
    case 'opt':
      return flags(primitive);
    case 'frag':
    case 'unfrag':
    case 'ce':
      return bare(primitive, subject);
    case 'ect':
      if (primitive.value === undefined) return not(test('network', 1, 1, 0, 0, 3));
      return field(primitive, ECN, warnings);
    default:
      return field(primitive, NAMED_FIELDS[subject as NamedField], warnings);
  }
}

/** RFC 3168. */
const ECN: FieldPlace = { offset: 1, size: 1, shift: 0, width: 2 };

function bare(primitive: Primitive, subject: 'frag' | 'unfrag' | 'ce'): Expression {
  if (primitive.value !== undefined || primitive.operator !== '==' || primitive.mask !== undefined) {
    throw wrongly(primitive, `"ip ${subject}" is not compared with anything`, `Write "ip ${subject}" alone.`, 'value not supported');
  }
  if (subject === 'ce') return test('network', 1, 1, 3, 3, 3);
  return subject === 'frag' ? FRAGMENT : not(FRAGMENT);
}

function field(primitive: Primitive, place: FieldPlace, warnings: FilterWarning[]): Expression {
  const { value, subject } = primitive;
  // An address is an integer too: ip[12:4] == 10.0.0.1.
  const fits = value?.kind === 'integer' || value?.kind === subject || (value?.kind === 'host' && place.width === 32);
  if (value === undefined || !fits) throw wrongly(primitive, 'expected an integer to compare the field with', hintOf(place), 'value missing');
  if (place.protocol === undefined) return compare('network', place, primitive, value.value, warnings);
  return and(...transport(place.protocol), compare('transport', place, primitive, value.value, warnings));
}

function hintOf({ width }: FieldPlace): string {
  return `It has ${width} bits: 0 to ${2 ** width - 1}.`;
}

/** The first fragment of a packet of that protocol: only there is its header. */
function transport(protocol: number): Expression[] {
  if (protocol === ANY_TRANSPORT) return [FIRST_FRAGMENT];
  return [FIRST_FRAGMENT, protocolIs(protocol)];
}

function protocolIs(number: number): Expression {
  if (number === TCP_OR_UDP) return or(test('network', 9, 1, 6), test('network', 9, 1, 17));
  return test('network', 9, 1, number);
}

/** `(bits of the word & mask) operator value`, or why Click refuses it or wonders about it. */
function compare(anchor: Anchor, place: FieldPlace, primitive: Primitive, written: number, warnings: FilterWarning[]): Expression {
  const { operator } = primitive;
  const all = 2 ** place.width - 1;
  if (primitive.mask !== undefined && primitive.mask.kind !== 'integer' && !(primitive.mask.kind === 'host' && place.width === 32)) throw wrongly(primitive, 'this mask is no integer', hintOf(place), 'bad mask');
  const mask = primitive.mask?.value ?? all;
  if (mask > all) throw wrongly(primitive, `the mask ${mask} has bits that the field has not`, hintOf(place), `mask out of range, bound 0x${all.toString(16).toUpperCase()}`);
  // As Click has them, negative numbers are those of 32 bits.
  const value = written < 0 ? written + 2 ** 32 : written;
  const ordered = operator !== '==' && operator !== '!=';
  if (value > all && !ordered) throw wrongly(primitive, `the value ${written} is out of the field's range`, hintOf(place), `out of range, bound ${all}`);
  const below = operator === '<' || operator === '>=';
  if (ordered && (below ? value === 0 || value > mask : value >= mask)) {
    const always = below && value > mask ? operator === '<' : operator === '<=' || operator === '>=';
    warnings.push({ message: `"${operator} ${value}" is always ${always}: the values are 0 to ${mask}`, click: `relation '${operator} ${value}' is always ${always} (range 0-${mask})` });
  }
  return comparison(anchor, place, operator, value, mask);
}

function comparison(anchor: Anchor, place: FieldPlace, operator: Operator, value: number, mask: number): Expression {
  const scale = 2 ** place.shift;
  const within = (low: number, high: number) =>
    test(anchor, place.offset, place.size, low * scale, high * scale, mask * scale);
  const masked = value <= 2 ** place.width - 1 ? ((value & mask) >>> 0) : value;
  switch (operator) {
    case '==':
      return within(masked, masked);
    // As documented, != is the contrary of ==; so it holds, too, where the packet ends before the field.
    case '!=':
      return not(within(masked, masked));
    case '<':
      return within(0, value - 1);
    case '<=':
      return within(0, value);
    case '>':
      return within(value + 1, mask);
    case '>=':
      return within(value, mask);
  }
}

/**
 * The test on the source, the destination, either or both. Without a direction it is either; but `!=`,
 * `<` and `<=` are the contraries of `==`, `>=` and `>`, so what they say then holds for both.
 */
function directed(primitive: Primitive, source: Expression, destination: Expression): Expression {
  const contrary = primitive.operator === '!=' || primitive.operator === '<' || primitive.operator === '<=';
  switch (primitive.direction) {
    case 'src':
      return source;
    case 'dst':
      return destination;
    case 'src and dst':
      return contrary ? or(source, destination) : and(source, destination);
    default:
      return contrary ? and(source, destination) : or(source, destination);
  }
}

function address(primitive: Primitive): Expression {
  const { subject, value, operator, mask } = primitive;
  if (value?.kind !== 'host' && value?.kind !== 'net') {
    throw wrongly(primitive, `expected ${subject === 'net' ? 'a network after "net"' : 'an address after "host"'}`, 'Write it as 10.0.0.1, 10.0.0.0/8, or a name that AddressInfo declares.', 'address missing');
  }
  if (subject === 'host' && value.kind === 'net') {
    throw wrongly(primitive, 'expected one address after "host", got a network', 'Write "net" for a network.', 'address missing');
  }
  if (subject === 'net' && value.kind === 'host' && primitive.named) {
    throw wrongly(primitive, 'expected a network after "net", got an address', 'Write "host", or the network as 10.0.0.1/32.', 'address missing');
  }
  if (operator !== '==' && operator !== '!=') {
    throw wrongly(primitive, `addresses are not compared with ${operator}`, 'Write == or !=, or a network such as 10.0.0.0/8.', 'operator not supported');
  }
  if (mask?.kind === 'mac') throw wrongly(primitive, 'this mask is no address', 'Write it as 255.255.0.0.', 'bad mask');
  const own = value.kind === 'net' ? value.mask : fullMask(4);
  const at = (offset: number) => comparison('network', { offset, size: 4, shift: 0, width: 32 }, operator, value.value, mask?.value ?? own);
  return directed(primitive, at(12), at(16));
}

/** The destination comes first in an Ethernet frame. */
function ether(primitive: Primitive): Expression {
  const { value, operator, mask } = primitive;
  if (value?.kind !== 'mac') throw wrongly(primitive, 'expected a MAC address after "ether"', 'Write it as 02:00:00:00:00:01.', 'address missing');
  if (operator !== '==' && operator !== '!=') {
    throw wrongly(primitive, 'MAC addresses are compared with == and != only', undefined, 'operator not supported');
  }
  if (mask !== undefined && mask.kind !== 'mac') throw wrongly(primitive, 'this mask is no MAC address', 'Write it as ff:ff:ff:00:00:00.', 'bad mask');
  const bits = mask?.value ?? 2 ** 48 - 1;
  const words = (of: number) => [Math.floor(of / 2 ** 32), of % 2 ** 32] as const;
  const [[high, low], [highMask, lowMask]] = [words(value.value), words(bits)];
  const at = (offset: number) => {
    const same = and(...(highMask === 0 ? [] : [part(offset, 2, high, highMask)]), ...(lowMask === 0 ? [] : [part(offset + 2, 4, low, lowMask)]));
    return operator === '!=' ? not(same) : same;
  };
  return directed(primitive, at(6), at(0));
}

function part(offset: number, size: 2 | 4, value: number, mask: number): Expression {
  const wanted = (value & mask) >>> 0;
  return test('mac', offset, size, wanted, wanted, mask);
}

function port(primitive: Primitive, warnings: FilterWarning[]): Expression {
  const { value, word } = primitive;
  if (value?.kind !== 'integer' && value?.kind !== 'port') {
    throw wrongly(primitive, 'expected a port after "port"', 'Write its number, 0 to 65535, or its name, such as www.', 'value missing');
  }
  const number = primitive.protocol ?? TCP_OR_UDP;
  if (![6, 17, DCCP, TCP_OR_UDP].includes(number)) {
    throw FilterError.at(word, `${protocolName(number)} has no ports`, 'Ports go with tcp, udp, dccp, or none of them.', `'port': bad protocol ${number}`);
  }
  // One warning for both ports.
  const at = (offset: number, told: FilterWarning[]) => compare('transport', { offset, size: 2, shift: 0, width: 16 }, primitive, value.value, told);
  return and(...transport(number), directed(primitive, at(0, warnings), at(2, [])));
}

/** RFC 4340. */
const DCCP = 33;

function protocol(primitive: Primitive, warnings: FilterWarning[]): Expression {
  const { value, operator } = primitive;
  const number = value === undefined ? primitive.protocol : value.value;
  if (value !== undefined && (value.kind === 'integer' || value.kind === 'proto') && primitive.protocol !== undefined && primitive.protocol !== number) {
    throw wrongly(primitive, 'two protocols are named', undefined, 'specified twice');
  }
  if (number === undefined || (value !== undefined && value.kind !== 'integer' && value.kind !== 'proto')) {
    throw wrongly(primitive, 'expected a protocol after "proto"', 'Write its number, 0 to 255, or its name, such as tcp.', 'value missing');
  }
  const place: FieldPlace = { offset: 9, size: 1, shift: 0, width: 8 };
  if (number < TCP_OR_UDP || (value?.kind === 'integer')) return compare('network', place, primitive, number, warnings);
  if ((operator !== '==' && operator !== '!=') || primitive.mask !== undefined) {
    throw FilterError.at(primitive.word, `${protocolName(number)} is not one number to compare with`, undefined, `'${protocolName(number)}': operator or mask not supported`);
  }
  const either = number === TCP_OR_UDP ? protocolIs(number) : FIRST_FRAGMENT;
  return operator === '!=' ? not(either) : either;
}

function flags(primitive: Primitive): Expression {
  const { value, word, operator, mask } = primitive;
  const hint = 'Write syn, fin, ack, rst, psh, urg, ece or cwr.';
  if (value?.kind !== 'opt' && value?.kind !== 'integer') throw wrongly(primitive, 'expected a TCP flag after "tcp opt"', hint, 'value missing');
  if (primitive.protocol !== undefined && primitive.protocol !== TCP) {
    throw FilterError.at(word, `TCP's flags are not in ${protocolName(primitive.protocol)}`, undefined, `'tcp opt': bad protocol ${primitive.protocol}`);
  }
  if (operator !== '==' || mask !== undefined) {
    throw wrongly(primitive, 'TCP flags are not compared', 'Write "tcp opt syn"; for the whole byte, write "tcp[13] & 0x12 == 2".', 'operator or mask not supported');
  }
  if (value.value < 0 || value.value > 255) throw FilterError.at(word, 'expected a TCP flag after "tcp opt"', hint, `'tcp opt': value ${value.value} out of range`);
  return and(...transport(TCP), test('transport', 13, 1, value.value, value.value, value.value));
}

const TCP = 6;
