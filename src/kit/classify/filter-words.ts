/** Words of the IP filter language, each with its place in the text, and the error that points at one. */
import type { ParseError } from '../config.js';

export interface Word {
  readonly text: string;
  /** Characters from the start of the rule's text. */
  readonly offset: number;
}

/** A mistake in a filter: caught where the text is read, and told with its place. */
export class FilterError extends Error {
  constructor(
    message: string,
    readonly offset: number,
    readonly length: number,
    readonly hint?: string,
    /** What Click says of it. */
    readonly click?: string,
  ) {
    super(message);
  }

  static at({ text, offset }: Word, message: string, hint?: string, click?: string): FilterError {
    return new FilterError(message, offset, text.length, hint, click);
  }

  /** `clicks`: what Click says of it and of what it finds after it. */
  asParseError(clicks: readonly string[] = this.click === undefined ? [] : [this.click]): ParseError {
    return { error: this.message, place: { offset: this.offset, length: Math.max(1, this.length) }, hint: this.hint, ...(clicks.length > 0 && { click: clicks.map((click) => `pattern %i: ${click}`).join('\n') }) };
  }
}

/** Something suspicious in a filter, as Click's drivers put it, too. */
export interface FilterWarning {
  readonly message: string;
  readonly click: string;
  /** Whether it is of interest only to who comes from Click. */
  readonly clickOnly?: true;
}

/** What is found in a filter while it is read: reading goes on behind it, as Click's does. */
export class Findings {
  private readonly errors: FilterError[] = [];
  /** What Click says, in its order. */
  private readonly clicks: string[] = [];
  readonly warnings: FilterWarning[] = [];

  wrong(error: FilterError): void {
    this.errors.push(error);
    if (error.click !== undefined) this.clicks.push(error.click);
  }

  warn(warning: FilterWarning): void {
    this.warnings.push(warning);
    this.clicks.push(`warning: ${warning.click}`);
  }

  /** Throws all that was found, if an error is among it. */
  throwIfWrong(): void {
    if (this.errors.length > 0) throw new WrongFilter(this.errors[0]!, this.clicks);
  }
}

/** All that is wrong with a filter; the first of it is told, and to Click's users all. */
export class WrongFilter extends Error {
  constructor(
    private readonly first: FilterError,
    private readonly clicks: readonly string[],
  ) {
    super(first.message);
  }

  asParseError(): ParseError {
    return this.first.asParseError(this.clicks);
  }
}

/** Longest text of one rule, in characters. */
export const RULE_CHARACTERS_MAX = 65_536;

/** A word, an operator of two characters, or any other single character (which then has no meaning). */
const WORD = /\s+|([\w./@:-]+|&&|\|\||[<>!=]=|[^\s])/gy;

export function wordsOf(text: string): Word[] {
  if (text.length > RULE_CHARACTERS_MAX) {
    throw new FilterError(`a rule has at most ${RULE_CHARACTERS_MAX} characters, this one ${text.length}`, 0, 1);
  }
  const words: Word[] = [];
  for (const match of text.matchAll(WORD)) {
    if (match[1] !== undefined) words.push({ text: match[1], offset: match.index });
  }
  return words;
}

/** The words of one rule, read from left to right. */
export class WordReader {
  private index = 0;

  constructor(
    private readonly words: readonly Word[],
    private readonly textLength: number,
  ) {}

  /** The word `ahead` of the next one, or undefined at the end. */
  peek(ahead = 0): string | undefined {
    return this.words[this.index + ahead]?.text;
  }

  /** The next word as a place; at the end, the place behind the last one. */
  here(): Word {
    return this.words[this.index] ?? { text: '', offset: this.textLength };
  }

  /** The word behind the next one, if there is one. */
  after(): Word | undefined {
    return this.words[this.index + 1];
  }

  next(): Word {
    const word = this.here();
    this.index += 1;
    return word;
  }

  /** Takes the next word if it is one of these. */
  take(...texts: readonly string[]): boolean {
    const found = this.index < this.words.length && texts.includes(this.peek()!);
    if (found) this.index += 1;
    return found;
  }

  get position(): number {
    return this.index;
  }

  /** Whether the next word is the last one. */
  get atLast(): boolean {
    return this.index === this.words.length - 1;
  }

  /** The next word, if it is also the last one. */
  get alone(): string | undefined {
    return this.atLast ? this.peek() : undefined;
  }

  get atEnd(): boolean {
    return this.index >= this.words.length;
  }

  /** From a word taken before to the last word taken. */
  since(first: Word): Word {
    const last = this.words[this.index - 1] ?? first;
    return { offset: first.offset, text: ' '.repeat(Math.max(first.text.length, last.offset + last.text.length - first.offset)) };
  }
}
