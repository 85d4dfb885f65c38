/** Words of a line, quoted ones as they stand. */
import { unquoteBytes } from 'wirelet';

const WORD = /(?:"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s"'])+/g;

/** Words of a line of data: what is in quotes is one word, with its quotes. */
export function lineWords(line: string): string[] {
  return line.match(WORD) ?? [];
}

/** Names of fields: `ip_src`, or in quotes those with a space. */
export function fieldWords(line: string): string[] {
  return lineWords(line).map((word) => Buffer.from(unquoteBytes(word)).toString());
}
