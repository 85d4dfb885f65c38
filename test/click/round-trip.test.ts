/**
 * A configuration that `import` makes a YAML graph of, and `export` a configuration again, is the same one: equal when its compounds are taken apart. Shown
 * by all configurations of configs/click, and by those of all cases.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { Diagnostics, formatDiagnostic } from '#src/diagnostics.js';
import { exportClick } from '#src/graph/export-click.js';
import { flatten } from '#src/graph/flatten.js';
import { importClick } from '#src/graph/import-click.js';
import { tryLoadGraph } from '#src/graph/load.js';
import { packageRoot } from '#src/package-root.js';
import { cases } from './cases.js';

/** Less would say that configurations are skipped that should not be. */
const SHOWN_MIN = 150;
const NONE: ReadonlyMap<string, string> = new Map();
const folder = path.join(packageRoot, 'configs/click');
const place = mkdtempSync(path.join(tmpdir(), 'wirelet-round-trip-'));
t.teardown(() => rmSync(place, { recursive: true, force: true }));
t.setTimeout(300_000);

interface Written {
  readonly name: string;
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
}

const written: Written[] = [
  ...readdirSync(folder).filter((name) => name.endsWith('.click')).map((name) => ({ name, text: readFileSync(path.join(folder, name), 'utf8'), files: {} })),
  ...cases.filter(({ given }) => given.config !== undefined).map(({ name, given }) => ({ name, text: given.config!, files: given.files ?? {} })),
];

/** The graph of a file, and its flat text; undefined where the file is wrong. A graph in YAML does not name the packages of Click that it needs. */
async function read(file: string) {
  const { graph, checked, diagnostics } = await tryLoadGraph(file);
  if (graph === undefined || checked === undefined) return { problems: diagnostics.map(formatDiagnostic) };
  const flat = await flatten(graph, NONE, new Diagnostics());
  return { graph, checked, open: diagnostics.some(({ code }) => code === 'WL1202'), text: flat?.text.replace(/^require\(.*\);\n\n/, '') };
}

let shown = 0;
for (const { name, text, files } of written) {
  t.test(name, async (t) => {
    const home = path.join(place, name);
    mkdirSync(home);
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
      writeFileSync(path.join(home, file), content);
    }
    const [original, graph, again] = ['original.click', 'graph.yaml', 'again.click'].map((file) => path.join(home, file)) as [string, string, string];
    writeFileSync(original, text);
    const first = await read(original);
    // A graph in YAML names all its parameters, also those that are given on the command line.
    if (first.graph === undefined || first.checked === undefined || first.open) return;
    shown += 1;
    writeFileSync(graph, importClick(first.graph, first.checked, 'graph'));
    const second = await read(graph);
    t.equal(second.problems, undefined, `${name}: what import makes is right`);
    if (second.graph === undefined) return;
    t.equal(second.text, first.text, `${name}: what import makes is the same`);
    writeFileSync(again, await exportClick(second.graph, second.checked, NONE, new Diagnostics()));
    const third = await read(again);
    t.equal(third.problems, undefined, `${name}: what export makes is right`);
    t.equal(third.text, first.text, `${name}: what export makes is the same`);
  });
}

t.test('most configurations are shown', async (t) => {
  if (process.env.WIRELET_CASE === undefined) t.ok(shown >= SHOWN_MIN, `${shown} of ${written.length}`);
});
