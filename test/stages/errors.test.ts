/**
 * Every mistake that a graph can have is told as test/errors/expected.json says: code and place, all at once.
 * WIRELET_UPDATE=1 rewrites that file; read what changed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { CODES } from '#src/codes.js';
import { formatDiagnostic, toJson } from '#src/diagnostics.js';
import { tryLoadGraph } from '#src/graph/load.js';
import { packageRoot } from '#src/package-root.js';

const folder = path.join(packageRoot, 'test/errors');
const expectedFile = path.join(folder, 'expected.json');
const files = readdirSync(folder).filter((file) => /^WL\d{4}-/.test(file)).sort();

/** Codes of graphs without a file here, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  WL1000: 'missing.yaml below',
  WL1001: 'missing.txt below',
  WL1002: 'binary.yaml needs bytes that are not text',
  WL1200: '--set below',
};

const found: Record<string, string[]> = {};
for (const file of files) {
  const { diagnostics, checked } = await tryLoadGraph(path.join(folder, file));
  found[file] = diagnostics.map((diagnostic) => {
    const { code, severity, line, column } = toJson(diagnostic);
    return `${code} ${severity} ${line}:${column}`;
  });
  t.test(`${file} is told with its place`, (t) => {
    const code = file.slice(0, 6);
    t.ok(diagnostics.some((diagnostic) => diagnostic.code === code), `there is a ${code} among ${found[file]!.join(', ')}`);
    t.equal(checked === undefined, diagnostics.some(({ severity }) => severity === 'error'), 'errors, and only errors, refuse the graph');
    for (const diagnostic of diagnostics) {
      const text = formatDiagnostic(diagnostic);
      t.match(text, /^ *> +\d+ \| /m, `the line is shown:\n${text}`);
      t.notMatch(text, /\n\s+at .*\(|\bundefined\b(?!-)|\[object/, 'no insides of the program are shown');
      t.ok(Object.hasOwn(CODES, diagnostic.code), `${diagnostic.code} is listed`);
    }
    t.end();
  });
}
if (process.env.WIRELET_UPDATE === '1') writeFileSync(expectedFile, `${JSON.stringify(found, null, 2)}\n`);
t.same(found, JSON.parse(readFileSync(expectedFile, 'utf8')), 'codes and places are those of test/errors/expected.json');

t.test('files that are no graphs are told, too', async (t) => {
  const codes = async (file: string) => (await tryLoadGraph(path.join(folder, file))).diagnostics.map(({ code }) => code);
  t.same(await codes('missing.yaml'), ['WL1000']);
  t.same(await codes('missing.txt'), ['WL1001']);
});

t.test('--set of a parameter that the graph does not have is told', async (t) => {
  const { diagnostics } = await tryLoadGraph(path.join(packageRoot, 'configs/firewall.yaml'), { set: { polcy: 'x' } });
  t.same(diagnostics.map(({ code }) => code), ['WL1200']);
});

t.test('every code of graphs has a file', (t) => {
  const covered = new Set([...files.map((file) => file.slice(0, 6)), ...Object.keys(ELSEWHERE)]);
  const missing = Object.keys(CODES).filter((code) => code < 'WL1390' && code < 'WL2000' && !covered.has(code));
  t.same(missing, [], 'codes without a file');
  t.end();
});
