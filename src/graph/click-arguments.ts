/**
 * Configuration strings (click(5), "Configuration strings"): a list of arguments between commas. Commas,
 * blanks and comments within quotes are ordinary characters; a comment outside counts as one blank.
 */
import { hiddenEnd } from './click-lexer.js';
import type { Located } from './graph.js';
import type { PlacedText } from './placed-text.js';

/** An argument with its offsets in the configuration string. */
interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The arguments of a configuration string that stands in `source` from `start` to `end`. */
export function splitArguments(source: PlacedText, start: number, end: number): Located<string>[] {
  return pieces(source.text.slice(start, end)).map((piece) => ({
    value: piece.text,
    span: source.span(start + piece.start, start + piece.end),
  }));
}

/** The arguments of a configuration string that has no place of its own. */
export function splitText(text: string): string[] {
  return pieces(text).map((piece) => piece.text);
}

function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; ) {
    if (at === text.length || text[at] === ',') {
      found.push(trimmed(text, start, at));
      at += 1;
      start = at;
      continue;
    }
    const end = hiddenEnd(text, at);
    at = end < 0 ? text.length : Math.max(end, at + 1);
  }
  // An empty last argument does not count, so that a list may end with a comma.
  if (found[found.length - 1]?.text === '') found.pop();
  return found;
}

function trimmed(text: string, start: number, end: number): Piece {
  const plain = withoutComments(text.slice(start, end));
  const content = plain.trim();
  // Comments were replaced by as many blanks, so offsets still hold here.
  const lead = plain.length - plain.trimStart().length;
  const from = content === '' ? start : start + lead;
  return { text: collapse(content, text.slice(from, from + content.length)), start: from, end: from + content.length };
}

/** Comments outside quotes, blanked out. */
function withoutComments(text: string): string {
  if (!text.includes('/')) return text;
  let result = '';
  for (let at = 0; at < text.length; ) {
    const hidden = hiddenEnd(text, at);
    const end = hidden < 0 ? text.length : Math.max(hidden, at + 1);
    const piece = text.slice(at, end);
    const comment = piece.startsWith('//') || piece.startsWith('/*');
    result += comment ? piece.replace(/[^\n]/g, ' ') : piece;
    at = end;
  }
  return result;
}

/** A comment inside an argument becomes one blank; text without comments stays as it is. */
function collapse(plain: string, original: string): string {
  if (plain === original) return plain;
  let result = '';
  for (let at = 0; at < original.length; ) {
    const hidden = hiddenEnd(original, at);
    const end = hidden < 0 ? original.length : Math.max(hidden, at + 1);
    const piece = original.slice(at, end);
    result += piece.startsWith('//') || piece.startsWith('/*') ? ' ' : piece;
    at = end;
  }
  return result.trim();
}
