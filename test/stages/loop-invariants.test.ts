/** Loops whose invariants take many rounds to find come to the same in C as in Node. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { fanGraph } from '../differential/graph-of.js';
import { loadElement } from '../differential/load-element.js';
import { COMPILERS, CompiledGraph, difference, runInNode } from '../differential/replay.js';

const START = 1_700_000_000_000_000_000n;

/** An element around `body`, which may write the packet. */
function element(name: string, body: string): string {
  return `/** A loop. */
import { defineElement, u8, u16, u32 } from 'wirelet';

export default defineElement({
  name: '${name}',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  build: () => ({ next: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0] }),
  process(packet, { outputs, built }) {
${body}
    return outputs.out;
  },
});
`;
}

/** What the loop does, its body, and frames for it. */
const LOOPS: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    'a value that a check bounds only after some rounds, and a count that ends the loop',
    'Numbers',
    `    let number = 0;
    let value = 0;
    let total = 0;
    let last = 0;
    for (let place = 2; place < 40; place += 1) {
      if (place >= packet.length) break;
      const byte = packet.loadU8(place);
      if (byte >= 48 && byte <= 57) {
        value = value * 10 + byte - 48;
        if (value > 255) return outputs.out;
      } else {
        if (number < 4) total = u32(total * 256 + value);
        number = Math.min(number + 1, 6);
        value = 0;
        if (number === 6) {
          last = place;
          break;
        }
      }
    }
    packet.storeU8(0, u8(last));
    packet.storeU8(1, u8(total));`,
    ['..1,2,3,4,5,6,7', '..255,255,255,255,1,2\r\n', '..256,1', '..', '..1,2,3,4,5'],
  ],
  [
    'a sum that nothing but the number of rounds bounds',
    'Sum',
    `    let sum = 0;
    let odd = 0;
    for (let place = 2; place < 200; place += 1) {
      if (place >= packet.length) break;
      sum += packet.loadU8(place);
      if ((packet.loadU8(place) & 1) === 1) odd += 3;
    }
    packet.storeU16(0, sum);
    packet.storeU8(1, u8(odd));`,
    ['..abcdefgh', `..${'\u007f'.repeat(198)}`, '..'],
  ],
  [
    'a count that begins again',
    'Runs',
    `    let run = 0;
    let longest = 0;
    for (let place = 1; place < 500; place += 1) {
      if (place >= packet.length) break;
      run = packet.loadU8(place) === 65 ? u16(run + 1) : 0;
      longest = Math.max(longest, run);
    }
    packet.storeU8(0, u8(longest));`,
    ['.AABAAAC', '.', `.${'A'.repeat(300)}`],
  ],
  [
    'a state machine',
    'Machine',
    `    let state = 0;
    for (let place = 1; place < 500; place += 1) {
      if (place >= packet.length) break;
      if (packet.loadU8(place) === 65) state = built.next[state]!;
    }
    packet.storeU8(0, u8(state));`,
    ['.AABAAAC', '.', `.${'A'.repeat(301)}`],
  ],
];

for (const [what, name, body, frames] of LOOPS) {
  t.test(`a loop with ${what} is the same in C`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-loops-'));
    try {
      const file = path.join(folder, `${name}.ts`);
      writeFileSync(file, element(name, body));
      const graph = fanGraph([{ name: 'it', class: await loadElement(file), file, outputs: 1 }]);
      const input = frames.map((text, index) => ({ clock: START + BigInt(index), interface: 0, bytes: Buffer.from(text, 'latin1') }));
      const compiled = await CompiledGraph.of(graph);
      try {
        const node = runInNode(graph, input, START);
        t.equal(node.frames.length, frames.length);
        for (const compiler of COMPILERS) t.equal(difference(node, compiled.run(compiler, input, START)), undefined, compiler.name);
      } finally {
        compiled.dispose();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
