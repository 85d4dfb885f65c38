/** Words of a line, quoted ones as they stand. */
import { parsed, splitWords, unquoteBytes } from 'wirelet';

const WORD = /(?:"(?:\\.|[^"\\])*"?|[^\s"])+/g;

/** Words of a line of data: what is in double quotes is one word, with its quotes. Blanks at the beginning stand for an empty word. */
export function lineWords(line: string): string[] {
  const words = line.match(WORD) ?? [];
  return /^\s/.test(line) ? ['', ...words] : words;
}

/** Names of fields: `ip_src`, or in quotes those with a space. */
export function fieldWords(line: string): string[] {
  return splitWords(line).map((word) => Buffer.from(unquoteBytes(word)).toString());
}

/** An argument that names fields, for `fieldWords`: each name may be within quotes. */
export const fieldNames = (doc: string) => parsed<string>('names of fields', { default: '', keyword: true, doc }, (value) => ({ value }), String);
