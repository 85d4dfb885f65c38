/**
 * Tokens of the Click language (click(5), "Lexical issues"). A port or element may also be named with a
 * dot, as in `ttl.expired`; that is ours.
 */
import type { Diagnostics, Span } from '../diagnostics.js';
import { dataEnd } from '../kit/quoting.js';
import type { PlacedText } from './placed-text.js';

export type TokenKind =
  | 'name'
  | 'variable'
  | '->'
  | '=>'
  | '::'
  | ';'
  | ','
  | '('
  | ')'
  | '['
  | ']'
  | '{'
  | '}'
  | '|'
  | '||'
  | '...'
  | '.'
  /** A character that means nothing. */
  | 'odd'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offsets in the text that is read. */
  readonly start: number;
  readonly end: number;
  /** Whether it is the first token on its line. */
  readonly startsLine: boolean;
  /** The name with dashes in it that the writer may have meant: an odd `-` is within it. */
  readonly word?: string;
}

const PUNCTUATION: readonly TokenKind[] = ['...', '->', '=>', '::', '||', ';', ',', '(', ')', '[', ']', '{', '}', '|', '.'];

export class ClickLexer {
  private at = 0;
  private peeked: Token | undefined;

  constructor(
    readonly source: PlacedText,
    private readonly diagnostics: Diagnostics,
  ) {}

  peek(): Token {
    this.peeked ??= this.read();
    return this.peeked;
  }

  next(): Token {
    const token = this.peek();
    this.peeked = undefined;
    return token;
  }

  /** Goes on behind the next `kind`, if it stands in this line. */
  pass(kind: string): void {
    const { start } = this.peek();
    const at = this.source.text.slice(start, endOfLine(this.source.text, start)).indexOf(kind);
    if (at < 0) return;
    this.peeked = undefined;
    this.at = start + at + kind.length;
  }

  /** Reads no further. */
  stop(): void {
    this.stopped = true;
    this.peeked = undefined;
    this.at = this.source.text.length;
  }

  stopped = false;

  span(start: number, end: number): Span {
    return this.source.span(start, end);
  }

  /**
   * The configuration string after a `(` that was just taken, up to its `)`, which is taken too. Only
   * quotes and comments hide parentheses.
   */
  configuration(open: Token): { start: number; end: number } {
    const { text } = this.source;
    const start = open.end;
    const end = configurationEnd(text, start);
    this.peeked = undefined;
    if (end < 0) {
      const quote = openQuote(text, start);
      const at = quote ?? open.start;
      this.diagnostics.error(
        'WL1041',
        this.span(at, at + 1),
        quote === undefined ? 'this parenthesis is not closed' : 'this quote is not closed',
        quote === undefined ? 'Write the ")" that ends the arguments.' : 'A lone apostrophe stands in double quotes: "don\'t".',
        undefined,
        { text: "expected ')'", span: this.span(text.length, text.length) },
      );
      this.at = text.length;
      return { start, end: text.length };
    }
    this.at = end + 1;
    return { start, end };
  }

  private read(): Token {
    const startsLine = this.skip();
    const { text } = this.source;
    const start = this.at;
    if (start >= text.length) return { kind: 'end', text: '', start, end: start, startsLine };
    const name = nameAt(text, start);
    if (name !== undefined) return this.token('name', start, start + name.length, startsLine);
    const variable = /\$\w*/y;
    variable.lastIndex = start;
    if (variable.test(text)) return this.token('variable', start, variable.lastIndex, startsLine);
    const kind = PUNCTUATION.find((candidate) => text.startsWith(candidate, start));
    if (kind !== undefined) return this.token(kind, start, start + kind.length, startsLine);
    const char = String.fromCodePoint(text.codePointAt(start)!);
    return { ...this.token('odd', start, start + char.length, startsLine), ...(char === '-' && dashed(text, start)) };
  }

  private token(kind: TokenKind, start: number, end: number, startsLine: boolean): Token {
    this.at = end;
    return { kind, text: this.source.text.slice(start, end), start, end, startsLine };
  }

