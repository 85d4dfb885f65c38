/** Handlers that only show or set what an element remembers, and values as people write them to handlers. */
import { parseInteger } from './config.js';
import { unquote } from './quoting.js';
import { HandlerError, type Handler } from './element.js';

/** The integer that `value` is; throws HandlerError when it is none, or outside `low`..`high`. */
export function integerValue(value: string, low = 0, high = 0xffff_ffff): number {
  const number = parseInteger(value.trim());
  if (number === undefined) throw new HandlerError('expected integer');
  if (number < low || number > high) throw new HandlerError(`expected integer from ${low} to ${high}, not ${number}`);
  return number;
}

/** The boolean that `value` is; throws HandlerError when it is none. */
export function booleanValue(value: string): boolean {
  const text = unquote(value.trim());
  if (/^(true|yes|1|t|y)$/.test(text)) return true;
  if (/^(false|no|0|f|n)$/.test(text)) return false;
  throw new HandlerError('expected boolean');
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
