/** Handlers that only show or set what an element remembers, and values as people write them to handlers. */
import { formatIpv4, formatMacDashed, parseMac } from './address.js';
import { readIpv4, type ArgumentScope } from './argument-scope.js';
import { parseBoolean, parseInteger } from './config.js';
import { unquote } from './quoting.js';
import { HandlerError, type Handler } from './element.js';

/** The integer that `value` is; throws HandlerError when it is none, or outside `low`..`high`. */
export function integerValue(value: string, low = 0, high = 0xffff_ffff): number {
  const number = parseInteger(value.trim());
  if (number === undefined) throw new HandlerError('expected integer');
  if (number < low || number > high) throw new HandlerError(`expected integer from ${low} to ${high}, not ${number}`);
  return number;
}

/** The boolean that `value` is; throws HandlerError, with the words `expected`, when it is none. */
export function booleanValue(value: string, expected = 'expected boolean'): boolean {
  const read = parseBoolean(unquote(value.trim()));
  if (read === undefined) throw new HandlerError(expected);
  return read;
}

/** Reads and writes the register `name`. */
export function integerHandler(name: string, doc: string, low = 0, high = 0xffff_ffff): Handler<any, any, any> {
  return {
    doc,
    read: ({ state }) => String(state[name]),
    write: ({ state }, value) => void (state[name] = integerValue(value, low, high)),
  };
}

/** Reads and writes the flag `name`. */
export function booleanHandler(name: string, doc: string): Handler<any, any, any> {
  return {
    doc,
    read: ({ state }) => String(state[name]),
    write: ({ state }, value) => void (state[name] = booleanValue(value)),
  };
}

/** Reads the counter `name`. */
export function counterHandler(name: string, doc: string): Handler<any, any, any> {
  return { doc, read: ({ counters }) => String(counters[name]!.value) };
}

/** Sets all counters of the element to 0. */
export function resetHandler(doc = 'Sets all counts to 0.'): Handler<any, any, any> {
  return {
    doc,
    write({ counters }) {
      for (const counter of Object.values(counters)) counter.value = 0;
    },
  };
}

/** Reads an argument and, where elements can be given others, sets it. */
export function argumentHandler(name: string, doc: string): Handler<any, any, any> {
  return {
    doc,
    calm: true,
    read: ({ argument }) => argument(name),
    write: ({ reconfigure }, value) => reconfigure(name, value.trim()),
  };
}

interface ValueType {
  show(value: any): string;
  /** Undefined: that is none. */
  read(text: string, scope: ArgumentScope): unknown;
}

const integerType = (low: number, high: number): ValueType => ({
  show: String,
  read(text) {
    const number = parseInteger(text);
    return number === undefined || number < low || number > high ? undefined : number;
  },
});

/** What Click's data handlers show and set, by what they say they expected. */
const VALUE_TYPES = {
  uint8_t: integerType(0, 0xff),
  uint16_t: integerType(0, 0xffff),
  integer: integerType(0, 0xffff_ffff),
  'signed integer': integerType(-0x8000_0000, 0x7fff_ffff),
  boolean: { show: String, read: parseBoolean },
  'IP address': { show: formatIpv4, read: (text, scope) => readIpv4(text, scope) },
  'Ethernet address': { show: formatMacDashed, read: (text, scope) => parseMac(text) ?? scope.address(text, 'mac') },
} satisfies Record<string, ValueType>;

/**
 * Shows an argument and sets it, as Click's data handlers do: `config` goes on telling what was given. `absent` is shown where the argument was not given.
 */
export function valueHandler(name: string, doc: string, type: keyof typeof VALUE_TYPES, absent?: number): Handler<any, any, any> {
  const { show, read } = VALUE_TYPES[type] as ValueType;
  return {
    doc,
    read: ({ config }) => show(config[name] ?? absent),
    write({ set, scope }, text) {
      const value = read(text.trim(), scope);
      if (value === undefined) throw new HandlerError(`expected ${type.replace('signed ', '')}`);
      set(name, value);
    },
  };
}

/** Shows an argument, and takes others with it in its place, as arguments are read: what is wrong with it is said as of an argument. */
export function givenHandler(name: string, doc: string, type: keyof typeof VALUE_TYPES): Handler<any, any, any> {
  const { show } = VALUE_TYPES[type] as ValueType;
  return { doc, read: ({ config }) => show(config[name]), write: ({ reconfigure }, value) => reconfigure(name, value.trim()) };
}

const total = (counters: Readonly<Record<string, { value: number }>>, names: readonly string[]): number => names.reduce((sum, name) => sum + counters[name]!.value, 0);

/** The counters of what is wrong, with Click's text for each: its handler `drops`, and `drop_details` where the argument DETAILS asks for it. */
export function dropHandlers(reasons: Readonly<Record<string, string>>) {
  const names = Object.keys(reasons);
  const drops: Handler<any, any, any> = { doc: 'Packets found wrong.', read: ({ counters }) => String(total(counters, names)) };
  const drop_details: Handler<any, any, any> = {
    doc: 'Packets found wrong, by what is wrong, a line each.',
    read: ({ counters }) => [...new Set(Object.values(reasons))].map((reason) => `${total(counters, names.filter((name) => reasons[name] === reason))}\t${reason}\n`).join(''),
  };
  return { handlers: { drops }, handlersFor: ({ details }: { readonly details?: boolean }): Record<string, Handler<any, any, any>> => (details === true ? { drop_details } : {}) };
}
