/**
 * Arguments of an element. Each kind reads the argument both as Click writes it (text) and as YAML gives
 * it (a value), and carries its documentation, default, range and JSON Schema, so that nothing about an
 * argument is said twice.
 */
import { formatIpv4, formatMac, formatPrefix, parseMac, prefix, type Prefix } from './address.js';
import { EMPTY_SCOPE, readIpv4, readPrefix, type ArgumentScope } from './argument-scope.js';
import type { u32, u48 } from './integers.js';
import { formatData, quote, unquote, unquoteBytes } from './quoting.js';

/** `told`: what Click's drivers say of a value that is right, if something else of its list is wrong, `%i` for its number from 0. */
export type Parsed<T> = { readonly value: T; readonly told?: string } | ParseError;

/** What is wrong with an argument; a kind that reads a language also says where, and what to write. */
export interface ParseError {
  readonly error: string;
  /** The same in the words of Click's drivers, `%d` for the number of the argument, `%i` for that from 0. */
  readonly click?: string;
  /** Whether Click says that of the whole element, without the argument's name. */
  readonly ofElement?: boolean;
  readonly hint?: string;
  /** The place in the argument's text, in characters. */
  readonly place?: { readonly offset: number; readonly length: number };
  /** In a list: the number of the item, from 0; `place` is in its text. */
  readonly item?: number;
  /** In a list: what is wrong with further items. */
  readonly others?: readonly ParseError[];
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Kind<T> {
  /** Name of the kind, for documentation: `integer`, `ipv4 address`, ... */
  readonly name: string;
  readonly doc: string;
  readonly default?: T;
  readonly required: boolean;
  /** Given only as `KEYWORD value`, never by position. */
  readonly keyword: boolean;
  /** Takes all positional arguments from here on; the value is an array. */
  readonly rest: boolean;
  /** Items of the list may be `file NAME`, for the lines of that file. */
  readonly fromFiles?: boolean;
  /** Its text is words between blanks. */
  readonly words?: boolean;
  /** Its class reads all that has a keyword first, wherever that stands; else nothing behind a keyword has a position. */
  readonly behindKeywords?: boolean;
  /** A keyword that is read before all else, wherever it stands: for positions it is not there. */
  readonly foremost?: boolean;
  /** In a Click configuration its text is one word: blanks stand within quotes. */
  readonly oneWord?: boolean;
  readonly unit?: string;
  readonly schema: JsonSchema;
  parse(text: string, scope: ArgumentScope): Parsed<T>;
  accept(value: unknown, scope: ArgumentScope): Parsed<T>;
  /** The argument in Click's notation. */
  format(value: T): string;
}

export type ConfigSpec = Readonly<Record<string, Kind<any>>>;

export type ConfigValues<C extends ConfigSpec> = {
  readonly [K in keyof C]: C[K] extends Kind<infer T> ? T : never;
};

interface Common<T> {
  doc: string;
  default?: T;
  keyword?: boolean;
  required?: boolean;
}

/** With a default or `required: false`, absence has a value; so the value's type depends on neither. */
function common<T>(options: Common<T>) {
  return {
    doc: options.doc,
    default: options.default,
    required: options.required ?? options.default === undefined,
    keyword: options.keyword ?? false,
    rest: false,
  };
}

const wrong = (expected: string, got: unknown, click = 'parse error'): { error: string; click: string } => ({
  click,
  error: `expected ${expected}, got ${typeof got === 'string' ? JSON.stringify(got) : describe(got)}`,
});

function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return `${typeof value} ${String(value)}`;
}

/** A kind that YAML writes as the same text that Click takes. */
function textual<T>(
  name: string,
  options: Common<T>,
  schema: JsonSchema,
  parse: (text: string, scope: ArgumentScope) => Parsed<T>,
  format: (value: T) => string,
): Kind<T> {
  return {
    ...common(options),
    name,
    schema,
    parse,
    accept: (value, scope) =>
      typeof value === 'string' || typeof value === 'number' ? parse(String(value), scope) : wrong(name, value),
    format,
  };
}

/** `true` or `false`; Click's `yes`, `no`, `1`, `0` and their first letters too, all in small letters. */
export function bool(options: Common<boolean>): Kind<boolean> {
  return {
    ...common(options),
    name: 'boolean',
    schema: { type: 'boolean' },
    parse(text) {
      const value = parseBoolean(text);
      return value === undefined ? wrong('true or false', text) : { value };
    },
    accept: (value) => (typeof value === 'boolean' ? { value } : wrong('true or false', value)),
    format: String,
  };
}

