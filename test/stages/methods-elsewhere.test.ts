/** Methods of an element that stand in other files: found by the compiler as Node finds them, with the names of their own files. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { fanGraph } from '../differential/graph-of.js';
import { CompiledGraph, COMPILERS, difference, runInNode } from '../differential/replay.js';

const FOLDER = path.join(packageRoot, 'test/methods');
const steps = [0n, 1n, 5_000_000n].map((clock) => ({ clock, interface: 0, bytes: Uint8Array.from([1, 2, 3]) }));

for (const name of readdirSync(FOLDER).filter((file) => file !== 'marking.ts')) {
  await t.test(`${name}: method and timer do in C what they do in Node`, async (t) => {
    const file = path.join(FOLDER, name);
    const { default: element } = await import(`../methods/${name.replace('.ts', '.js')}`);
    const graph = fanGraph([{ name: 'it', class: element, file, outputs: 1 }]);
    const compiled = await CompiledGraph.of(graph);
    t.teardown(() => compiled.dispose());
    const node = runInNode(graph, steps, 0n);
    t.match(JSON.stringify(node), /050203/, 'the packet is marked');
    t.equal(difference(node, compiled.run(COMPILERS[0]!, steps, 0n)), undefined);
  });
}
