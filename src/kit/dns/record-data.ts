/** What the records of each type hold: read from a zone file's words, kept as bytes and names. */
import { isIPv6 } from 'node:net';
import { parseIpv4 } from '../address.js';
import { isMistake, NAME_BYTES_MAX, parseName, textBytes, wireLength, type Name } from './name.js';
import type { Word } from './zone-lexer.js';

/** Types of records that zone files name (IANA dns-parameters). */
export const RECORD_TYPES: Readonly<Record<string, number>> = Object.freeze({
  A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, HINFO: 13, MX: 15, TXT: 16, AAAA: 28, SRV: 33, DS: 43, SSHFP: 44, TLSA: 52, CAA: 257,
});

export const TYPE = RECORD_TYPES as Readonly<Record<'A' | 'NS' | 'CNAME' | 'SOA' | 'PTR' | 'HINFO' | 'MX' | 'TXT' | 'AAAA' | 'SRV' | 'DS' | 'SSHFP' | 'TLSA' | 'CAA', number>>;

const NAMES = new Map(Object.entries(RECORD_TYPES).map(([name, type]) => [type, name]));

/** The type as zone files write it; TYPE123 for one without a name here (RFC 3597, 5). */
export function formatType(type: number): string {
  return NAMES.get(type) ?? `TYPE${type}`;
}

/** The number of a type; undefined: the word is none. */
export function parseType(word: string): number | undefined {
  const known = RECORD_TYPES[word.toUpperCase()];
  if (known !== undefined) return known;
  const number = /^TYPE(\d{1,5})$/i.exec(word)?.[1];
  return number !== undefined && Number(number) <= 65_535 ? Number(number) : undefined;
}

/** Names of types that are no data, or that change what a zone means in ways that are not kept here. */
export function refusedType(type: number): string | undefined {
  if (type === 0 || type === 41 || (type >= 128 && type <= 255)) return `${formatType(type)} is a type of questions, not of records`;
  if (type === 39) return 'DNAME records are not served';
  return undefined;
}

/** A piece of a record's data: bytes, or a name, which a message may compress if the type is of RFC 1035 (RFC 3597, 4). */
export type DataPart = Uint8Array | { readonly name: Name; readonly compress: boolean };

export type RecordData = readonly DataPart[];

/** Bytes of the data without compression. */
export function dataLength(data: RecordData): number {
  return data.reduce((length, part) => length + (part instanceof Uint8Array ? part.length : wireLength(part.name)), 0);
}

/** The name that the data of NS, CNAME, PTR, MX and SRV records leads to. */
export function targetOf(data: RecordData): Name | undefined {
  const part = data.find((piece) => !(piece instanceof Uint8Array));
  return part === undefined || part instanceof Uint8Array ? undefined : part.name;
}

/** Reports a mistake in a word, or, without one, at the end of the record. */
export type Refuse = (word: Word | undefined, message: string, hint?: string) => void;

/** Most bytes of a record's data. */
const DATA_BYTES_MAX = 65_535;

/** Reads the data of one record; undefined when it is wrong, which was reported. */
export function readData(type: number, words: readonly Word[], origin: Name, refuse: Refuse): RecordData | undefined {
  const fields = new Fields(words, origin, refuse, formatType(type));
  const data = words[0]?.text === '\\#' && !words[0].quoted ? generic(type, fields) : FORMATS[type]?.(fields);
  if (data === undefined && FORMATS[type] === undefined && !fields.failed) {
    refuse(words[0], `the data of a ${formatType(type)} record is written in hex`, 'Write \\# LENGTH HEX, for example: \\# 2 0a0b (RFC 3597).');
    return undefined;
  }
  fields.end();
  if (fields.failed || data === undefined) return undefined;
  const length = dataLength(data);
  if (length > DATA_BYTES_MAX) return void refuse(words[0], `the data has ${length} bytes; a record has at most ${DATA_BYTES_MAX}`);
  return data;
}