/** A boolean as Click writes it; undefined for anything else, such as `True`. */
export function parseBoolean(text: string): boolean | undefined {
  if (/^(true|yes|1|t|y)$/.test(text)) return true;
  return /^(false|no|0|f|n)$/.test(text) ? false : undefined;
}

interface IntegerOptions extends Common<number> {
  min?: number;
  max?: number;
  unit?: string;
  /** A minus is understood though no negative number is in range: what is wrong with -1 is then how small it is. */
  signed?: boolean;
}

function checkRange(value: number, name: string, { min = 0, max = 0xffff_ffff, unit }: IntegerOptions): Parsed<number> {
  if (value >= min && value <= max) return { value };
  const suffix = unit === undefined ? '' : ` ${unit}`;
  return { error: `expected ${name} from ${min} to ${max}${suffix}, got ${value}`, click: `out of range, bound ${value > max ? max : min}` };
}

/** An integer from `min` (default 0) to `max` (default 2^32-1); text may be decimal, 0x hexadecimal, 0b binary or 0 octal. */
export function integer(options: IntegerOptions): Kind<number> {
  const { min = 0, max = 0xffff_ffff, signed = min < 0 } = options;
  return {
    ...common(options),
    name: 'integer',
    unit: options.unit,
    schema: { type: 'integer', minimum: min, maximum: max },
    parse(text) {
      const value = anyInteger(text);
      if (value === undefined || (text.startsWith('-') && !signed)) return wrong(min < 0 || signed ? 'an integer' : `an integer from ${min} to ${max}`, text, 'invalid number');
      return checkRange(value, 'an integer', options);
    },
    accept(value) {
      if (typeof value === 'string') return this.parse(value, EMPTY_SCOPE);
      if (!Number.isSafeInteger(value)) return wrong('an integer', value);
      return checkRange(value as number, 'an integer', options);
    },
    format: String,
  };
}

/** Decimal, 0x hexadecimal, 0b binary or 0-led octal, with `_` between digits; undefined for anything else, and for what is no exact number. */
export function parseInteger(text: string): number | undefined {
  const value = anyInteger(text);
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

/** The same, within 32 bits: from -2^31 to 2^31-1. */
export function parseInteger32(text: string): number | undefined {
  const value = anyInteger(text);
  return value !== undefined && value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined;
}

/** The same, but that numbers of any size are understood: those beyond 2^53 about. */
function anyInteger(text: string): number | undefined {
  const match = /^([+-]?)(0x[\da-f]+(?:_[\da-f]+)*|0b[01]+(?:_[01]+)*|0[0-7]*(?:_[0-7]+)*|[1-9]\d*(?:_\d+)*)$/i.exec(text);
  if (match === null) return undefined;
  const digits = match[2]!.replaceAll('_', '');
  const value = /^0[0-7]+$/.test(digits) ? parseInt(digits, 8) : Number(digits);
  return match[1] === '-' ? 0 - value : value;
}

/** A decimal number without a sign, as Click writes it: `10`, `1_000`, `.5`, `2.`, `1.5e-3`. */
const DECIMAL = '(?:\\d(?:_?\\d)*\\.?(?:\\d(?:_?\\d)*)?|\\.\\d(?:_?\\d)*)(?:[eE][+-]?\\d+)?';

const decimal = (text: string): number => Number(text.replaceAll('_', ''));

interface NumberOptions extends Common<number> {
  min?: number;
  max?: number;
  unit?: string;
}

const REAL = new RegExp(`^[+-]?${DECIMAL}$`);

/** A real number, for build-time use: the packet path has integers only. */
export function real(options: NumberOptions): Kind<number> {
  const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = options;
  const check = (value: number): Parsed<number> =>
    value >= min && value <= max ? { value } : { error: `expected a number from ${min} to ${max}, got ${value}`, click: `out of range, bound ${value > max ? max : min}` };
  return {
    ...common(options),
    name: 'number',
    unit: options.unit,
    schema: { type: 'number', minimum: min, maximum: max },
    parse: (text) => (REAL.test(text) && (min < 0 || !text.startsWith('-')) ? check(decimal(text)) : wrong('a number', text)),
    accept(value) {
      if (typeof value === 'string') return this.parse(value, EMPTY_SCOPE);
      return typeof value === 'number' ? check(value) : wrong('a number', value);
    },
    format: String,
  };
}

/** Text, with Click's quotes and escapes taken off. */
export function text(options: Common<string>): Kind<string> {
  return textual('text', options, { type: ['string', 'number'] }, (value) => ({ value: unquote(value) }), quote);
}

/** Text that is one word, or within quotes, in Click configurations. */
export function string(options: Common<string>): Kind<string> {
  return { ...text(options), oneWord: true };
}

/** The name of a file: `~/` is the home folder, of several slashes one counts. */
export function filename(options: Common<string>): Kind<string> {
  const kind = string(options);
  const read = (value: string): Parsed<string> => ({ value: unquote(value).replace(/^~(?=\/|$)/, process.env.HOME ?? '~').replace(/\/+/g, '/') });
  return { ...kind, parse: read, accept: (value, scope) => (typeof value === 'string' ? read(value) : kind.accept(value, scope)) };
}

/** Bytes: text in Click's notation, in which `\<48 0a>` stands for bytes in hex. */
export function data(options: Common<Uint8Array>): Kind<Uint8Array> {
  return { ...textual('data', options, { type: 'string' }, parseData, (value) => `"${formatData(value)}"`), oneWord: true };
}

export function ipv4Address(options: Common<u32>): Kind<u32> {
  return textual(
    'IPv4 address',
    options,
    { type: 'string' },
    (value, scope) => {
      const found = readIpv4(value, scope);
      return found !== undefined ? { value: found } : wrong('an IPv4 address such as 10.0.0.1', value);
    },
    formatIpv4,
  );
}

/** An IPv4 prefix, `10.0.0.0/8` or `10.0.0.0/255.0.0.0`; a bare address is one host. */
export function ipv4Prefix(options: Common<Prefix>): Kind<Prefix> {
  return textual(
    'IPv4 prefix',
    options,
    { type: 'string' },
    (value, scope) => {
      const host = readIpv4(value, scope);
      const found = readPrefix(value, scope) ?? (host === undefined ? undefined : prefix(host, 32));
      return found === undefined ? wrong('an IPv4 prefix such as 10.0.0.0/8', value) : { value: found };
    },
    formatPrefix,
  );
}

export function macAddress(options: Common<u48>): Kind<u48> {
  return textual(
    'MAC address',
    options,
    { type: 'string' },
    (value, scope) => {
      const found = parseMac(value) ?? scope.address(value, 'mac');
      return typeof found === 'number' ? { value: found } : wrong('a MAC address such as 02:00:00:00:00:01', value);
    },
    formatMac,
  );
}

const TIME_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-3, nsec: 1e-3, us: 1, usec: 1, ms: 1e3, msec: 1e3, s: 1e6, sec: 1e6, m: 60e6, min: 60e6, h: 3600e6, hr: 3600e6, d: 86400e6, day: 86400e6,
};

