/**
 * Hostile frames: what leaves the server is a sound response, or nothing, and the same in C. WIRELET_SEED=N adds a seed.
 */
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { Dice } from '../differential/element-fuzz.js';
import { CompiledGraph, COMPILERS, difference, runInNode } from '../differential/replay.js';
import { hostileFrame } from './hostile.js';
import { decode } from './message.js';
import { NodeServer, serverGraph, wrongHeaders } from './node-server.js';
import { requestForms } from './questions.js';

const ZONE = path.join(packageRoot, 'test/dns/full.zone');
const FRAMES = 4000;
const START_NS = 1_000_000_000_000_000_000n;
const SEEDS = [1, 2, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];

for (const seed of SEEDS) {
  const frames = hostileFrames(seed);

  await t.test(`every answer to hostile frames is a sound response (WIRELET_SEED=${seed})`, async (t) => {
    const server = await NodeServer.start({ zone: ZONE });
    let answered = 0;
    for (const frame of frames) {
      const response = server.send(frame);
      if (response === undefined) continue;
      answered += 1;
      const wrong = wrongHeaders(response, frame) ?? wrongResponse(frame.subarray(42), response.subarray(42));
      if (wrong !== undefined) t.fail(`${frame.toString('hex')}:\n${wrong}\n${response.toString('hex')}`);
    }
    t.ok(answered > FRAMES / 3 && answered < FRAMES * 0.95, `${answered} of ${FRAMES} frames were answered`);
    const counts = server.counts();
    for (const name of ['no_error', 'name_errors', 'format_errors', 'not_implemented', 'refused', 'other_versions', 'truncated', 'short_message', 'bad_source', 'not_a_request']) {
      t.ok(counts[name]! > 0, `${name}: ${counts[name]}`);
    }
    t.same(Object.keys(counts).filter((name) => /packet|room|header/.test(name) && counts[name] !== 0), [], 'no access traps');
  });
}

for (const rate of ['0', '5']) {
  await t.test(`C answers hostile frames as Node does, with a rate of ${rate} (WIRELET_SEED=${SEEDS.at(-1)})`, async (t) => {
    const graph = await serverGraph({ zone: ZONE, rate });
    const compiled = await CompiledGraph.of(graph);
    try {
      await compiled.compile(COMPILERS[0]!);
      for (const seed of SEEDS) {
        const input = hostileFrames(seed).map((bytes, index) => ({ clock: START_NS + BigInt(index) * 100_000n, interface: 0, bytes }));
        const node = runInNode(graph, input, START_NS);
        t.equal(difference(node, compiled.run(COMPILERS[0]!, input, START_NS)), undefined, `seed ${seed}`);
        t.equal(/rate_limited=[1-9]/.test(node.counts.join()), rate !== '0', 'the rate counts');
      }
    } finally {
      compiled.dispose();
    }
  });
}

function hostileFrames(seed: number): Buffer[] {
  const dice = new Dice(seed);
  const requests = requestForms(ZONE, 500, seed);
  return Array.from({ length: FRAMES }, () => hostileFrame(requests, dice));
}

/** What is wrong with the response to a message; undefined: nothing. */
function wrongResponse(request: Buffer, response: Buffer): string | undefined {
  let read;
  try {
    read = decode(response);
  } catch (error) {
    return String(error);
  }
  if (!response.subarray(0, 2).equals(request.subarray(0, 2))) return 'the identification is another one';
  if ((read.flags & 0x8000) === 0) return 'it is no response';
  if (((read.flags ^ request.readUInt16BE(2)) & 0x7900) !== 0) return 'operation or wish for recursion differ';
  if (response.length > 1232) return `it has ${response.length} bytes`;
  if (read.edns === undefined && response.length > 512) return `it has ${response.length} bytes without EDNS`;
  return undefined;
}
