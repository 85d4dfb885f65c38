/** Diagnostics as Click's driver prints them: `file:line: message`, below a line that says what was being done. */
import type { Diagnostic, Span } from '../../diagnostics.js';

/** What is wrong in Click's words, without its place. */
export function plainMessage({ message, click }: Diagnostic): string {
  return click?.text ?? message;
}

/** Lines for standard error. What was found while the same element was configured stands below one line. */
export function clickMessages(diagnostics: readonly Diagnostic[]): string[] {
  const lines: string[] = [];
  let before: string | undefined;
  for (const diagnostic of diagnostics) {
    const { click, severity, span, related = [] } = diagnostic;
    const place = landmark(click?.span ?? span);
    const text = `${severity === 'warning' ? 'warning: ' : ''}${plainMessage(diagnostic)}`;
    if (click?.configuring === undefined) {
      before = undefined;
      lines.push(`${place}${text}`);
      if (diagnostic.code === 'WL1024') for (const other of related) lines.push(`${landmark(other.span)}element '${textOf(other.span)}' previously declared here`);
      continue;
    }
    const context = `${place}While configuring '${click.configuring}':`;
    if (context !== before) lines.push(context);
    before = context;
    lines.push(text.replace(/^/gm, '  '));
  }
  return lines;
}

function textOf({ source, start, end }: Span): string {
  return source.text.slice(start, end);
}

function landmark(span: Span | undefined): string {
  return span === undefined ? '' : `${span.source.file}:${span.source.position(span.start).line}: `;
}