const TIME = new RegExp(`^\\+?(${DECIMAL})\\s*([a-z]*)$`);

/** 2^32 seconds, which Click's times end before, too. */
const DURATION_END_US = 2 ** 32 * 1e6;

/** A time span below 2^32 seconds; the value is in whole microseconds. Text without a unit is in seconds. */
export function duration(options: Common<number>): Kind<number> {
  return {
    ...textual(
      'duration',
      options,
      { type: ['string', 'number'] },
      (value): Parsed<number> => {
        const match = TIME.exec(value);
        const scale = match === null ? undefined : TIME_UNITS[match[2]! || 's'];
        if (match === null || scale === undefined) return wrong('a time such as 10s, 5ms or 2min', value);
        const time = Math.round(decimal(match[1]!) * scale);
        return time < DURATION_END_US ? { value: time } : { error: `expected a time below 2^32 seconds (136 years), got "${value}"`, click: 'out of range' };
      },
      (value) => (value % 1e6 === 0 ? `${value / 1e6}s` : `${value}us`),
    ),
    unit: 'us',
  };
}

const RATE_PREFIXES: Readonly<Record<string, number>> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 };

const RATE = new RegExp(`^\\+?(${DECIMAL})(?:\\s*([kKMG]?)(bps|baud|b/s|B/s|Bps))?$`);

/** A data rate; the value is in bytes per second. `8kbps` is 1000, `1MBps` is 10^6, no unit is bytes. */
export function bandwidth(options: Common<number>): Kind<number> {
  return {
    ...textual(
      'bandwidth',
      options,
      { type: ['string', 'number'] },
      (value): Parsed<number> => {
        const match = RATE.exec(value);
        if (match === null) return wrong('a bandwidth such as 10Mbps or 1000Bps', value);
        const bytes = match[3] === undefined || match[3].startsWith('B') ? 1 : 1 / 8;
        const scale = RATE_PREFIXES[match[2] ?? '']!;
        return { value: Math.round(decimal(match[1]!) * scale * bytes) };
      },
      (value) => `${value}Bps`,
    ),
    unit: 'bytes_per_second',
  };
}

