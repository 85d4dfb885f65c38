/** Every example of every element holds in Node, and compiled C does the same. */
import t from 'tap';
import { allManuals } from '#src/graph/manual.js';
import type { ElementClass } from '#src/kit/index.js';
import { EXAMPLE_START_NS } from '#src/run/examples.js';
import { difference, runInNode } from '../differential/replay.js';
import { CompiledExamples } from './compiled-examples.js';

/** Names of classes with commas between them: to test these alone. */
const only = process.env['WIRELET_TEST_ELEMENTS']?.split(',');
/**
 * The ends of graphs have no examples of their own: every example runs between them. Elements of the control side see no
 * packets (test/click holds them to cases), and Error refuses every graph.
 */
const unseen = (type: ElementClass) => type.definition.device !== undefined || type.definition.control !== undefined || type.name === 'Error';
const manuals = (await allManuals()).filter(({ class: type }) => !unseen(type) && (only?.includes(type.name) ?? true));
const examples = new CompiledExamples(manuals.map((manual) => manual.class));

/** Of the machine's time, for the examples of one class and for all of them: compilers are slow beside others. */
const CLASS_MS = 300_000, ALL_MS = 1_800_000;

t.setTimeout(ALL_MS);
for (const { class: type } of manuals) {
  t.test(`the examples of ${type.name} hold in Node and in C`, { buffered: true, timeout: CLASS_MS }, async (t) => {
    t.ok(type.examples.length > 0, `${type.name} has examples`);
    for (const { title, graph, steps, mismatches, asC } of await examples.of(type)) {
      t.equal(mismatches.join('\n'), '', `${type.name} ${title}`);
      const node = runInNode(graph, steps, EXAMPLE_START_NS);
      t.equal(difference(node, asC()), undefined, `${type.name} ${title}: as C`);
    }
  });
}
