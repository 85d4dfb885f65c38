/** Diagnostics as Click's driver prints them: `file:line: message`, below a line that says what was being done. */
import type { Diagnostic, Span } from '../../diagnostics.js';

/**
 * Click finds errors in this order: while it reads, while it puts compounds in place, ports that there are not, push that meets pull, ports used
 * twice, unused inputs, unused outputs, what elements say of their arguments. Codes as in src/codes.ts.
 */
const PHASES: readonly ((diagnostic: Diagnostic) => boolean)[] = [
  (diagnostic) => isReadError(diagnostic) && !isExpandError(diagnostic),
  isExpandError,
  (diagnostic) => ['WL1260', 'WL1261', 'WL1266'].includes(diagnostic.code) && diagnostic.click?.configuring === undefined && !isUnused('(in|out)put', diagnostic),
  ({ code }) => code === 'WL1267',
  ({ code }) => code === 'WL1265',
  ({ code }) => code === 'WL1264',
  (diagnostic) => isUnused('input', diagnostic),
  (diagnostic) => isUnused('output', diagnostic),
  () => true,
];

function isUnused(side: string, diagnostic: Diagnostic): boolean {
  return new RegExp(` ${side} \\d+ unused$`).test(plainMessage(diagnostic));
}

/** Found before there was a router: of ports, only what is no number. */
function isReadError(diagnostic: Diagnostic): boolean {
  return (diagnostic.code < 'WL1240' && diagnostic.click?.configuring === undefined) || diagnostic.click?.text.startsWith('syntax error: ') === true;
}

/** Found when a compound is put in the place of what names it. */
function isExpandError(diagnostic: Diagnostic): boolean {
  if (diagnostic.code === 'WL1024') return diagnostic.click?.notes !== undefined;
  return ['WL1203', 'WL1204', 'WL1205'].includes(diagnostic.code) && !plainMessage(diagnostic).endsWith(' missing');
}

/** Found in the text itself, so that Click makes no router of it. */
function isMisread(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error' && (diagnostic.code < 'WL1200' || (diagnostic.code !== 'WL1220' && isReadError(diagnostic)));
}

/** Errors in Click's order; of one phase, as their elements are declared. Without those that Click, which ends at an earlier one, does not find. */
export function inOrder(found: readonly Diagnostic[]): Diagnostic[] {
  const misread = found.some(isMisread);
  const diagnostics = found.filter((diagnostic) => !misread || isReadError(diagnostic)).flatMap(withConsequences);
  const phase = (diagnostic: Diagnostic) => PHASES.findIndex((holds) => holds(diagnostic));
  const place = ({ span, click }: Diagnostic) => {
    const at = click?.span ?? span;
    return at?.source.origin(at.start);
  };
  const inText = (a: Diagnostic, b: Diagnostic) => {
    const [one, other] = [place(a), place(b)];
    return one !== undefined && one.source === other?.source ? one.offset - other.offset : 0;
  };
  // Elements are initialized only when all of them are configured.
  const begins = !diagnostics.some(({ severity, click }) => severity === 'error' && click?.initializing !== true);
  return diagnostics.filter(({ click }) => begins || click?.initializing !== true).sort((a, b) => phase(a) - phase(b) || inText(a, b));
}

/** Whether some of it says that the router, which was read, could not begin. */
export function foundInRouter(diagnostics: readonly Diagnostic[]): boolean {
  return !diagnostics.some(isMisread) && diagnostics.some((diagnostic) => diagnostic.severity === 'error' && !isReadError(diagnostic));
}

/** Each thing that Click says of a mistake by itself. */
function withConsequences(diagnostic: Diagnostic): Diagnostic[] {
  const { code, severity, click } = diagnostic;
  return [diagnostic, ...(click?.more ?? []).map((words) => ({ code, severity, message: words.text, span: words.span, click: words }))];
}

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
    // Click says nothing of its own about it.
    if (click?.text === '') continue;
    const place = landmark(click?.span ?? span);
    const said = plainMessage(diagnostic);
    const text = severity === 'warning' ? warningText(said) : said;
    if (click?.configuring === undefined) {
      before = undefined;
      lines.push(...text.split('\n').map((line) => `${place}${line}`));
      for (const note of click?.notes ?? []) lines.push(`${landmark(note.span)}${note.text}`);
      if (diagnostic.code === 'WL1024') for (const other of related) lines.push(`${landmark(other.span)}element '${textOf(other.span)}' previously declared here`);
      continue;
    }
    const context = `${place}While ${click.initializing === true ? 'initializing' : 'configuring'} '${click.configuring}':`;
    if (context !== before) lines.push(context);
    before = context;
    lines.push(text.replace(/^/gm, '  '));
  }
  return lines;
}

/** Click puts what a part of an element is called before it: "pattern 1: warning: ...". */
export function warningText(said: string): string {
  return said.includes(': warning: ') ? said : `warning: ${said}`;
}

function textOf({ source, start, end }: Span): string {
  return source.text.slice(start, end);
}

function landmark(span: Span | undefined): string {
  return span === undefined ? '' : `${span.source.file}:${span.source.position(span.start).line}: `;
}
