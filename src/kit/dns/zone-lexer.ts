/**
 * The words of a zone file (RFC 1035, 5.1): entries, one for each line or for several lines in parentheses, without
 * their comments.
 */
import type { Diagnostics, SourceText, Span } from '../../diagnostics.js';

export interface Word {
  /** As it stands in the file, escapes included, without the quotes around it. */
  readonly text: string;
  readonly quoted: boolean;
  readonly span: Span;
}

export interface Entry {
  /** Begins with a blank: the record has the owner of the one before. */
  readonly continued: boolean;
  readonly words: readonly Word[];
}

/** All entries of a file that have words. What cannot be read is reported, and the rest read on. */
export function entriesOf(source: SourceText, diagnostics: Diagnostics): Entry[] {
  return new Lexer(source, diagnostics).entries();
}

class Lexer {
  private at = 0;
  private readonly found: Entry[] = [];
  private words: Word[] = [];
  private continued = false;
  /** Parentheses that are open, by where they stand. */
  private readonly open: number[] = [];

  constructor(
    private readonly source: SourceText,
    private readonly diagnostics: Diagnostics,
  ) {}

  entries(): Entry[] {
    const { text } = this.source;
    if (text.startsWith('\ufeff')) this.at = 1;
    this.beginLine();
    while (this.at < text.length) this.step(text[this.at]!);
    for (const place of this.open.splice(0)) this.refuse(place, place + 1, 'this parenthesis is never closed', 'Close it with ) behind the last value of the record.');
    this.endEntry();
    return this.found;
  }

  private step(char: string): void {
    const { text } = this.source;
    switch (char) {
      case '\n':
        this.at += 1;
        if (this.open.length === 0) {
          this.endEntry();
          this.beginLine();
        }
        return;
      case ' ':
      case '\t':
      case '\r':
        this.at += 1;
        return;
      case ';': {
        const end = text.indexOf('\n', this.at);
        this.at = end < 0 ? text.length : end;
        return;
      }
      case '(':
        this.open.push(this.at);
        this.at += 1;
        return;
      case ')':
        if (this.open.pop() === undefined) this.refuse(this.at, this.at + 1, 'no parenthesis is open here', 'Write \\) for one that belongs to a name or text.');
        this.at += 1;
        return;
      case '"':
        return this.quotedWord();
      default:
        return this.word();
    }
  }

  private quotedWord(): void {
    const { text } = this.source;
    const start = this.at;
    for (this.at += 1; this.at < text.length && text[this.at] !== '\n'; this.at += 1) {
      if (text[this.at] === '\\') this.at += 1;
      else if (text[this.at] === '"') {
        this.at += 1;
        this.words.push({ text: text.slice(start + 1, this.at - 1), quoted: true, span: this.source.span(start, this.at) });
        return;
      }
    }
    this.at = Math.min(this.at, text.length);
    this.refuse(start, start + 1, 'this text has no closing quote on its line', 'A text ends on the line where it begins; write \\" for a quote in it.');
  }

  private word(): void {
    const { text } = this.source;
    const start = this.at;
    while (this.at < text.length && !/[ \t\r\n;()"]/.test(text[this.at]!)) this.at += text[this.at] === '\\' && text[this.at + 1] !== '\n' ? 2 : 1;
    this.at = Math.min(this.at, text.length);
    this.words.push({ text: text.slice(start, this.at), quoted: false, span: this.source.span(start, this.at) });
  }

  private beginLine(): void {
    this.continued = /[ \t]/.test(this.source.text[this.at] ?? '');
  }

  private endEntry(): void {
    if (this.words.length > 0) this.found.push({ continued: this.continued, words: this.words });
    this.words = [];
  }

  private refuse(start: number, end: number, message: string, hint: string): void {
    this.diagnostics.error('WL1311', this.source.span(start, end), message, hint);
  }
}
