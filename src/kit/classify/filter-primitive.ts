/**
 * What a primitive of the IP filter language means, once it is read: `src tcp port > 1024`,
 * `ip[8] & 0xf0 == 16`, `10.0.0.0/8`. Sources: Click's documentation of IPClassifier.
 */
import { byteSwapped } from '../byte-order.js';
import { ALWAYS, and, differs, fullMask, NEVER, not, or, test, type Anchor, type Expression } from './expression.js';
import { ANY_TRANSPORT, clickProtocolName, FIRST_FRAGMENT, FRAGMENT, NAMED_FIELDS, protocolName, subjectName, TCP_OR_UDP, type Bytes, type FieldPlace, type NamedField, type Subject } from './filter-names.js';
import type { Value } from './filter-value.js';
import { FilterError, Findings, type Word } from './filter-words.js';

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
  readonly bytes?: Bytes;
  /** The header that is looked at, where it was said. */
  readonly header?: 'ip' | 'ether';
  readonly mask?: { readonly kind: 'integer' | 'host' | 'mac'; readonly value: number };
  readonly operator: Operator;
  readonly value?: Value;
}

/** A primitive with all that it leaves out. */
export interface Whole extends Primitive {
  readonly subject: Subject;
  readonly header: 'ip' | 'ether';
  /** Whether its own words say its direction. */
  readonly directed: boolean;
}

/** What later primitives repeat when they leave it out. */
export type Context = Pick<Primitive, 'subject' | 'direction' | 'protocol' | 'bytes'>;

/** What Click calls a primitive of that kind. */
function called({ direction, subject, bytes }: Whole): string {
  return `'${direction === undefined ? '' : `${direction} `}${subjectName(subject, bytes)}'`;
}

/** A mistake in a primitive, and what Click says of that kind of primitive. */
const wrongly = (primitive: Whole, message: string, hint: string | undefined, click: string) => FilterError.at(primitive.word, message, hint, `${called(primitive)}: ${click}`);

/** The primitive with what it leaves out filled in from the one before it. */
export function completed(primitive: Primitive, previous: Context): Whole {
  const { subject, direction, protocol, bytes } = { ...primitive, ...inherited(primitive, previous) };
  const header = primitive.header ?? (primitive.value?.kind === 'mac' ? 'ether' : 'ip');
  return { ...primitive, subject: subject === 'host' && header === 'ether' ? 'ether' : subject, direction, protocol, bytes, header, directed: primitive.direction !== undefined };
}

/** The subject, and what goes with it. */
function inherited(primitive: Primitive, previous: Context): Context & { subject: Subject } {
  const { value, subject, protocol, word } = primitive;
  if (subject !== undefined) return { subject };
  if (value === undefined) {
    if (protocol !== undefined) return { subject: 'proto' };
    throw FilterError.at(word, 'this says where to look, but not for what', 'Write, for example, "src host 10.0.0.1" or "dst tcp port 80".', 'partial directive');
  }
  const direction = primitive.direction ?? previous.direction;
  switch (value.kind) {
    case 'host':
    case 'net':
    case 'opt':
      return { subject: value.kind, direction };
    case 'port':
      return { subject: 'port', direction, protocol: protocol ?? previous.protocol };
    case 'mac':
      return { subject: 'ether', direction };
    case 'proto':
    case 'type':
      return { subject: value.kind };
    case 'integer':
      if (previous.subject === 'port') return { subject: 'port', direction, protocol: protocol ?? previous.protocol };
      if (previous.subject === 'bytes' || previous.subject === 'proto' || fieldPlace(previous.subject) !== undefined) return { subject: previous.subject!, bytes: previous.bytes };
      throw FilterError.at(word, 'a number alone does not say which header field it belongs to', 'Write "port", "ip proto", "ip ttl" or another field before it.', "specify header field or 'port'");
  }
}

/** What a primitive that is right leaves to those after it. */
export function contextOf(primitive: Whole): Context {
  const { direction, bytes } = primitive;
  const subject = testedSubject(primitive.subject);
  return { subject, direction: direction ?? (hasEnds(subject) ? 'src or dst' : undefined), bytes, protocol: protocolOf(primitive) };
}