  /** Passes blanks and comments; says whether a line was begun. */
  private skip(): boolean {
    const { text } = this.source;
    let newLine = this.at === 0;
    for (;;) {
      const char = text[this.at];
      if (char === '\n') newLine = true;
      if (char !== undefined && /\s/.test(char)) this.at += 1;
      else if (text.startsWith('//', this.at)) this.at = endOfLine(text, this.at);
      else if (text.startsWith('/*', this.at)) this.comment();
      else if (char === '#' && atLineStart(text, this.at)) this.at = endOfLine(text, this.at);
      else return newLine;
    }
  }

  private comment(): void {
    const end = this.source.text.indexOf('*/', this.at + 2);
    // Click takes it without a word.
    if (end < 0) this.diagnostics.warning('WL1041', this.span(this.at, this.at + 2), 'this comment is not closed', 'Write */ where it ends.', { text: '' });
    this.at = end < 0 ? this.source.text.length : end + 2;
  }
}

/** Ports in a list, such as `[0-3]`. */
export const PORT_RANGE = /^(\d+)-(\d+)$/;

/** What a character that means nothing was perhaps meant for, and what to write instead. */
export function explainCharacter(char: string): [string, string?] {
  if (char === '-' || char === '–' || char === '—' || char === '→' || char === '=') {
    return [`"${char}" alone means nothing`, 'An arrow is written "->".'];
  }
  if (char === ':') return ['":" alone means nothing', 'An element is declared as "name :: Class(arguments)".'];
  if (char === '"' || char === "'") return ['a quote stands only within the arguments of an element'];
  if (char === '>') return ['">" alone means nothing', 'An arrow is written "->".'];
  if (char === '#') return ['"#" begins a comment only at the start of a line', 'Write // instead.'];
  return [`the character ${JSON.stringify(char)} has no meaning here`];
}

/** The name around a dash. */
function dashed(text: string, at: number): { word: string } | undefined {
  const [before] = /[A-Za-z0-9_@]+$/.exec(text.slice(0, at)) ?? [];
  const [after] = /^-[A-Za-z0-9_@-]+/.exec(text.slice(at)) ?? [];
  return before === undefined || after === undefined ? undefined : { word: before + after };
}

/** A name: letters, digits, `_`, `@`, and `/` between them. */
function nameAt(text: string, at: number): string | undefined {
  const range = /\d+-\d+(?![\w@])/y;
  range.lastIndex = at;
  const ports = range.exec(text);
  if (ports !== null) return ports[0];
  const pattern = /[A-Za-z0-9_@]+(?:\/[A-Za-z0-9_@]+)*/y;
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** A `#` at the begin of a line is a line directive, read before (line-directives.ts), or YAML's comment. */
function atLineStart(text: string, at: number): boolean {
  return /(^|\n)[ \t]*$/.test(text.slice(Math.max(0, text.lastIndexOf('\n', at - 1)), at));
}

/** Offset of the `)` that ends a configuration string, or -1. */
function configurationEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const hidden = hiddenEnd(text, at);
    if (hidden < 0) return -1;
    if (hidden > at) {
      at = hidden;
      continue;
    }
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') {
      if (depth === 0) return at;
      depth -= 1;
    }
    at += 1;
  }
  return -1;
}

/**
 * Where a quoted string, comment or `\<...>` that begins at `at` ends; `at` itself when none begins there,
 * -1 when it has no end. A comment to the end of a line ends before the line break.
 */
export function hiddenEnd(text: string, at: number): number {
  const char = text[at];
  if (char === '"') {
    for (let seek = at + 1; seek < text.length; seek += 1) {
      if (text[seek] === '\\' && text[seek + 1] === '<' && dataEnd(text, seek) > 0) seek = dataEnd(text, seek) - 1;
      else if (text[seek] === '\\') seek += 1;
      else if (text[seek] === '"') return seek + 1;
    }
    return -1;
  }
  if (char === "'" || (char === '/' && text[at + 1] === '*')) {
    const close = char === "'" ? "'" : '*/';
    const end = text.indexOf(close, at + close.length);
    return end < 0 ? -1 : end + close.length;
  }
  if (char === '/' && text[at + 1] === '/') return endOfLine(text, at);
  if (char === '\\' && text[at + 1] === '<') return dataEnd(text, at);
  return at;
}

/** The quote that swallows the rest of a configuration string, if one does. */
function openQuote(text: string, start: number): number | undefined {
  for (let at = start; at < text.length; ) {
    const end = hiddenEnd(text, at);
    if (end < 0) return at;
    at = Math.max(end, at + 1);
  }
  return undefined;
}