const FORMATS: Readonly<Record<number, (fields: Fields) => RecordData>> = {
  [TYPE.A]: (fields) => [fields.ipv4()],
  [TYPE.AAAA]: (fields) => [fields.ipv6()],
  [TYPE.NS]: (fields) => [fields.name()],
  [TYPE.CNAME]: (fields) => [fields.name()],
  [TYPE.PTR]: (fields) => [fields.name()],
  [TYPE.MX]: (fields) => [fields.integer('the preference', 2), fields.name()],
  [TYPE.TXT]: (fields) => fields.texts(),
  [TYPE.HINFO]: (fields) => [fields.text('the CPU'), fields.text('the system')],
  [TYPE.SRV]: (fields) => [
    fields.integer('the priority', 2), fields.integer('the weight', 2), fields.integer('the port', 2), { ...fields.name(), compress: false },
  ],
  [TYPE.SOA]: (fields) => [
    fields.name('the primary server'), fields.name('the mailbox'), fields.integer('the serial number', 4), fields.time('the refresh time'),
    fields.time('the retry time'), fields.time('the expiry time'), fields.time('the negative TTL'),
  ],
  [TYPE.CAA]: (fields) => [fields.integer('the flags', 1), fields.tag(), fields.bareText('the value')],
  [TYPE.DS]: (fields) => [fields.integer('the key tag', 2), fields.integer('the algorithm', 1), fields.integer('the digest type', 1), fields.hex('the digest')],
  [TYPE.SSHFP]: (fields) => [fields.integer('the algorithm', 1), fields.integer('the fingerprint type', 1), fields.hex('the fingerprint')],
  [TYPE.TLSA]: (fields) => [fields.integer('the usage', 1), fields.integer('the selector', 1), fields.integer('the matching type', 1), fields.hex('the data')],
};

/** Types whose data must be read as what it is even when it is written in hex: the tables need its names. */
function generic(type: number, fields: Fields): RecordData | undefined {
  if (FORMATS[type] !== undefined) return fields.refuse('\\#', `write the data of a ${formatType(type)} record as text, not in hex`);
  fields.skip();
  const length = fields.number('the length', 65_535);
  const bytes = fields.hex('the data', length === 0);
  if (!fields.failed && bytes.length !== length) fields.refuse(undefined, `the data has ${bytes.length} bytes, but its length is given as ${length}`);
  return [bytes];
}

/** The words of a record's data, read one after the other. */
class Fields {
  failed = false;
  private at = 0;

  constructor(
    private readonly words: readonly Word[],
    private readonly origin: Name,
    private readonly report: Refuse,
    private readonly type: string,
  ) {}

  refuse(word: Word | string | undefined, message: string, hint?: string): undefined {
    if (!this.failed) this.report(typeof word === 'string' ? this.words.find(({ text }) => text === word) : word, message, hint);
    this.failed = true;
    return undefined;
  }

  skip(): void {
    this.at += 1;
  }

  /** Nothing may follow. */
  end(): void {
    const more = this.words[this.at];
    if (more !== undefined) this.refuse(more, `a ${this.type} record holds nothing more`, more.quoted ? undefined : 'Is a ; missing in front of a comment?');
  }

  private next(what: string): Word | undefined {
    const word = this.words[this.at];
    this.at += 1;
    return word ?? this.refuse(undefined, `${what} of the ${this.type} record is missing`);
  }

  ipv4(): Uint8Array {
    const word = this.next('the address');
    const address = word && parseIpv4(word.text);
    if (word !== undefined && address === undefined) this.refuse(word, `"${word.text}" is not an IPv4 address`, 'For example 192.0.2.1.');
    return numberBytes(address ?? 0, 4);
  }

  ipv6(): Uint8Array {
    const word = this.next('the address');
    if (word === undefined) return new Uint8Array();
    if (isIPv6(word.text) && !word.text.includes('%')) return ipv6Bytes(word.text);
    this.refuse(word, `"${word.text}" is not an IPv6 address`, 'For example 2001:db8::1.');
    return new Uint8Array();
  }

  name(what = 'the name'): { name: Name; compress: boolean } {
    const word = this.next(what);
    if (word === undefined) return { name: [], compress: true };
    const name = parseName(word.text, this.origin);
    if (!isMistake(name)) return { name, compress: true };
    this.refuse(word, name.mistake, name.hint);
    return { name: [], compress: true };
  }

