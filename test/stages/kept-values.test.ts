/** A name, an operand or an argument keeps its value when a variable that it came from is given another one: as in JavaScript. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { Dice } from '../differential/element-fuzz.js';
import { fanGraph, type Member } from '../differential/graph-of.js';
import { loadElement } from '../differential/load-element.js';
import { CompiledGraph, COMPILERS, difference, runInNode, type InputFrame } from '../differential/replay.js';

interface Case {
  readonly says: string;
  readonly body: string;
  readonly functions?: string;
}

const CASES: readonly Case[] = [
  { says: 'an output stays the one that was chosen', body: 'let place = packet.loadU8(0) % 3; const output = outputs[place]!; place = packet.loadU8(1) % 3; return output;' },
  { says: 'an entry of a constant array stays the one that was chosen', body: 'let place = packet.loadU8(0) % 3; const entry = built.entries[place]!; place = packet.loadU8(1) % 3; counters.amount.add(entry.size); return outputs[0]!;' },
  {
    says: 'so it does in every round of a loop',
    body: `let place = 0; let sum = 0;
      for (let round = 0; round < 20; round += 1) { const entry = built.entries[place]!; place = (place + packet.loadU8(round)) % 3; sum += entry.size; }
      packet.storeU32(0, sum); return outputs[0]!;`,
  },
  {
    says: 'a condition says nothing of a variable that has another value since',
    body: 'let place = packet.loadU8(0); const small = place < 200; place = packet.loadU8(1); if (small && place >= 200) return outputs[1]!; return outputs[0]!;',
  },
  { says: 'an argument is what it was before the next one marked a header', body: 'return choice(packet.hasNetworkHeader, marked(packet)) === 1 ? outputs[1]! : outputs[0]!;', functions: 'function choice(before: boolean, after: any): any { return before ? 1 : 0; }' },
  { says: 'an operand is, too', body: 'return packet.hasNetworkHeader === marked(packet) ? outputs[1]! : outputs[0]!;' },
  { says: 'a number made of it is, too', body: 'packet.storeU8(0, (packet.hasNetworkHeader ? 7 : 3) + (marked(packet) ? 1 : 0)); return outputs[0]!;' },
  { says: 'default is looked at last, wherever it stands', body: 'switch (packet.loadU8(0) & 3) { default: counters.amount.add(100); break; case 1: counters.amount.add(1); break; case 2: counters.amount.add(5); } return outputs[0]!;' },
  { says: 'a last case without statements does nothing', body: 'switch (packet.loadU8(0) & 3) { case 1: counters.amount.add(1); break; default: counters.amount.add(100); break; case 2: case 3: } return outputs[0]!;' },
];

const START_NS = 1_700_000_000_000_000_000n;
const FRAMES = 300;

t.test('what has a value keeps it, in Node and in C', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-kept-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const members = await Promise.all(CASES.map((_, number) => member(folder, number)));
  const graph = fanGraph(members);
  const dice = new Dice(5);
  const input = Array.from({ length: FRAMES }, (_, at): InputFrame => ({ clock: START_NS + BigInt(at), interface: at % CASES.length, bytes: Uint8Array.from({ length: 60 }, () => dice.below(256)) }));
  const node = runInNode(graph, input, START_NS);
  const compiled = await CompiledGraph.of(graph);
  t.teardown(() => compiled.dispose());
  const { frames, counts } = compiled.run(COMPILERS[0]!, input, START_NS);
  CASES.forEach(({ says }, number) => {
    const own = (list: readonly string[]) => list.filter((_, at) => at % CASES.length === number);
    t.same(own(frames), own(node.frames), says);
    t.equal(counts.find((line) => line.startsWith(`${members[number]!.name}:`)), node.counts.find((line) => line.startsWith(`${members[number]!.name}:`)), `${says}: counts`);
  });
  t.equal(difference(node, { ...node, frames, counts }), undefined);
});

async function member(folder: string, number: number): Promise<Member> {
  const { body, functions = '' } = CASES[number]!;
  const name = `Kept${number}`;
  const file = path.join(folder, `${name}.ts`);
  writeFileSync(file, `/** Keeps what it has. */
import { defineElement, many, push } from 'wirelet';
${functions}
function marked(packet: any): any { packet.markNetworkHeader(0); return true; }
export default defineElement({
  name: '${name}',
  ports: { inputs: { in: push('Packets.') }, outputs: push(many('Packets.')) },
  counters: { amount: 'Sum.' },
  build: () => ({ entries: [{ size: 1 }, { size: 10 }, { size: 100 }] }),
  process(packet, { built, counters, outputs }) {
    ${body}
  },
});
`);
  return { name, class: await loadElement(file), file, outputs: 3 };
}
