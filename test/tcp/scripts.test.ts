/** TCPEndpoint by scripts of segments (script.ts says how they are written), in Node; and the compiled endpoint does the same. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { Dice } from '../differential/element-fuzz.js';
import { CompiledGraph, COMPILERS, difference, runInNode, type InputFrame } from '../differential/replay.js';
import { Bench, endpointGraph, START_NS } from './bench.js';
import { hostileInput } from './hostile.js';
import { readScript } from './script.js';

const FOLDER = path.join(packageRoot, 'test/tcp/scripts');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.tcp') && file.includes(process.env.WIRELET_TCP_SCRIPT ?? ''));
const SEEDS = [1, 2, 3, 4, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];
const inputs = new Map<string, { file: string; input: InputFrame[] }[]>();

await t.test('the endpoint does what the scripts say (WIRELET_TCP_SCRIPT=NAME runs those with it in their name)', async (t) => {
  for (const file of files) {
    const script = readScript(file, readFileSync(path.join(FOLDER, file), 'utf8'));
    const bench = new Bench(await endpointGraph(script.config), script);
    t.equal(bench.play().join('\n'), '', `${file.replace(/\.tcp$/, '').replaceAll('-', ' ')}: test/tcp/scripts/${file}`);
    inputs.set(script.config, [...(inputs.get(script.config) ?? []), { file, input: bench.input }]);
  }
});

await t.test(`the compiled endpoint does the same, on a bad network and in bad hands, too (WIRELET_SEED=${SEEDS.at(-1)})`, async (t) => {
  // Each set of arguments is compiled once: those of several scripts.
  for (const [config, played] of inputs) {
    if (played.length < 3 && process.env.WIRELET_TCP_SCRIPT === undefined) continue;
    const graph = await endpointGraph(config);
    const compiled = await CompiledGraph.of(graph);
    try {
      await compiled.compile(COMPILERS[0]!);
      for (const { file, input } of played) {
        const wrong = (frames: InputFrame[]) => {
          const node = runInNode(graph, frames, START_NS);
          const trapped = node.counts.filter((counts) => /short_packet|no_tailroom|no_headroom|bad_header|trap/.test(counts));
          return trapped.length > 0 ? trapped.join('\n') : difference(node, compiled.run(COMPILERS[0]!, frames, START_NS));
        };
        t.equal(wrong(input), undefined, file);
        const found = SEEDS.flatMap((seed) => {
          const what = wrong(hostileInput(input, new Dice(seed)));
          return what === undefined ? [] : [`seed ${seed}: ${what}`];
        });
        t.equal(found.join('\n'), '', `${file}, made hostile`);
      }
    } finally {
      compiled.dispose();
    }
  }
});
