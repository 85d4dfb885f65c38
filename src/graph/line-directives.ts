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
  const segments = [{ start: 0, source, shift: 0 }];
  let file = source.file;
  const matches = [...source.text.matchAll(/^[ \t]*#(.*)\n?/gm)];
  for (const [index, match] of matches.entries()) {
    const directive = /^(?:line)?[ \t]+(\d+)(?:[ \t]+"([^"]*)")?/.exec(match[1]!);
    const line = Number(directive?.[1]);
    if (directive === null || line < 1 || line > LINE_MAX) {
      const span = source.span(match.index, match.index + match[0].trimEnd().length);
      const message = 'a line that begins with "#" is a directive: #line NUMBER "FILE"';
      diagnostics.error('WL1054', span, message, 'A comment begins with //.', undefined, { text: 'unknown preprocessor directive' });
      continue;
    }
    file = directive[2] ?? file;
    const start = match.index + match[0].length;
    // Empty lines in front give what follows the line numbers that the directive wants.
    const padding = '\n'.repeat(line - 1);
    const renamed = new SourceText(file, padding + source.text.slice(start, matches[index + 1]?.index));
    segments.push({ start, source: renamed, shift: padding.length - start });
  }
  return whole.withSegments(segments);
}
