/** OpenFlowAgent by scripts of messages (script.ts says how they are written), in Node; and the compiled agent does the same, in bad hands, too. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { Dice } from '../differential/element-fuzz.js';
import { CompiledGraph, COMPILERS, difference, runInNode, type InputFrame } from '../differential/replay.js';
import { agentGraph, inBadHands, play, START_NS } from './bench.js';
import { readScript } from './script.js';

const FOLDER = path.join(packageRoot, 'test/openflow/scripts');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.of') && file.includes(process.env.WIRELET_OPENFLOW_SCRIPT ?? ''));
const SEEDS = [1, 2, 3, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];
const played: { file: string; input: InputFrame[] }[] = [];

await t.test('the switch says what the scripts say (WIRELET_OPENFLOW_SCRIPT=NAME runs those with it in their name)', async (t) => {
  t.ok(files.length > 0, 'there are scripts');
  for (const file of files) {
    const script = readScript(file, readFileSync(path.join(FOLDER, file), 'utf8'));
    const { problems, input } = play(await agentGraph(script), script);
    t.equal(problems.join('\n'), '', `${file.replace(/\.of$/, '').replaceAll('-', ' ')}: test/openflow/scripts/${file}`);
    if (script.agent === '' && script.flows === '') played.push({ file, input });
  }
});

await t.test(`the compiled switch does the same, in bad hands, too (WIRELET_SEED=${SEEDS.at(-1)})`, { skip: played.length === 0 ? 'no script without arguments was chosen' : false }, async (t) => {
  const graph = await agentGraph({ agent: '', flows: '', lines: [] });
  const compiled = await CompiledGraph.of(graph);
  try {
    await compiled.compile(COMPILERS[0]!);
    for (const { file, input } of played) {
      const wrong = (frames: InputFrame[]) => difference(runInNode(graph, frames, START_NS), compiled.run(COMPILERS[0]!, frames, START_NS));
      t.equal(wrong(input), undefined, file);
      const found = SEEDS.flatMap((seed) => {
        const what = wrong(inBadHands(input, new Dice(seed)));
        return what === undefined ? [] : [`seed ${seed}: ${what}`];
      });
      t.equal(found.join('\n'), '', `${file}, changed`);
    }
  } finally {
    compiled.dispose();
  }
});