/** One of a few words, case-insensitive in Click's text. */
export function oneOf<const W extends string>(words: readonly W[], options: Common<W>): Kind<W> {
  return textual(
    words.join(' | '),
    options,
    { enum: words },
    (value): Parsed<W> => {
      const found = words.find((word) => word.toLowerCase() === value.toLowerCase());
      return found === undefined ? wrong(`one of ${words.join(', ')}`, value) : { value: found };
    },
    String,
  );
}

/** All remaining positional arguments, one value each: in YAML a list. */
export function rest<T>(kind: Kind<T>, options: { doc?: string; min?: number; max?: number } = {}): Kind<readonly T[]> {
  const { min = 0, max = 65_536 } = options;
  const all = (values: readonly unknown[], one: (value: unknown) => Parsed<T>): Parsed<readonly T[]> => {
    if (values.length < min || values.length > max) {
      return { error: `expected ${min === max ? min : `${min} to ${max}`} of ${kind.name}, got ${values.length}` };
    }
    const result: T[] = [];
    const wrong: ParseError[] = [];
    let told: string[] = [];
    for (const [index, value] of values.entries()) {
      const parsed = one(value);
      if (!('error' in parsed)) {
        result.push(parsed.value);
        if (parsed.told !== undefined) told.push(parsed.told.replaceAll('%i', String(index)));
        continue;
      }
      const click = told.length === 0 || parsed.click === undefined ? {} : { click: [...told, parsed.click].join('\n') };
      wrong.push({ ...parsed, ...click, error: `argument ${index + 1}: ${parsed.error}`, item: index });
      told = [];
    }
    const last = wrong.at(-1);
    if (told.length > 0 && last?.click !== undefined) wrong[wrong.length - 1] = { ...last, click: [last.click, ...told].join('\n') };
    const [first, ...others] = wrong;
    return first === undefined ? { value: result } : { ...first, others };
  };
  return {
    name: `list of ${kind.name}`,
    doc: options.doc ?? kind.doc,
    default: min === 0 ? [] : undefined,
    required: min > 0,
    keyword: false,
    rest: true,
    schema: { type: 'array', items: kind.schema, minItems: min, maxItems: max },
    parse: (value, scope) => all([value], (item) => kind.parse(item as string, scope)),
    accept: (value, scope) =>
      all(Array.isArray(value) ? value : [value], (item) => kind.accept(item, scope)),
    format: (values) => values.map((value) => kind.format(value)).join(', '),
  };
}

/** Values of a kind, with spaces between them; in YAML a list, too. None, unless given. */
export function words<T>(kind: Kind<T>, options: { doc?: string; keyword?: boolean; max?: number } = {}): Kind<readonly T[]> {
  const { keyword = false, max = 65_536 } = options;
  const all = (values: readonly unknown[], scope: ArgumentScope): Parsed<readonly T[]> => {
    if (values.length > max) return { error: `expected at most ${max} of ${kind.name}, got ${values.length}` };
    const result: T[] = [];
    for (const value of values) {
      const parsed = typeof value === 'string' ? kind.parse(value, scope) : kind.accept(value, scope);
      if ('error' in parsed) return parsed;
      result.push(parsed.value);
    }
    return { value: result };
  };
  const split = (text: string) => text.split(/\s+/).filter((word) => word !== '');
  return {
    name: `${kind.name}s`,
    doc: options.doc ?? kind.doc,
    default: [],
    required: false,
    keyword,
    rest: false,
    words: true,
    schema: { anyOf: [{ type: 'string' }, { type: 'array', items: kind.schema, maxItems: max }] },
    parse: (text, scope) => all(split(text), scope),
    accept: (value, scope) => all(typeof value === 'string' ? split(value) : Array.isArray(value) ? value : [value], scope),
    format: (values) => values.map((value) => kind.format(value)).join(' '),
  };
}

/** A kind of an element's own: text that `read` understands; its error says what it expected. */
export function parsed<T>(
  name: string,
  options: Common<T> & { schema?: JsonSchema },
  read: (text: string, scope: ArgumentScope) => Parsed<T>,
  format: (value: T) => string,
): Kind<T> {
  return textual(name, options, options.schema ?? { type: ['string', 'number'] }, read, format);
}

function parseData(source: string): Parsed<Uint8Array> {
  return { value: unquoteBytes(source) };
}
