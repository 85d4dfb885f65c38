/**
 * JSON (RFC 8259) with the place of every value. Reports what is wrong in terms of JSON: what people
 * write by habit from JavaScript or YAML is named, and reading goes on after it.
 */
import type { Diagnostics, SourceText, Span } from '../diagnostics.js';
import type { DocumentNode, ListNode, MapEntry, MapNode, ScalarNode } from './document.js';
import type { Located } from './graph.js';
import { alignText, PlacedText } from './placed-text.js';

/** Deeper nesting is refused, so that no file can exhaust the stack. */
const DEPTH_MAX = 200;

/** The tree of a JSON text; undefined, with a diagnostic, when nothing sensible can be made of it. */
export function parseJson(source: SourceText, diagnostics: Diagnostics): DocumentNode | undefined {
  const parser = new JsonParser(source, diagnostics);
  try {
    return parser.document();
  } catch (error) {
    if (error instanceof Stop) return undefined;
    throw error;
  }
}

/** Ends the parse: going on would only report the same mistake again. */
class Stop extends Error {}

class JsonParser {
  private at = 0;
  private depth = 0;
  private readonly text: string;

  constructor(
    private readonly source: SourceText,
    private readonly diagnostics: Diagnostics,
  ) {
    this.text = source.text;
  }

  document(): DocumentNode {
    this.blank();
    if (this.at >= this.text.length) this.stop(this.here(), 'the file is empty', 'A graph file is a map: { "graph": [ ... ] }');
    const value = this.value();
    this.blank();
    if (this.at < this.text.length) this.stop(this.here(1), 'there is something after the end of the JSON value');
    return value;
  }

  private value(): DocumentNode {
    this.depth += 1;
    if (this.depth > DEPTH_MAX) this.stop(this.here(1), `values are nested deeper than ${DEPTH_MAX}`);
    const node = this.valueAt(this.text[this.at]);
    this.depth -= 1;
    return node;
  }

  private valueAt(char: string | undefined): DocumentNode {
    if (char === '{') return this.map();
    if (char === '[') return this.list();
    if (char === '"') return this.string();
    if (char === "'") return this.singleQuoted();
    if (char === undefined) this.stop(this.here(), 'the file ends where a value was expected');
    return this.word();
  }

  private map(): MapNode {
    const start = this.at;
    const entries: MapEntry[] = [];
    this.at += 1;
    this.each('}', start, () => {
      const key = this.key();
      this.blank();
      if (this.text[this.at] !== ':') this.stop(this.here(1), `expected ":" after the key "${key.value}"`);
      this.at += 1;
      this.blank();
      const value = this.value();
      const earlier = entries.find((entry) => entry.key.value === key.value);
      if (earlier !== undefined) {
        this.diagnostics.error('WL1012', key.span, `the key "${key.value}" is given twice in this object`, undefined, [
          { message: 'first given here', span: earlier.key.span },
        ]);
      } else {
        entries.push({ key, value });
      }
    });
    return { kind: 'map', entries, span: this.source.span(start, this.at) };
  }

  private list(): ListNode {
    const start = this.at;
    const items: DocumentNode[] = [];
    this.at += 1;
    this.each(']', start, () => items.push(this.value()));
    return { kind: 'list', items, span: this.source.span(start, this.at) };
  }

