/**
 * `#line 12 "file"` and `# 12 "file"` lines of a Click file, as preprocessors write them: messages about
 * what follows name that line of that file.
 */
import { SourceText, type Diagnostics } from '../diagnostics.js';
import { PlacedText } from './placed-text.js';

/** Line numbers beyond this are not believed. */
const LINE_MAX = 100_000;

/** The text of a Click file with the places its directives give. */
export function withLineDirectives(source: SourceText, diagnostics: Diagnostics): PlacedText {
  const whole = PlacedText.slice(source);
  if (!/^[ \t]*#/m.test(source.text)) return whole;
  const lines = [...source.text.matchAll(/^[ \t]*#(.*)\n?/gm)].map((match) => ({ match, directive: directiveOf(match[1]!) }));
  const valid = lines.filter(({ directive }) => directive !== undefined);
  const segments = [{ start: 0, source, shift: 0 }];
  let { file } = source;
  for (const [index, { match, directive }] of valid.entries()) {
    const { line, name } = directive!;
    file = name === undefined ? file : name === '' ? source.file : name;
    const start = match.index + match[0].length;
    // Empty lines in front give what follows the line numbers that the directive wants.
    const padding = '\n'.repeat(line - 1);
    const shift = padding.length - start;
    const renamed = new SourceText(file, padding + source.text.slice(start, valid[index + 1]?.match.index), { of: source, ahead: shift });
    segments.push({ start, source: renamed, shift });
  }
  const placed = whole.withSegments(segments);
  for (const { match, directive } of lines) {
    if (directive !== undefined) continue;
    const message = 'a line that begins with "#" is a directive: #line NUMBER "FILE"';
    const span = placed.span(match.index, match.index + match[0].trimEnd().length);
    diagnostics.error('WL1054', span, message, 'A comment begins with //.', undefined, { text: 'unknown preprocessor directive' });
  }
  return placed;
}

/** What stands behind the `#`; undefined: it is no directive. An empty name is that of the file itself. */
function directiveOf(text: string): { line: number; name?: string } | undefined {
  const match = /^(?:[ \t]*line[ \t])?[ \t]*(\d+)[ \t]*(?:"([^"]*)")?/.exec(text);
  const line = Number(match?.[1]);
  return match === null || line < 1 || line > LINE_MAX ? undefined : { line, name: match[2] };
}
