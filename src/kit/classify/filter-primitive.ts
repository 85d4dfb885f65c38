/**
 * What a primitive of the IP filter language means, once it is read: `src tcp port > 1024`,
 * `ip[8] & 0xf0 == 16`, `10.0.0.0/8`. Sources: Click's documentation of IPClassifier.
 */
import { and, fullMask, not, or, test, type Anchor, type Expression } from './expression.js';
import { ANY_TRANSPORT, FIRST_FRAGMENT, FRAGMENT, NAMED_FIELDS, TCP_OR_UDP, protocolName, type FieldPlace, type NamedField, type Subject } from './filter-names.js';
import type { Value } from './filter-value.js';
import { FilterError, type Word } from './filter-words.js';

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
  readonly mask?: number;
  readonly operator: Operator;
  /** Whether the operator was written out. */
  readonly compared: boolean;
  readonly value?: Value;
}

/** What later primitives repeat when they leave it out. */
export type Context = Pick<Primitive, 'subject' | 'direction' | 'protocol' | 'bytes'>;

/** The primitive with what it leaves out filled in from the one before it. */
export function completed(primitive: Primitive, previous: Context): Primitive {
  const { value, subject, protocol, word, bytes } = primitive;
  if (subject !== undefined || bytes !== undefined) return primitive;
  if (value === undefined) {
    if (protocol !== undefined) return { ...primitive, subject: 'proto' };
    throw FilterError.at(word, 'this says where to look, but not for what', 'Write, for example, "src host 10.0.0.1" or "dst tcp port 80".');
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
  throw FilterError.at(primitive.word, 'a number alone does not say which header field it belongs to', 'Write "port", "ip proto", "ip ttl" or another field before it.');
}

/** The expression of a completed primitive. */
export function meaningOf(primitive: Primitive): Expression {
  const { subject, bytes, direction, word } = primitive;
  if (bytes !== undefined) {
    const place: FieldPlace = { ...bytes, shift: 0, width: bytes.size * 8, protocol: primitive.protocol };
    return field(primitive, place);
  }
  if (direction !== undefined && subject !== 'host' && subject !== 'net' && subject !== 'port' && subject !== 'ether') {
    throw FilterError.at(word, `"src" and "dst" mean nothing with "${subject}"`, 'They go with "host", "net", "port" and "ether".');
  }
  switch (subject) {
    case 'host':
    case 'net':
      return address(primitive);
    case 'ether':
      return ether(primitive);
    case 'port':
      return port(primitive);
    case 'proto':
      return protocol(primitive);
    case 'opt':
      return flags(primitive);
    case 'frag':
    case 'unfrag':
    case 'ce':
      return bare(primitive, subject);
    case 'ect':
      if (primitive.value === undefined) return not(compare('network', ECN, { ...primitive, operator: '==' }, 0));
      return field(primitive, ECN);
    default:
      return field(primitive, NAMED_FIELDS[subject as NamedField]);
  }
}

/** RFC 3168. */
const ECN: FieldPlace = { offset: 1, size: 1, shift: 0, width: 2 };

function bare(primitive: Primitive, subject: 'frag' | 'unfrag' | 'ce'): Expression {
  if (primitive.value !== undefined || primitive.compared || primitive.mask !== undefined) {
    throw FilterError.at(primitive.word, `"ip ${subject}" is not compared with anything`, `Write "ip ${subject}" alone.`);
  }
  if (subject === 'ce') return test('network', 1, 1, 3, 3, 3);
  return subject === 'frag' ? FRAGMENT : not(FRAGMENT);
}

function field(primitive: Primitive, place: FieldPlace): Expression {
  const { value, word, subject } = primitive;
  // An address is an integer too: ip[12:4] == 10.0.0.1.
  const fits = value?.kind === 'integer' || value?.kind === subject || (value?.kind === 'host' && place.width === 32);
  if (value === undefined || !fits) throw FilterError.at(word, 'expected an integer to compare the field with', hintOf(place));
  if (place.protocol === undefined) return compare('network', place, primitive, value.value);
  checkProtocol(primitive, place);
  return and(...transport(place.protocol), compare('transport', place, primitive, value.value));
}

function hintOf({ width }: FieldPlace): string {
  return `It has ${width} bits: 0 to ${2 ** width - 1}.`;
}

function checkProtocol({ protocol, word }: Primitive, place: FieldPlace): void {
  if (protocol === undefined || protocol === place.protocol) return;
  throw FilterError.at(word, `this field is ${protocolName(place.protocol!)}'s, not ${protocolName(protocol)}'s`);
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

/** `(bits of the word & mask) operator value`. */
function compare(anchor: Anchor, place: FieldPlace, primitive: Primitive, value: number): Expression {
  const { operator, word } = primitive;
  const all = 2 ** place.width - 1;
  const mask = primitive.mask ?? all;
  if (mask > all) throw FilterError.at(word, `the mask ${mask} has bits that the field has not`, hintOf(place));
  if (value < 0 || (value > all && (operator === '==' || operator === '!='))) {
    throw FilterError.at(word, `the value ${value} is out of the field's range`, hintOf(place));
  }
  const scale = 2 ** place.shift;
  const within = (low: number, high: number) =>
    test(anchor, place.offset, place.size, low * scale, high * scale, mask * scale);
  const masked = value <= all ? ((value & mask) >>> 0) : value;
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
  const { subject, value, operator, word } = primitive;
  if (value?.kind !== 'host' && value?.kind !== 'net') {
    throw FilterError.at(word, `expected ${subject === 'net' ? 'a network after "net"' : 'an address after "host"'}`, 'Write it as 10.0.0.1, 10.0.0.0/8, or a name that AddressInfo declares.');
  }
  if (subject === 'host' && value.kind === 'net') {
    throw FilterError.at(word, 'expected one address after "host", got a network', 'Write "net" for a network.');
  }
  if (operator !== '==' && operator !== '!=') {
    throw FilterError.at(word, `addresses are not compared with ${operator}`, 'Write == or !=, or a network such as 10.0.0.0/8.');
  }
  const own = value.kind === 'net' ? value.mask : fullMask(4);
  const masked = { ...primitive, mask: primitive.mask ?? own };
  const word4 = (offset: number): FieldPlace => ({ offset, size: 4, shift: 0, width: 32 });
  return directed(primitive, compare('network', word4(12), masked, value.value), compare('network', word4(16), masked, value.value));
}

/** The destination comes first in an Ethernet frame. */
function ether(primitive: Primitive): Expression {
  const { value, operator, mask, word } = primitive;
  if (value?.kind !== 'mac') throw FilterError.at(word, 'expected a MAC address after "ether"', 'Write it as 02:00:00:00:00:01.');
  if ((operator !== '==' && operator !== '!=') || mask !== undefined) {
    throw FilterError.at(word, 'MAC addresses are compared with == and != only');
  }
  const high = Math.floor(value.value / 2 ** 32);
  const low = value.value % 2 ** 32;
  const at = (offset: number) => {
    const same = and(test('mac', offset, 2, high), test('mac', offset + 2, 4, low));
    return operator === '!=' ? not(same) : same;
  };
  return directed(primitive, at(6), at(0));
}

function port(primitive: Primitive): Expression {
  const { value, word } = primitive;
  if (value?.kind !== 'integer' && value?.kind !== 'port') {
    throw FilterError.at(word, 'expected a port after "port"', 'Write its number, 0 to 65535, or its name, such as www.');
  }
  const number = primitive.protocol ?? TCP_OR_UDP;
  if (![6, 17, TCP_OR_UDP].includes(number)) {
    throw FilterError.at(word, `${protocolName(number)} has no ports`, 'Ports go with tcp, udp, or neither.');
  }
  const at = (offset: number) => compare('transport', { offset, size: 2, shift: 0, width: 16 }, primitive, value.value);
  return and(...transport(number), directed(primitive, at(0), at(2)));
}

function protocol(primitive: Primitive): Expression {
  const { value, word, operator } = primitive;
  const number = value === undefined ? primitive.protocol : value.value;
  if (value !== undefined && primitive.protocol !== undefined && primitive.protocol !== number) {
    throw FilterError.at(word, 'two protocols are named');
  }
  if (number === undefined || (value !== undefined && value.kind !== 'integer' && value.kind !== 'proto')) {
    throw FilterError.at(word, 'expected a protocol after "proto"', 'Write its number, 0 to 255, or its name, such as tcp.');
  }
  const place: FieldPlace = { offset: 9, size: 1, shift: 0, width: 8 };
  if (number < TCP_OR_UDP || (value?.kind === 'integer')) return compare('network', place, primitive, number);
  if ((operator !== '==' && operator !== '!=') || primitive.mask !== undefined) {
    throw FilterError.at(word, `${protocolName(number)} is not one number to compare with`);
  }
  const either = number === TCP_OR_UDP ? protocolIs(number) : FIRST_FRAGMENT;
  return operator === '!=' ? not(either) : either;
}

function flags(primitive: Primitive): Expression {
  const { value, word, compared, mask } = primitive;
  if ((value?.kind !== 'opt' && value?.kind !== 'integer') || value.value < 0 || value.value > 255) {
    throw FilterError.at(word, 'expected a TCP flag after "tcp opt"', 'Write syn, fin, ack, rst, psh, urg, ece or cwr.');
  }
  if (compared || mask !== undefined) {
    throw FilterError.at(word, 'TCP flags are not compared', 'Write "tcp opt syn"; for the whole byte, write "tcp[13] & 0x12 == 2".');
  }
  checkProtocol(primitive, { offset: 13, size: 1, shift: 0, width: 8, protocol: 6 });
  return and(...transport(6), test('transport', 13, 1, value.value, value.value, value.value));
}

