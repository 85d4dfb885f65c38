/** What is shown of a file beside an error. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { DiagnosticError, frameOf, SourceText } from '#src/diagnostics.js';
import { loadGraph } from '#src/graph/load.js';

const frame = (text: string, at: number, length = 1) => frameOf(new SourceText('a.yaml', text).span(at, at + length)).split('\n');

t.test('a frame shows the line, the one before it, and what is meant', (t) => {
  t.same(frame('one\n\ttwo\nthree', 5, 3), ['    1 | one', '  > 2 |     two', '      |     ^^^']);
  t.same(frame('one', 0, 9), ['  > 1 | one', '      | ^^^'], 'no more is marked than there is');
  t.end();
});

t.test('of a line that no screen shows, a frame shows what lies around the mark', (t) => {
  const text = `${'a'.repeat(5000)}WRONG${'b'.repeat(5000)}`;
  const [line, mark] = frame(text, 5000, 5);
  t.ok(line!.length < 180 && line!.includes('aWRONGb'), line);
  t.match(line, /^ {2}> 1 \| …a+WRONGb+…$/);
  t.equal(mark!.indexOf('^^^^^'), line!.indexOf('WRONG'), 'the mark is below it');
  t.equal(frame(text, 3)[0], `  > 1 | ${'a'.repeat(159)}…`, 'near its begin the line begins where it does');
  t.equal(frame(text, 10_004)[0]!.endsWith('b'), true, 'at its end it ends where it does');
  t.same(frame(`short\n${text}`, 5006, 5)[0], '    1 | ', 'of the line before it, what lies above');
  t.equal(frame(`${'c'.repeat(3000)}`, 0, 3000)[1]!.length < 180, true, 'nor is the mark longer');
  t.end();
});

for (const [what, text] of Object.entries({ 'brackets': `x: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'items': `x:\n${'- '.repeat(20_000)}y`, 'keys': `x: ${'a: '.repeat(20_000)}y`, 'blanks': Array.from({ length: 1000 }, (_, level) => `${' '.repeat(level)}x:`).join('\n') })) {
  t.test(`a file that is nested too deep by ${what} is told to be so, whatever is left of the stack`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-frames-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'deep.yaml');
    writeFileSync(file, `${text}\ngraph: a -> b\n`);
    const error = await loadGraph(file, {}).then(() => undefined, (thrown: unknown) => thrown);
    t.same(error instanceof DiagnosticError && error.diagnostics.map(({ code, message }) => `${code} ${message}`), ['WL1052 lists and maps are nested too deep']);
  });
}
