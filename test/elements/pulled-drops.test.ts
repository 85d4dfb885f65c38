/** Packets behind ones that were dropped while they were pulled do not stay where they are. */
import t from 'tap';
import { CompiledGraph, COMPILERS, difference, runInNode } from '../differential/replay.js';
import { clickGraph } from './click-graph.js';

const START = 1_000_000_000_000_000_000n;
const ways = {
  'an agnostic element drops all of them': 'RandomSample(DROP 1)',
  'an agnostic element sends all of them elsewhere': 'c :: CheckLength(0)',
  'an access behind the end drops all of them': 'Strip(100)',
  'an element that pulls drops them': 'RED(0, 0, 1, STABILITY 0, GENTLE false)',
};

for (const [how, element] of Object.entries(ways)) {
  t.test(`a queue runs empty where ${how}`, async (t) => {
    const elsewhere = element.startsWith('c ::') ? 'c[1] -> Discard;' : '';
    const graph = await clickGraph(`InfiniteSource(DATA AAAA, LIMIT 199, BURST 199) -> q :: Queue(200) -> ${element} -> ToDevice(out0); ${elsewhere}`);
    const steps = [{ clock: START }];
    const node = runInNode(graph, steps, START);
    const queue = node.counts.find((line) => line.startsWith('q:'));
    t.match(queue, /out 199\/0/, 'all packets have left the queue');
    t.match(node.steps[0], /^0 /, 'no work is left');
    const compiled = await CompiledGraph.of(graph);
    try {
      t.equal(difference(node, compiled.run(COMPILERS[0]!, steps, START)), undefined, 'as C');
    } finally {
      compiled.dispose();
    }
  });
}
