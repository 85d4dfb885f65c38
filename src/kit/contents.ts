/** How elements that print packets show their bytes: Click's words for it, and whether there is any of them. */
import { parsed, type Kind } from './config.js';

export const CONTENTS = { none: 0, hex: 1, text: 2 } as const;
export type Contents = 0 | 1 | 2;

const WORDS: Readonly<Record<string, Contents>> = {
  none: 0, false: 0, no: 0, f: 0, n: 0, 0: 0, hex: 1, true: 1, yes: 1, t: 1, y: 1, 1: 1, ascii: 2,
};
const NAMES = ['NONE', 'HEX', 'ASCII'] as const;

/** NONE, HEX or ASCII; a boolean stands for HEX or NONE. `what`: the argument, as Click's message about another word names it. */
export function contentsOf(what: string, options: { default: Contents; doc: string }): Kind<Contents> {
  const schema = { anyOf: [{ type: 'boolean' }, { enum: NAMES }] };
  const kind = parsed<Contents>('NONE | HEX | ASCII', { ...options, keyword: true, schema }, (text) => {
    const value = WORDS[text.toLowerCase()];
    // Of a payload Click names other words, and the value of CONTENTS.
    const click = what === 'payload' ? "bad payload value 'no'; should be 'false', 'hex', or 'ascii'" : `bad ${what} value '${text.toUpperCase()}'; should be 'NONE', 'HEX', or 'ASCII'`;
    return value === undefined ? { error: `expected NONE, HEX or ASCII, got "${text}"`, click, ofElement: true } : { value };
  }, (value) => NAMES[value]);
  return { ...kind, accept: (value, scope) => kind.accept(typeof value === 'boolean' ? String(value) : value, scope) };
}
