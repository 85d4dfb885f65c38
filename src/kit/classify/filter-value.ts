/** The value that ends a primitive: a number, a name, an address, a prefix. What a name is depends on what stands before it. */
import { parseIpv4, parseMac } from '../address.js';
import { readIpv4, readMasked, readPrefix, type ArgumentScope } from '../argument-scope.js';
import { parseInteger32 } from '../config.js';
import { suggestion } from '../../suggest.js';
import { clickProtocolName, ICMP_TYPES, KEYWORDS, PROTOCOLS, subjectName, TCP_FLAGS, type Bytes, type Subject } from './filter-names.js';
import { FilterError, type Word, type WordReader } from './filter-words.js';

export type Value =
  | { readonly kind: 'integer' | 'proto' | 'port' | 'opt' | 'type' | 'mac'; readonly value: number }
  | { readonly kind: 'host'; readonly value: number }
  | { readonly kind: 'net'; readonly value: number; readonly mask: number };

type NameKind = 'proto' | 'port' | 'opt' | 'type';

/** The value that the next words write, or undefined when they write none; takes them from the reader. */
export function readValue(reader: WordReader, before: Before, scope: ArgumentScope): Value | undefined {
  if (reader.atEnd) return undefined;
  const word = reader.here();
  const { subject, header } = before;
  const meant = named(word, before, scope);
  const value = meant instanceof FilterError || meant === undefined ? (plain(word.text, subject, header, scope) ?? meant) : meant;
  if (value === undefined) return undefined;
  reader.next();
  if (value instanceof FilterError) throw value;
  if (value.kind !== 'host' || reader.peek() !== 'mask') return value;
  const maskWord = reader.after();
  const mask = maskWord === undefined ? undefined : readIpv4(maskWord.text, scope);
  if (mask === undefined) return value;
  reader.next();
  reader.next();
  return { kind: 'net', value: value.value, mask };
}

/** What stands before a value, as far as it says what the value may be. */
export interface Before {
  readonly subject?: Subject;
  readonly protocol?: number;
  readonly header?: 'ip' | 'ether';
  readonly bytes?: Bytes;
}

function plain(text: string, subject: Subject | undefined, header: Before['header'], scope: ArgumentScope): Value | undefined {
  const integer = parseInteger32(text);
  if (integer !== undefined) return { kind: 'integer', value: integer };
  if (header === 'ether') return macOf(text, scope);
  const address = parseIpv4(text);
  if (address !== undefined) return { kind: 'host', value: address };
  const masked = readMasked(text, scope);
  const net = masked ?? readPrefix(text, scope);
  const host = masked === undefined ? readIpv4(text, scope) : undefined;
  if (host !== undefined && !(subject === 'net' && net !== undefined)) return { kind: 'host', value: host };
  if (net !== undefined) return { kind: 'net', value: net.address, mask: net.mask };
  return header === 'ip' ? undefined : macOf(text, scope);
}

function macOf(text: string, scope: ArgumentScope): Value | undefined {
  const mac = parseMac(text) ?? scope.address(text, 'mac');
  return typeof mac === 'number' ? { kind: 'mac', value: mac } : undefined;
}

/** What `text` names among protocols, ports, flags and ICMP types, as far as the qualifiers allow; or why it means none of them here. */
function named(word: Word, { subject, protocol, bytes }: Before, scope: ArgumentScope): Value | FilterError | undefined {
  const { text } = word;
  const all = meanings(text, scope);
  if (all.length === 0) return undefined;
  const fitting = all.filter(({ kind, protocols }) =>
    (subject === undefined || subject === kind) && (protocol === undefined || protocols === undefined || protocols.includes(protocol)));
  const values = new Map(fitting.map((meaning) => [`${meaning.kind} ${meaning.value}`, meaning]));
  if (values.size === 1) return [...values.values()][0];
  const tries = [...new Set(all.map(({ written }) => `"${written}"`))].join(' or ');
  const click = `'${withKind(subject === undefined ? '<none>' : subjectName(subject, bytes), protocol, text)}' is ${values.size > 1 ? 'ambiguous' : 'meaningless'}; try ${all.map(({ kind }) => `'${withKind(subjectName(kind, undefined), protocol, text)}'`).join(', ')}`;
  return FilterError.at(word, `${JSON.stringify(text)} ${values.size > 1 ? 'has more than one meaning' : 'has no meaning'} here`, `Write ${tries}.`, click);
}

/** A word behind its kind and protocol, with the two blanks that Click puts where there is no protocol. */
const withKind = (kind: string, protocol: number | undefined, text: string) => `${kind} ${protocol === undefined ? '' : clickProtocolName(protocol)} ${text}`;

interface Meaning {
  readonly kind: NameKind;
  readonly value: number;
  /** The transport protocols with which the name has this meaning; absent: with any. */
  readonly protocols?: readonly number[];
  readonly written: string;
}

function meanings(text: string, scope: ArgumentScope): Meaning[] {
  const found: Meaning[] = [];
  const add = (kind: NameKind, value: number | undefined, written: string, protocols?: readonly number[]) => {
    if (value !== undefined) found.push({ kind, value, written, protocols });
  };
  add('proto', PROTOCOLS.get(text), `ip proto ${text}`);
  if (parseInteger32(text) === undefined) {
    // A service registered with one of the two has the same port with the other.
    const [tcp, udp] = [scope.port(text, 'tcp'), scope.port(text, 'udp')];
    add('port', tcp ?? udp, `tcp port ${text}`, [6, 256]);
    add('port', udp ?? tcp, `udp port ${text}`, [17, 256]);
  }
  add('opt', TCP_FLAGS.get(text), `tcp opt ${text}`, [6, 256]);
  add('type', ICMP_TYPES.get(text), `icmp type ${text}`, [1]);
  return found;
}

/** Whether `text` can only be data: something that ends the qualifiers of a primitive. */
export function isData(text: string, scope: ArgumentScope): boolean {
  return meanings(text, scope).some(({ kind }) => kind !== 'proto');
}

/** The error for a word that means nothing. */
export function unknownWord(word: Word, expected: string, click: string): FilterError {
  if (word.text === '') return FilterError.at(word, `the rule ends where ${expected} was expected`, undefined, click);
  return FilterError.at(word, `expected ${expected}, got ${JSON.stringify(word.text)}`, suggestion(word.text, KEYWORDS), click);
}
