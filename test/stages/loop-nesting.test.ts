/** Loops within loops are lowered in a time that grows with their number, not by a factor for each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { lower } from '#src/compile/lower.js';
import { plan } from '#src/plan/plan.js';
import { fanGraph } from '../differential/graph-of.js';
import { loadElement } from '../differential/load-element.js';
import { CompiledGraph, COMPILERS, difference, runInNode } from '../differential/replay.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-nesting-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** Loops whose bounds and variables depend on each other. */
function nested(name: string, depth: number, limit: number): string {
  let body = 'sum = u32(sum + state.cells[(a0 + v) & 15]); v = v > 9 ? 0 : v + 1;';
  for (let level = depth - 1; level >= 0; level -= 1) {
    body = `for (let a${level} = 0; a${level} < packet.length; a${level} += 1) { if (a${level} > ${limit}) break; let w${level} = v; ${body} w${level} = Math.min(w${level} + 1, 30); v = w${level}; }`;
  }
  return `/** Nested. */
import { array, defineElement, push, u32 } from 'wirelet';
export default defineElement({
  name: '${name}', ports: { inputs: { in: push('Packets.') }, outputs: { out: push('Packets.') } }, state: { cells: array('u16', 16, 9) },
  process(packet, { state, outputs }) { let sum: u32 = 0; let v: number = 0; ${body} state.cells[3] = sum & 0xffff; packet.storeU16(0, sum & 0xffff); return outputs.out; },
});
`;
}

async function graphOf(name: string, depth: number, limit: number) {
  const file = path.join(folder, `${name}.ts`);
  writeFileSync(file, nested(name, depth, limit));
  return fanGraph([{ name, class: await loadElement(file), file, outputs: 1 }]);
}

t.test('six loops within each other are lowered in seconds, not in hours', { timeout: 120_000 }, async (t) => {
  const graph = await graphOf('NestedSix', 6, 40);
  const begin = performance.now();
  await lower(plan(graph));
  const seconds = (performance.now() - begin) / 1000;
  t.ok(seconds < 20, `it took ${seconds.toFixed(1)} s; it was 0.2 s on an idle machine`);
});

t.test('what is proved of nested loops holds in C as in Node', { timeout: 120_000 }, async (t) => {
  const graph = await graphOf('NestedFour', 4, 4);
  const frames = [1, 2, 3, 60].map((length, index) => ({ clock: BigInt(index), interface: 0, bytes: Uint8Array.from({ length: Math.max(2, length) }, (_, at) => at) }));
  const compiled = await CompiledGraph.of(graph);
  t.teardown(() => compiled.dispose());
  t.equal(difference(runInNode(graph, frames, 0n), compiled.run(COMPILERS[0]!, frames, 0n)), undefined);
});
