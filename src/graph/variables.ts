/**
 * `$name`, `${name}` and `${name-default}` in arguments (click(5), "Configuration parameters"): the value
 * takes their place, but not within single quotes.
 */
import type { Diagnostics, Span } from '../diagnostics.js';
import { unquote } from '../kit/quoting.js';
import { hiddenEnd } from './click-lexer.js';
import { suggestion } from '../suggest.js';

/** Values of parameters, those of enclosing compounds further out. */
export class Variables {
  private readonly values = new Map<string, string | undefined>();

  constructor(private readonly outer?: Variables) {}

  /** `value` undefined: the parameter exists, but what is wrong with it was reported before. */
  set(name: string, value: string | undefined): void {
    this.values.set(name, value);
  }

  has(name: string): boolean {
    return this.values.has(name) || (this.outer?.has(name) ?? false);
  }

  get(name: string): string | undefined {
    return this.values.has(name) ? this.values.get(name) : this.outer?.get(name);
  }

  *names(): Iterable<string> {
    yield* this.values.keys();
    if (this.outer !== undefined) yield* this.outer.names();
  }
}

/** Those of `outer`; any other name stays as it is written. */
export class OpenVariables extends Variables {
  constructor(
    outer: Variables,
    /** Whether names that nothing defines mean something later, when the appliance runs. */
    readonly later: boolean,
  ) {
    super(outer);
  }
}

const REFERENCE = /\$(?:(\w+)|\{(\w+)(?:-([^}]*))?\})/y;

/** Whether there may be something to replace. */
export function mentionsVariables(text: string): boolean {
  return text.includes('$');
}

/**
 * The text with values in place of names. Undefined when a name has no value that could be used; a name
 * that is not defined is reported at `span`.
 */
export function substitute(text: string, variables: Variables, span: Span, diagnostics: Diagnostics): string | undefined {
  if (!mentionsVariables(text)) return text;
  let result = '';
  let complete = true;
  for (let at = 0; at < text.length; ) {
    const quoted = text[at] === '"' || text[at] === "'";
    const end = quoted ? hiddenEnd(text, at) : at;
    if (quoted && end > at && text[at] === "'") {
      result += text.slice(at, end);
      at = end;
      continue;
    }
    if (quoted && end > at) {
      const inner = replaceAll(text.slice(at, end), variables, span, diagnostics, escapeForQuotes);
      complete &&= inner !== undefined;
      result += inner ?? '';
      at = end;
      continue;
    }
    const next = nextQuote(text, at + 1);
    const plain = replaceAll(text.slice(at, next), variables, span, diagnostics, (value) => value);
    complete &&= plain !== undefined;
    result += plain ?? '';
    at = next;
  }
  return complete ? result : undefined;
}

function nextQuote(text: string, from: number): number {
  const found = text.slice(from).search(/["']/);
  return found < 0 ? text.length : from + found;
}

/** A value put inside double quotes keeps its meaning: its own quotes go, special characters are escaped. */
function escapeForQuotes(value: string): string {
  return unquote(value).replace(/["\\]/g, '\\$&');
}

function replaceAll(
  text: string,
  variables: Variables,
  span: Span,
  diagnostics: Diagnostics,
  convert: (value: string) => string,
): string | undefined {
  let result = '';
  let complete = true;
  for (let at = 0; at < text.length; ) {
    if (text[at] === '\\' && at + 1 < text.length) {
      // An escaped dollar sign, wherever it stands, is no variable.
      result += text.slice(at, at + 2);
      at += 2;
      continue;
    }
    REFERENCE.lastIndex = at;
    const match = text[at] === '$' ? REFERENCE.exec(text) : null;
    if (match === null) {
      result += text[at];
      at += 1;
      continue;
    }
    const open = variables instanceof OpenVariables && !variables.has((match[1] ?? match[2])!);
    if (open && (variables.later || match[3] === undefined)) {
      if (!variables.later) diagnostics.warning('WL1202', withinSpan(span, match[0]), `nothing defines ${match[0]}, which therefore stays as it is`, undefined, { text: '' });
      result += match[0];
      at += match[0].length;
      continue;
    }
    const value = valueOf(match, variables, span, diagnostics);
    complete &&= value !== undefined;
    result += value === undefined ? '' : convert(value);
    at += match[0].length;
  }
  return complete ? result : undefined;
}

function valueOf(match: RegExpExecArray, variables: Variables, span: Span, diagnostics: Diagnostics): string | undefined {
  const name = (match[1] ?? match[2])!;
  if (variables.has(name)) return variables.get(name);
  if (match[3] !== undefined) return match[3];
  const hint = suggestion(name, variables.names()) ?? `Define it: parameters: { ${name}: ... }. A dollar sign that is meant as such stands in single quotes.`;
  diagnostics.error('WL1202', withinSpan(span, match[0]), `nothing defines $${name}`, hint);
  return undefined;
}

/** The place of `text` within a span, if it stands there as it is. */
function withinSpan(span: Span, text: string): Span {
  const at = span.source.text.slice(span.start, span.end).indexOf(text);
  return at < 0 ? span : { ...span, start: span.start + at, end: span.start + at + text.length };
}