  /** The members between brackets, commas between them. */
  private each(close: string, start: number, member: () => void): void {
    this.blank();
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      member();
      const end = this.at;
      this.blank();
      const char = this.text[this.at];
      if (char === close) break;
      if (char === undefined) this.unclosed(start, close);
      if (char !== ',') this.stop(this.source.span(end, end + 1), `expected "," or "${close}"`, 'Members are separated by commas.');
      const comma = this.at;
      this.at += 1;
      this.blank();
      if (this.text[this.at] === close) {
        this.error(this.source.span(comma, comma + 1), 'JSON has no comma after the last member', 'Leave the comma out.');
        break;
      }
      if (this.at >= this.text.length) this.unclosed(start, close);
    }
    this.at += 1;
  }

  private unclosed(start: number, close: string): never {
    return this.stop(this.source.span(start, start + 1), `this "${this.text[start]}" has no "${close}"`);
  }

  private key(): Located<string> {
    const char = this.text[this.at];
    if (char === '"') {
      const node = this.string();
      return { value: node.value as string, span: node.span };
    }
    const word = /^[^\s:,{}[\]"']+/.exec(this.text.slice(this.at, this.at + 200))?.[0];
    if (char === "'") {
      const node = this.singleQuoted();
      return { value: node.value as string, span: node.span };
    }
    if (word === undefined) this.stop(this.here(1), 'expected a key in double quotes');
    const span = this.here(word.length);
    this.error(span, `keys of JSON stand in double quotes: "${word}"`);
    this.at += word.length;
    return { value: word, span };
  }

  private string(): ScalarNode {
    const start = this.at;
    const pattern = /"(?:[^"\\\n\r]|\\[^\n\r])*"/y;
    pattern.lastIndex = start;
    const match = pattern.exec(this.text);
    if (match === null) this.stop(this.here(1), 'this text has no closing double quote on its line', 'Write a line break as \\n.');
    this.at = pattern.lastIndex;
    const span = this.source.span(start, this.at);
    return this.scalar(this.decode(match[0], span), match[0], span);
  }

  private decode(raw: string, span: Span): string {
    try {
      // Tabs and the like are not allowed raw, but do no harm.
      return JSON.parse(raw.replace(/[\u0000-\u001f]/g, (char) => JSON.stringify(char).slice(1, -1))) as string;
    } catch {
      const wrong = /\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(raw.replaceAll('\\\\', '__'));
      const at = span.start + (wrong?.index ?? 0);
      this.error(this.source.span(at, at + 2), 'this is not an escape that JSON has', 'Write a backslash as \\\\.');
      return raw.slice(1, -1);
    }
  }

  private singleQuoted(): ScalarNode {
    const match = /^'((?:[^'\\\n]|\\.)*)'/.exec(this.text.slice(this.at));
    if (match === null) this.stop(this.here(1), 'texts of JSON stand in double quotes');
    const span = this.here(match[0].length);
    this.error(span, 'texts of JSON stand in double quotes, not single ones', `Write ${JSON.stringify(match[1])}.`);
    this.at += match[0].length;
    return this.scalar(match[1]!, match[0], span);
  }

  private word(): ScalarNode {
    const word = /^[^\s,:{}[\]"']+/.exec(this.text.slice(this.at, this.at + 400))?.[0];
    if (word === undefined) this.stop(this.here(1), `a value cannot begin with ${JSON.stringify(this.text[this.at])}`);
    const span = this.here(word.length);
    this.at += word.length;
    const constants: Record<string, boolean | null> = { true: true, false: false, null: null };
    if (Object.hasOwn(constants, word)) return this.scalar(constants[word]!, word, span);
    if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word)) return this.scalar(Number(word), word, span);
    const hex = /^[+-]?(0x[0-9a-f_]+|[0-9_]+)$/i.test(word);
    if (hex) this.error(span, `JSON writes numbers in decimal only, without leading zeros: not ${word}`);
    else this.error(span, `${word} is not a JSON value`, `Texts stand in double quotes: ${JSON.stringify(word)}.`);
    return this.scalar(word, word, span);
  }

  private scalar(value: ScalarNode['value'], source: string, span: Span): ScalarNode {
    const placed = () =>
      typeof value === 'string'
        ? alignText(value, this.source, span.start, span.end, true)
        : PlacedText.slice(this.source, span.start, span.end);
    return { kind: 'scalar', value, source, span, placed };
  }

  /** Passes blanks; comments are reported and passed too. */
  private blank(): void {
    for (;;) {
      while (/[\s\ufeff]/.test(this.text[this.at] ?? '')) this.at += 1;
      const comment = /^(\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*)/.exec(this.text.slice(this.at, this.at + 10_000))?.[0];
      if (comment === undefined) return;
      this.error(this.here(comment.length), 'JSON has no comments', 'Remove it, or write the graph in YAML.');
      this.at += comment.length;
    }
  }

  private here(length = 0): Span {
    return this.source.span(this.at, Math.min(this.at + length, this.text.length));
  }

  private error(span: Span, message: string, hint?: string): void {
    this.diagnostics.error('WL1011', span, message, hint);
  }

  private stop(span: Span, message: string, hint?: string): never {
    this.error(span, message, hint);
    throw new Stop();
  }
}