  /** A decimal number of up to `size` bytes. */
  integer(what: string, size: 1 | 2 | 4): Uint8Array {
    return numberBytes(this.number(what, 256 ** size - 1), size);
  }

  number(what: string, max: number): number {
    const word = this.next(what);
    if (word === undefined) return 0;
    if (/^\d{1,10}$/.test(word.text) && Number(word.text) <= max) return Number(word.text);
    this.refuse(word, `expected ${what}, a number from 0 to ${max}, got "${word.text}"`);
    return 0;
  }

  time(what: string): Uint8Array {
    const word = this.next(what);
    const seconds = word && parseTime(word.text);
    if (word !== undefined && seconds === undefined) this.refuse(word, `expected ${what} in seconds, got "${word.text}"`, 'For example 3600, or 1h; 2147483647 at most.');
    return numberBytes(seconds ?? 0, 4);
  }

  /** One or more strings, each of at most 255 bytes. */
  texts(): Uint8Array[] {
    const texts = [this.text('the text')];
    while (this.at < this.words.length && !this.failed) texts.push(this.text('the text'));
    return texts;
  }

  text(what: string): Uint8Array {
    const bytes = this.bareText(what);
    if (bytes.length > NAME_BYTES_MAX) this.refuse(this.words[this.at - 1], `a string has ${bytes.length} bytes; it may have ${NAME_BYTES_MAX}`, 'Part it in several: "..." "...".');
    return Uint8Array.from([bytes.length & 0xff, ...bytes]);
  }

  bareText(what: string): Uint8Array {
    const word = this.next(what);
    if (word === undefined) return new Uint8Array();
    const bytes = textBytes(word.text);
    if (!isMistake(bytes)) return Uint8Array.from(bytes, ({ char }) => char.charCodeAt(0));
    this.refuse(word, bytes.mistake, bytes.hint);
    return new Uint8Array();
  }

  /** The property of a CAA record: letters and digits (RFC 8659, 4.1). */
  tag(): Uint8Array {
    const word = this.next('the property');
    if (word !== undefined && !/^[a-z0-9]{1,255}$/i.test(word.text)) this.refuse(word, `"${word.text}" is no property of a CAA record`, 'It is issue, issuewild, iodef, or another word of letters and digits.');
    const text = Buffer.from(word?.text ?? '', 'latin1');
    return Uint8Array.from([text.length & 0xff, ...text]);
  }

  /** All further words, as one number in hex. */
  hex(what: string, mayBeEmpty = false): Uint8Array {
    const words = this.words.slice(this.at);
    this.at = this.words.length;
    if (words.length === 0 && !mayBeEmpty) this.refuse(undefined, `${what} of the ${this.type} record is missing`);
    const text = words.map((word) => word.text).join('');
    if (!/^([0-9a-f]{2})*$/i.test(text)) this.refuse(words[0], `expected ${what} in hex, two digits for each byte, got "${text}"`);
    return Uint8Array.from(Buffer.from(text, 'hex'));
  }
}

export function numberBytes(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => Math.floor(value / 256 ** (size - 1 - index)) % 256);
}

/** The 16 bytes of an IPv6 address that is known to be one. */
export function ipv6Bytes(text: string): Uint8Array {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const low = dotted === null ? undefined : parseIpv4(dotted[2]!)!;
  const plain = low === undefined ? text : `${dotted![1]}${(low >>> 16).toString(16)}:${(low & 0xffff).toString(16)}`;
  const [head, tail] = plain.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const groups = tail === undefined ? head! : [...head!, ...Array<string>(8 - head!.length - tail.length).fill('0'), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [...numberBytes(parseInt(group, 16), 2)]));
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Longest time to live, in seconds (RFC 2181, 8). */
export const TTL_MAX = 2 ** 31 - 1;

/** A time in seconds, or as BIND writes it, `1w2d3h4m5s`; undefined: it is none. */
export function parseTime(text: string): number | undefined {
  if (!/^(\d{1,10}|(\d{1,10}[smhdw])+)$/i.test(text)) return undefined;
  const seconds = [...text.matchAll(/(\d+)([smhdw]?)/gi)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit!.toLowerCase()] ?? 1), 0);
  return seconds <= TTL_MAX ? seconds : undefined;
}
