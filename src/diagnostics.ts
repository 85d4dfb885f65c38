/**
 * Every message for people: a code, a place, what is wrong and what to write instead. Stages collect
 * diagnostics and go on, so that one run shows them all.
 */

/** A text that positions refer to: a graph file, a rule file, an element's source. */
export class SourceText {
  private readonly lineStarts: number[];

  constructor(
    /** As the user named it; for messages. */
    readonly file: string,
    readonly text: string,
    /** The text that it is a part of under another name, and what its offsets are ahead of those there. */
    private readonly part?: { readonly of: SourceText; readonly ahead: number },
  ) {
    this.lineStarts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.lineStarts.push(at + 1);
  }

  /** Line and column of an offset, both from 1; columns count characters (UTF-16 units). */
  position(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.lineStarts[low]! + 1 };
  }

  /** Where an offset is in the text that was read. */
  origin(offset: number): { readonly source: SourceText; readonly offset: number } {
    return this.part === undefined ? { source: this, offset } : { source: this.part.of, offset: offset - this.part.ahead };
  }

  /** The text of a line (from 1), without its end. */
  line(number: number): string {
    const start = this.lineStarts[number - 1];
    if (start === undefined) return '';
    const end = this.lineStarts[number];
    return this.text.slice(start, end === undefined ? undefined : end - 1).replace(/\r$/, '');
  }

  get lineCount(): number {
    return this.lineStarts.length;
  }

  /** Cut to the text: what is missing at the end of a file is missing at its end. */
  span(start: number, end: number = start): Span {
    const inside = (offset: number) => Math.min(Math.max(offset, 0), this.text.length);
    return { source: this, start: inside(start), end: Math.max(inside(start), inside(end)) };
  }
}

/** A stretch of a source: offsets, the end not included. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

export type Severity = 'error' | 'warning';

export interface Diagnostic {
  /** `WL` and four digits; docs/errors.md lists them. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to write or do instead. */
  readonly hint?: string;
  readonly span?: Span;
  /** Other places that have to do with it. */
  readonly related?: readonly { readonly message: string; readonly span: Span }[];
  /** The same as Click's driver says it, where it says it in another way. */
  readonly click?: ClickWords;
}

export interface ClickWords {
  readonly text: string;
  /** The element, as `name :: Class`, during whose configuration it was found out. */
  readonly configuring?: string;
  /** Whether it was while the element was initialized. */
  readonly initializing?: boolean;
  /** The place that Click names, if another one. */
  readonly span?: Span;
  /** What belongs to it and has places of its own. */
  readonly notes?: readonly { readonly text: string; readonly span: Span }[];
  /** What Click says of the same mistake further on. */
  readonly more?: readonly ClickWords[];
}

/** A diagnostic as `--json` prints it. */
export interface DiagnosticJson {
  code: string;
  severity: Severity;
  message: string;
  hint: string | null;
  file: string | null;
  line: number | null;
  column: number | null;
}

/** Collects what a stage has to say. */
export class Diagnostics {
  readonly list: Diagnostic[] = [];
  private readonly said = new Set<string>();

  error(code: string, span: Span | undefined, message: string, hint?: string, related?: Diagnostic['related'], click?: ClickWords): void {
    this.add({ code, severity: 'error', message, hint, span, related, click });
  }

  warning(code: string, span: Span | undefined, message: string, hint?: string, click?: ClickWords): void {
    this.add({ code, severity: 'warning', message, hint, span, click });
  }

  /** The same thing about the same place is said once. */
  add(diagnostic: Diagnostic): void {
    const { code, message, span } = diagnostic;
    const key = `${code} ${span === undefined ? '' : `${span.source.file}:${span.start}:${span.end}`} ${message}`;
    if (this.said.has(key)) return;
    this.said.add(key);
    this.list.push(diagnostic);
  }

  get errors(): number {
    return this.list.filter(({ severity }) => severity === 'error').length;
  }

  get failed(): boolean {
    return this.list.some(({ severity }) => severity === 'error');
  }

  /** Throws everything collected if there is an error among it. */
  throwIfFailed(): void {
    if (this.failed) throw new DiagnosticError(this.list);
  }
}

/** The way a stage fails on a user's mistake: with diagnostics, never with a stack trace. */
export class DiagnosticError extends Error {
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n'));
    this.name = 'DiagnosticError';
  }
}

/** One error without a place in a file. */
export function failure(code: string, message: string, hint?: string): DiagnosticError {
  return new DiagnosticError([{ code, severity: 'error', message, hint }]);
}

export function toJson(diagnostic: Diagnostic): DiagnosticJson {
  const { code, severity, message, hint, span } = diagnostic;
  const position = span?.source.position(span.start);
  return {
    code,
    severity,
    message,
    hint: hint === undefined || hint === '' ? null : hint,
    file: span?.source.file ?? null,
    line: position?.line ?? null,
    column: position?.column ?? null,
  };
}

/** `WL1207 nat.yaml:9:14 error: message`, a code frame, and the hint. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { code, severity, message, hint, span, related = [] } = diagnostic;
  const parts = [`${code} ${span === undefined ? '' : `${placeOf(span)} `}${severity}: ${message}`];
  if (span !== undefined) parts.push(frameOf(span));
  for (const other of related) parts.push(`  ${placeOf(other.span)} ${other.message}`, frameOf(other.span));
  if (hint !== undefined && hint !== '') parts.push(`  hint: ${hint}`);
  return parts.join('\n');
}

export function placeOf(span: Span): string {
  const { line, column } = span.source.position(span.start);
  return `${span.source.file}:${line}:${column}`;
}

/** Columns of a line that a frame shows; of a longer one, those around the mark, so many of them before it. */
const FRAME_COLUMNS = 160;
const COLUMNS_BEFORE = 60;

/** The line of a span with one before it, and a caret line under the span. */
export function frameOf(span: Span): string {
  const { source, start, end } = span;
  const { line, column } = source.position(start);
  const width = String(line).length;
  const text = source.line(line);
  const before = expandTabs(text.slice(0, column - 1)).length;
  const marked = Math.max(1, Math.min(end - start, text.length - column + 1));
  const from = expandTabs(text).length <= FRAME_COLUMNS ? 0 : Math.max(0, before - COLUMNS_BEFORE);
  const row = (number: number) => `  ${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${columnsOf(expandTabs(source.line(number)), from)}`;
  const rows = line === 1 ? [row(1)] : [row(line - 1), row(line)];
  return [...rows, `    ${' '.repeat(width)} | ${(' '.repeat(before) + '^'.repeat(marked)).slice(from, from + FRAME_COLUMNS)}`].join('\n');
}

/** A line from a column on; what is left out is told by an ellipsis in its place. */
function columnsOf(text: string, from: number): string {
  const shown = text.slice(from, from + FRAME_COLUMNS);
  const first = from > 0 && shown !== '' ? `…${shown.slice(1)}` : shown;
  return text.length > from + FRAME_COLUMNS ? `${first.slice(0, -1)}…` : first;
}

function expandTabs(text: string): string {
  return text.replaceAll('\t', '    ');
}