/** The protocol that a primitive asks for: "tcp and port 80 or 81" asks for tcp once only. */
function protocolOf({ subject, value, protocol, operator, mask, bytes }: Whole): number | undefined {
  if (subject === 'proto') return operator === '==' && (mask === undefined || mask.value === 0xff) ? (value?.value ?? protocol) : undefined;
  if (subject === 'opt') return TCP;
  if (subject === 'port') return protocol ?? TCP_OR_UDP;
  return protocol ?? (subject === 'bytes' ? bytes!.protocol : fieldPlace(subject)?.protocol);
}

/** The subject under which Click knows what others are short for. */
function testedSubject(subject: Subject): Subject {
  if (subject === 'net') return 'host';
  if (subject === 'unfrag') return 'frag';
  return subject === 'ect' || subject === 'ce' ? 'tos' : subject;
}

/** Whether there is one at the source and one at the destination. */
const hasEnds = (tested: Subject) => tested === 'host' || tested === 'port' || tested === 'ether';

function fieldPlace(subject: Subject | undefined): FieldPlace | undefined {
  return subject !== undefined && Object.hasOwn(NAMED_FIELDS, subject) ? NAMED_FIELDS[subject as NamedField] : undefined;
}

/** The expression of a completed primitive; what is suspicious about it goes to `findings`. */
export function meaningOf(primitive: Whole, findings: Findings): Expression {
  const { subject, header } = primitive;
  if (header === 'ether' && subject !== 'ether' && subject !== 'net') throw wrongly(primitive, 'this is not in the Ethernet header', 'Leave out "ether", or compare with what is in the IP header.', 'ip only');
  const meaning = plainMeaning(primitive, findings);
  const tested = testedSubject(subject);
  if (primitive.directed && !hasEnds(tested)) {
    findings.warn({ message: `"src" and "dst" mean nothing with "${subject}"`, click: `${called({ ...primitive, subject: tested })}: 'src' or 'dst' ignored` });
  }
  if (subject === 'proto') return meaning;
  // Whatever it looks at, the protocol that is said is asked for: "tcp host 10.0.0.1".
  const protocol = protocolOf(primitive);
  const asked = protocol === undefined || protocol === ANY_TRANSPORT ? [] : [protocolIs(protocol)];
  const transport = subject === 'port' || subject === 'opt' || (subject === 'bytes' ? primitive.bytes!.protocol : fieldPlace(subject)?.protocol) !== undefined;
  return and(...asked, ...(transport ? [FIRST_FRAGMENT] : []), meaning);
}

function plainMeaning(primitive: Whole, findings: Findings): Expression {
  const { subject, bytes } = primitive;
  switch (subject) {
    case 'bytes':
      return field(primitive, { offset: bytes!.offset, size: bytes!.size, shift: 0, width: bytes!.size * 8, protocol: bytes!.protocol }, findings);
    case 'host':
    case 'net':
      return address(primitive);
    case 'ether':
      return ether(primitive);
    case 'port':
      return port(primitive, findings);
    case 'proto':
      return protocol(primitive, findings);
    case 'opt':
      return flags(primitive);
    case 'frag':
    case 'unfrag':
    case 'ce':
      return bare(primitive, subject);
    case 'ect':
      return congestion(primitive, findings);
    default:
      return field(primitive, NAMED_FIELDS[subject], findings);
  }
}

/** RFC 3168. */
const ECN: FieldPlace = { offset: 1, size: 1, shift: 0, width: 2 };

/** What "ip ect" without a value means: that the bits are other than 0. */
const OTHER_THAN: Readonly<Record<Operator, Operator>> = { '==': '!=', '!=': '!=', '<': '>=', '>=': '>=', '>': '<=', '<=': '<=' };

function congestion(primitive: Whole, findings: Findings): Expression {
  const { value } = primitive;
  if (value !== undefined && value.kind !== 'integer') throw wrongly(primitive, 'expected an integer to compare the field with', hintOf(ECN), 'value missing');
  if (value !== undefined) return field(primitive, ECN, findings);
  return compare('network', ECN, { ...primitive, operator: OTHER_THAN[primitive.operator] }, 0, findings);
}

