/** The value that ends a primitive: a number, a name, an address, a prefix. What a name is depends on what stands before it. */
import { maskOfLength, parseIpv4, parseMac, parsePrefix } from '../address.js';
import { parseInteger, type ArgumentScope } from '../config.js';
import { suggestion } from '../../suggest.js';
import { ICMP_TYPES, KEYWORDS, PROTOCOLS, TCP_FLAGS, type Subject } from './filter-names.js';
import { FilterError, type Word, type WordReader } from './filter-words.js';

export type Value =
  | { readonly kind: 'integer' | 'proto' | 'port' | 'opt' | 'type' | 'mac'; readonly value: number }
  | { readonly kind: 'host'; readonly value: number }
  | { readonly kind: 'net'; readonly value: number; readonly mask: number };

type NameKind = 'proto' | 'port' | 'opt' | 'type';

/** The value that the next words write, or undefined when they write none; takes them from the reader. */
export function readValue(reader: WordReader, subject: Subject | undefined, protocol: number | undefined, scope: ArgumentScope): Value | undefined {
  if (reader.atEnd) return undefined;
  const word = reader.here();
  const value = named(word, subject, protocol, scope) ?? plain(word.text, subject, scope);
  if (value === undefined) return undefined;
  reader.next();
  if (value.kind !== 'host' || reader.peek() !== 'mask') return value;
  const { value: address } = value;
  reader.next();
  const maskWord = reader.next();
  const mask = parseIpv4(maskWord.text);
  if (mask === undefined) throw FilterError.at(maskWord, 'expected a mask after "mask"', 'Write it as an address, such as 255.255.0.0.');
  return { kind: 'net', value: address, mask };
}

function plain(text: string, subject: Subject | undefined, scope: ArgumentScope): Value | undefined {
  const integer = parseInteger(text);
  if (integer !== undefined) return { kind: 'integer', value: integer };
  if (subject === 'ether') {
    const mac = parseMac(text) ?? scope.address(text, 'mac');
    return typeof mac === 'number' ? { kind: 'mac', value: mac } : undefined;
  }
  const address = parseIpv4(text);
  if (address !== undefined) return { kind: 'host', value: address };
  const written = text.includes('/') ? parsePrefix(text) : undefined;
  const net = written ?? scope.address(text, 'prefix');
  const host = written === undefined ? scope.address(text, 'ipv4') : undefined;
  if (typeof host === 'number' && !(subject === 'net' && typeof net === 'object')) return { kind: 'host', value: host };
  if (typeof net === 'object') return { kind: 'net', value: net.address, mask: maskOfLength(net.length) };
  const mac = parseMac(text);
  return mac === undefined ? undefined : { kind: 'mac', value: mac };
}

/** What `text` names among protocols, ports, flags and ICMP types, as far as the qualifiers allow. */
function named(word: Word, subject: Subject | undefined, protocol: number | undefined, scope: ArgumentScope): Value | undefined {
  const { text } = word;
  const all = meanings(text, scope);
  if (all.length === 0) return undefined;
  const fitting = all.filter(({ kind, protocols }) =>
    (subject === undefined || subject === kind) && (protocol === undefined || protocols === undefined || protocols.includes(protocol)));
  const values = new Map(fitting.map((meaning) => [`${meaning.kind} ${meaning.value}`, meaning]));
  if (values.size === 1) return [...values.values()][0];
  // A subject without names of this sort, such as `ip ttl`, may still have an address or number here.
  if (values.size === 0 && subject !== undefined && !['proto', 'port', 'opt', 'type'].includes(subject)) return undefined;
  const tries = [...new Set(all.map(({ written }) => `"${written}"`))].join(' or ');
  throw FilterError.at(word, `${JSON.stringify(text)} ${values.size > 1 ? 'has more than one meaning' : 'has no meaning'} here`, `Write ${tries}.`);
}

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
  if (parseInteger(text) === undefined) {
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
export function unknownWord(word: Word, expected: string): FilterError {
  if (word.text === '') return FilterError.at(word, `the rule ends where ${expected} was expected`);
  return FilterError.at(word, `expected ${expected}, got ${JSON.stringify(word.text)}`, suggestion(word.text, KEYWORDS));
}
