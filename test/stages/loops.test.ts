/** Loops whose first round says more than the others: what is known of it must not be taken for what holds in all. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { EXAMPLE_START_NS, runExamples } from '#src/run/examples.js';
import { loadElement } from '../differential/load-element.js';
import { CompiledGraph, COMPILERS, difference, runInNode } from '../differential/replay.js';

const FOLDER = path.join(packageRoot, 'test/loops');

for (const name of readdirSync(FOLDER).sort()) {
  await t.test(`${name} does the same in Node and in C`, async (t) => {
    const element = await loadElement(path.join(FOLDER, name));
    for (const { title, graph, steps, mismatches } of await runExamples(element, [FOLDER])) {
      t.equal(mismatches.join('\n'), '', title);
      const compiled = await CompiledGraph.of(graph);
      try {
        t.equal(difference(runInNode(graph, steps, EXAMPLE_START_NS), compiled.run(COMPILERS[0]!, steps, EXAMPLE_START_NS)), undefined, `${title}: as C`);
      } finally {
        compiled.dispose();
      }
    }
  });
}
