/**
 * The elements for ARP, IPv4 and ICMP do to any frame what the standards say, and the same in C. WIRELET_SEED=N adds
 * a seed.
 */
import t from 'tap';
import type { CheckedGraph } from '#src/graph/graph.js';
import { Engine } from '#src/run/node/engine.js';
import { Dice } from '../differential/element-fuzz.js';
import { CompiledGraph, COMPILERS, difference, runInNode, type InputFrame } from '../differential/replay.js';
import { clickGraph } from './click-graph.js';
import { NET_CASES, type Left, type NetCase } from './net-cases.js';

const START_NS = 1_000_000_000_000_000_000n;
const FRAMES = 2000;
const SEEDS = [1, 2, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];

for (const seed of SEEDS) {
  for (const netCase of NET_CASES) {
    await t.test(`${netCase.title} (WIRELET_SEED=${seed})`, async (t) => {
      const graph = await clickGraph(netCase.graph);
      const dice = new Dice(seed);
      const input = Array.from({ length: FRAMES }, (_, index) => ({
        clock: START_NS + BigInt(index) * 1_000_000n,
        interface: graph.interfaces.findIndex(({ name }) => name === 'in'),
        bytes: netCase.frame(dice),
      }));
      t.equal(firstWrong(netCase, graph, input), undefined);
      t.equal(await differenceInC(graph, input), undefined, 'C does what Node does');
    });
  }
}

/** What is wrong with the first frame that is not treated as it should be. */
function firstWrong(netCase: NetCase, graph: CheckedGraph, input: readonly InputFrame[]): string | undefined {
  let left: Left[] = [];
  let answered = 0;
  const engine = new Engine(graph, {
    seed: 1,
    microseconds: Number(START_NS / 1000n),
    log: () => undefined,
    transmit: (port, frame) => left.push({ output: graph.interfaces[port]!.name, bytes: Buffer.from(frame) }),
  });
  for (const { clock, interface: port, bytes } of input) {
    left = [];
    engine.receive(port!, bytes!, { seconds: 0, nanoseconds: 0 });
    engine.step(Number(clock / 1000n));
    answered += left.filter(({ output }) => output === 'out').length;
    const wrong = netCase.wrong(Buffer.from(bytes!), left);
    if (wrong !== undefined) return `${Buffer.from(bytes!).toString('hex')}:\n${wrong}`;
  }
  // Frames that all end the same way would test nothing.
  return answered < input.length / 50 || answered > input.length * 0.98 ? `${answered} of ${input.length} frames left by out` : undefined;
}

async function differenceInC(graph: CheckedGraph, input: readonly InputFrame[]): Promise<string | undefined> {
  const compiled = await CompiledGraph.of(graph);
  try {
    return difference(runInNode(graph, input, START_NS), compiled.run(COMPILERS[0]!, input, START_NS));
  } finally {
    compiled.dispose();
  }
}
