/** One file for each mistake in an element's packet path: test/subset/NAME.ts says what is expected of it. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { CODES } from '#src/codes.js';
import { DiagnosticError, toJson } from '#src/diagnostics.js';
import { lower } from '#src/compile/lower.js';
import { packageRoot } from '#src/package-root.js';
import { plan } from '#src/plan/plan.js';
import { loadElement } from '../differential/load-element.js';
import { fanGraph } from '../differential/graph-of.js';

const FOLDER = path.join(packageRoot, 'test/subset');
const seen = new Set<string>();

for (const name of readdirSync(FOLDER).sort()) {
  const file = path.join(FOLDER, name);
  const [, code, place, message] = /^\/\/ expect (WL\d{4})(?: (\d+:\d+) (.*))?\n/.exec(readFileSync(file, 'utf8'))!;
  seen.add(code!);
  await t.test(`${name} is refused with ${code}`, async (t) => {
    const element = await loadElement(file);
    try {
      await lower(plan(fanGraph([{ name: 'it', class: element, file, outputs: 1 }])));
      t.fail('it was accepted');
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      const found = toJson(error.diagnostics[0]!);
      const got = `${found.code} ${found.line}:${found.column} ${found.message}`;
      const wanted = `${code} ${place} ${message}`;
      t.ok(got.startsWith(`${code} ${place ?? ''}`) && found.message.includes(message ?? ''), `expected ${wanted}, got ${got}`);
      t.equal(error.diagnostics.length, 1, 'one mistake has one message');
    }
  });
}

t.test('every code of the compiler has its file', (t) => {
  // TypeScript's own errors and broken examples: test/system/cli.test.ts.
  const codes = Object.keys(CODES).filter((code) => code.startsWith('WL20') && !['WL2018', 'WL2019'].includes(code));
  t.same(codes.filter((code) => !seen.has(code)), []);
  t.end();
});
