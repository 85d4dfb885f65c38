/** In large graphs what is inlined into one function is bounded: packets that are handed on by calls fare as in Node. */
import t from 'tap';
import { lower } from '#src/compile/lower.js';
import { plan } from '#src/plan/plan.js';
import { clickGraph } from '../elements/click-graph.js';
import { CompiledGraph, COMPILERS, difference, runInNode, type Compiler } from './replay.js';

/** Elements of all kinds of ways on: counted, marked, rewritten, chosen from. */
const MIXED = [() => 'Counter', (index: number) => `Paint(${index % 256})`, () => 'MarkIPHeader(14)', (index: number) => `SetIPDSCP(${index % 64})`, (index: number) => `Classifier(${index % 12}/ee, -)[1]`, () => 'DecIPTTL'];
const SIZE = 900;

function chain(): string {
  const names = Array.from({ length: SIZE }, (_, index) => ({ name: `e${index}`, class: MIXED[index % MIXED.length]!(index) }));
  const words = names.map(({ name, class: type }) => `${name} :: ${type}`);
  const aside = names.filter(({ class: type }) => type.startsWith('Classifier')).map(({ name }) => `${name}[0] -> away;`);
  return `FromDevice(in) -> ${words.join(' -> ')} -> ToDevice(out); away :: Discard; ${aside.join(' ')}`;
}

t.test(`${SIZE} mixed elements do the same in Node and C`, { skip: COMPILERS.length === 0 ? 'no C compiler found: install gcc or clang' : false, timeout: 240_000 }, async (t) => {
  const graph = await clickGraph(chain());
  const { facts } = await lower(plan(graph), { places: false });
  t.ok(facts.called.size > 20, `${facts.called.size} functions are called`);
  const frames = [200, 151, 149, 3, 255].map((ttl, index) => {
    const bytes = new Uint8Array(60).fill(index);
    bytes.set([8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, ttl, 17], 12);
    if (index === 4) bytes[4] = 0xee;
    return { clock: BigInt(index) * 40_000_000n, interface: 0, bytes };
  });
  const compiled = await CompiledGraph.of(graph);
  t.teardown(() => compiled.dispose());
  const fast: Compiler = { ...COMPILERS[0]!, name: `${COMPILERS[0]!.command} -O0`, flags: ['-O0'] };
  const node = runInNode(graph, frames, 0n);
  t.equal(difference(node, compiled.run(fast, frames, 0n)), undefined);
  t.equal(node.frames.length, 2, 'those whose TTL lasts, and that no classifier takes aside, leave');
});