function bare(primitive: Whole, subject: 'frag' | 'unfrag' | 'ce'): Expression {
  if (primitive.value !== undefined || primitive.mask !== undefined) {
    throw wrongly(primitive, `"ip ${subject}" is not compared with anything`, `Write "ip ${subject}" alone.`, 'value not supported');
  }
  if (subject === 'ce') return test('network', 1, 1, 3, 3, 3);
  return subject === 'frag' ? FRAGMENT : not(FRAGMENT);
}

function field(primitive: Whole, place: FieldPlace, findings: Findings): Expression {
  const { value, subject } = primitive;
  if (value === undefined || (value.kind !== 'integer' && value.kind !== subject)) throw wrongly(primitive, 'expected an integer to compare the field with', hintOf(place), 'value missing');
  integerMask(primitive, place);
  return compare(place.protocol === undefined ? 'network' : 'transport', place, primitive, value.value, findings);
}

function integerMask(primitive: Whole, place: FieldPlace): void {
  if (primitive.mask !== undefined && primitive.mask.kind !== 'integer') throw wrongly(primitive, 'this mask is no integer', hintOf(place), 'bad mask');
}

/** The mask as a number; addresses are what a little-endian machine makes of them, as Click takes them where it looks no closer. */
function maskNumber({ kind, value }: NonNullable<Primitive['mask']>): number {
  if (kind === 'integer') return value;
  return byteSwapped(kind === 'host' ? value : Math.trunc(value / 0x1_0000));
}

function hintOf({ width }: FieldPlace): string {
  return `It has ${width} bits: 0 to ${2 ** width - 1}.`;
}

function protocolIs(number: number): Expression {
  if (number === TCP_OR_UDP) return or(test('network', 9, 1, 6), test('network', 9, 1, 17));
  return test('network', 9, 1, number);
}

/** `(bits of the word & mask) operator value`, or why Click refuses it or wonders about it. */
function compare(anchor: Anchor, place: FieldPlace, primitive: Whole, written: number, findings: Findings): Expression {
  const { operator } = primitive;
  const all = 2 ** place.width - 1;
  const mask = primitive.mask === undefined ? all : maskNumber(primitive.mask);
  if (mask > all) throw wrongly(primitive, `the mask ${mask} has bits that the field has not`, hintOf(place), `mask out of range, bound 0x${all.toString(16).toUpperCase()}`);
  // As Click has them, negative numbers are those of 32 bits.
  const value = written < 0 ? written + 2 ** 32 : written;
  const ordered = operator !== '==' && operator !== '!=';
  if (value > all && !ordered) throw wrongly(primitive, `the value ${written} is out of the field's range`, hintOf(place), `out of range, bound ${all}`);
  const below = operator === '<' || operator === '>=';
  if (ordered && (below ? value === 0 || value > mask : value >= mask)) {
    const always = below && value > mask ? operator === '<' : operator === '<=' || operator === '>=';
    findings.warn({ message: `"${operator} ${value}" is always ${always}: the values are 0 to ${mask}`, click: `relation '${operator} ${value}' is always ${always} (range 0-${mask})` });
    // It is so, too, where the packet ends before the field.
    return always ? ALWAYS : NEVER;
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
    // Where the packet ends before the field no comparison holds; "not" before one is the contrary of that.
    case '!=':
      return differs(anchor, place.offset, place.size, masked * scale, mask * scale);
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
function directed(primitive: Whole, source: Expression, destination: Expression): Expression {
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

function address(primitive: Whole): Expression {
  const { subject, value, operator, mask, header } = primitive;
  if (header === 'ether' || (value?.kind !== 'host' && value?.kind !== 'net')) {
    throw wrongly(primitive, `expected ${subject === 'net' ? 'a network after "net"' : 'an address after "host"'}`, 'Write it as 10.0.0.1, 10.0.0.0/8, or a name that AddressInfo declares.', 'address missing');
  }
  if (subject === 'host' && value.kind === 'net') {
    throw wrongly(primitive, 'expected one address after "host", got a network', 'Write "net" for a network.', 'address missing');
  }
  if (subject === 'net' && value.kind === 'host') {
    throw wrongly(primitive, 'expected a network after "net", got an address', 'Write "host", or the network as 10.0.0.1/32.', 'address missing');
  }
  if (operator !== '==' && operator !== '!=') {
    throw wrongly(primitive, `addresses are not compared with ${operator}`, 'Write == or !=, or a network such as 10.0.0.0/8.', 'operator not supported');
  }
  if (mask?.kind === 'mac') throw wrongly({ ...primitive, subject: 'host' }, 'this mask is no address', 'Write it as 255.255.0.0.', 'bad mask');
  // Click takes a number as the bytes that a little-endian machine has of it.
  const given = mask?.kind === 'integer' ? byteSwapped(mask.value) : mask?.value;
  const own = value.kind === 'net' ? value.mask : fullMask(4);
  const at = (offset: number) => comparison('network', { offset, size: 4, shift: 0, width: 32 }, operator, value.value, given ?? own);
  return directed(primitive, at(12), at(16));
}

/** The destination comes first in an Ethernet frame. */
function ether(primitive: Whole): Expression {
  const { value, operator, mask, header } = primitive;
  if (header !== 'ether' || value?.kind !== 'mac') throw wrongly(primitive, 'expected a MAC address after "ether"', 'Write it as 02:00:00:00:00:01.', 'address missing');
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

function port(primitive: Whole, findings: Findings): Expression {
  const { value, word } = primitive;
  if (value?.kind !== 'integer' && value?.kind !== 'port') {
    throw wrongly(primitive, 'expected a port after "port"', 'Write its number, 0 to 65535, or its name, such as www.', 'value missing');
  }
  const number = primitive.protocol ?? TCP_OR_UDP;
  if (![TCP, UDP, DCCP, TCP_OR_UDP].includes(number)) {
    throw FilterError.at(word, `${protocolName(number)} has no ports`, 'Ports go with tcp, udp, dccp, or none of them.', `'port': bad protocol ${number}`);
  }
  const place: FieldPlace = { offset: 0, size: 2, shift: 0, width: 16 };
  if (primitive.protocol !== undefined) integerMask(primitive, place);
  // One warning for both ports.
  const at = (offset: number, told: Findings) => compare('transport', { ...place, offset }, primitive, value.value, told);
  return directed(primitive, at(0, findings), at(2, new Findings()));
}

const TCP = 6;
const UDP = 17;
/** RFC 4340. */
const DCCP = 33;

function protocol(primitive: Whole, findings: Findings): Expression {
  const { value, operator } = primitive;
  const number = value === undefined ? primitive.protocol : value.value;
  if (value !== undefined && (value.kind === 'integer' || value.kind === 'proto') && primitive.protocol !== undefined && primitive.protocol !== number) {
    throw wrongly(primitive, 'two protocols are named', undefined, 'specified twice');
  }
  if (number === undefined || (value !== undefined && value.kind !== 'integer' && value.kind !== 'proto')) {
    throw wrongly(primitive, 'expected a protocol after "proto"', 'Write its number, 0 to 255, or its name, such as tcp.', 'value missing');
  }
  const place: FieldPlace = { offset: 9, size: 1, shift: 0, width: 8 };
  if (number >= TCP_OR_UDP && ((operator !== '==' && operator !== '!=') || primitive.mask !== undefined)) {
    throw FilterError.at(primitive.word, `${protocolName(number)} is not one number to compare with`, undefined, `'${clickProtocolName(number)}': operator or mask not supported`);
  }
  if (number < TCP_OR_UDP || value?.kind === 'integer') {
    integerMask(primitive, place);
    return compare('network', place, primitive, number, findings);
  }
  const either = number === TCP_OR_UDP ? protocolIs(number) : FIRST_FRAGMENT;
  return operator === '!=' ? not(either) : either;
}

function flags(primitive: Whole): Expression {
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
  // No flag at all is asked for: that is so without the byte, too.
  return value.value === 0 ? ALWAYS : test('transport', 13, 1, value.value, value.value, value.value);
}
