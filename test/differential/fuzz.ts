/**
 * The differential fuzz: random elements, random frames, Node against every compiler.
 *
 *     node dist/test/differential/fuzz.js [--seed N] [--rounds N] [--element N]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { DiagnosticError } from '#src/diagnostics.js';
import { lower } from '#src/compile/lower.js';
import { BATCH_PACKETS_MAX, SMALL_DATA_BYTES } from '#src/kit/limits.js';
import { plan } from '#src/plan/plan.js';
import { Dice, randomElement } from './element-fuzz.js';
import { loadElement } from './load-element.js';
import { fanGraph, type Member } from './graph-of.js';
import { COMPILERS, CompiledGraph, difference, runInNode, type InputFrame } from './replay.js';

export interface FuzzResult {
  readonly elements: number;
  readonly refused: number;
  readonly frames: number;
  /** What differed, with how to see it again; empty when nothing did. */
  readonly failures: string[];
}

const FRAMES = 300;
const START = 1_700_000_000_000_000_000n;

/** One round: `count` random elements in one graph (or just number `only`), and random frames through each. */
export async function fuzzRound(seed: number, count = 12, only?: number): Promise<FuzzResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-fuzz-'));
  try {
    const members: Member[] = [];
    let refused = 0;
    for (let number = 0; number < count; number += 1) {
      if (only !== undefined && number !== only) continue;
      const name = `Random${seed}x${number}`;
      const member = await load(folder, name, randomElement(name, seed * 1000 + number));
      if (await compiles(member)) members.push(member);
      else refused += 1;
    }
    const input = randomFrames(new Dice(seed), members.length);
    const failures = members.length === 0 ? [] : await compare(members, input, seed);
    return { elements: members.length, refused, frames: input.length, failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function load(folder: string, name: string, source: string): Promise<Member> {
  const file = path.join(folder, `${name}.ts`);
  writeFileSync(file, source);
  return { name, class: await loadElement(file), file, outputs: 3 };
}

/** Whether the compiler accepts the element; anything but a diagnostic is a bug of its own. */
async function compiles(member: Member): Promise<boolean> {
  try {
    await lower(plan(fanGraph([member])), { places: false });
    return true;
  } catch (error) {
    if (error instanceof DiagnosticError) {
      if (process.env['WIRELET_FUZZ_SHOW'] !== undefined) console.log(error.message);
      return false;
    }
    throw error;
  }
}

async function compare(members: readonly Member[], input: readonly InputFrame[], seed: number): Promise<string[]> {
  const graph = fanGraph(members);
  const node = runInNode(graph, input, START);
  const compiled = await CompiledGraph.of(graph, seed % 2 === 1);
  const failures: string[] = [];
  try {
    for (const compiler of COMPILERS) {
      let found: string | undefined;
      try {
        found = difference(node, compiled.run(compiler, input, START))?.replace(/[0-9a-f]{200,}/g, shortened);
      } catch (error) {
        found = error instanceof Error ? error.message : String(error);
      }
      if (found !== undefined) failures.push(`${compiler.name}: ${found}\n  replay: node dist/test/differential/fuzz.js --seed ${seed} --rounds 1`);
    }
  } finally {
    compiled.dispose();
  }
  return failures;
}

function randomFrames(dice: Dice, interfaces: number): InputFrame[] {
  let clock = START;
  const frames = Array.from({ length: FRAMES }, (): InputFrame => {
    clock += BigInt(dice.below(5) === 0 ? dice.below(2_000_000_000) : dice.below(2000));
    const length = dice.pick([1, 5, 14, 33, 34, 54, 60, 60, 60, 64, 100, 200, 1514, 1856, 1857, 9216]);
    const bytes = Uint8Array.from({ length }, () => dice.below(256));
    // Some frames look like IPv4 over Ethernet, so that headers say something.
    if (length >= 34 && dice.chance(60)) bytes.set([0x08, 0x00, 0x45, 0, 0, Math.min(255, length - 14), 0, 0, 0, 0, 64, dice.pick([6, 17, 1])], 12);
    return { clock, interface: dice.below(Math.max(1, interfaces)), bytes };
  });
  return inBatches(frames, dice);
}

/** Some frames come with those of the same interface that follow. */
function inBatches(frames: readonly InputFrame[], dice: Dice): InputFrame[] {
  const input: InputFrame[] = [];
  for (const { clock, interface: port, bytes } of frames) {
    // Of large buffers there are few, and rings that have no more.
    const size = dice.chance(70) || bytes!.length > SMALL_DATA_BYTES ? 1 : dice.pick([2, 3, 16, BATCH_PACKETS_MAX]);
    for (let left = size; left > 0; left -= 1) {
      const own = bytes!.slice();
      if (left < size) own[dice.below(own.length)]! ^= dice.below(256);
      input.push({ clock, interface: port, bytes: own, more: left > 1 });
    }
    // What timers do is seen at times without a frame, too.
    if (dice.chance(10)) input.push({ clock: clock + BigInt(dice.below(300_000)) });
  }
  let latest = START;
  return input.map((frame) => ({ ...frame, clock: (latest = frame.clock > latest ? frame.clock : latest) }));
}

/** A long frame's beginning and end: where runs differ is told in full by a replay of one element. */
function shortened(hex: string): string {
  return process.env['WIRELET_FUZZ_SHOW'] === undefined ? `${hex.slice(0, 160)}...${hex.slice(-16)} (${hex.length / 2} bytes)` : hex;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, rounds: { type: 'string', default: '5' }, element: { type: 'string' } } });
  const totals = { elements: 0, refused: 0, failures: 0 };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const only = values.element === undefined ? undefined : Number(values.element);
    const result = await fuzzRound(Number(values.seed) + round, 12, only);
    totals.elements += result.elements;
    totals.refused += result.refused;
    totals.failures += result.failures.length;
    for (const failure of result.failures) console.log(failure);
  }
  console.log(`${totals.elements} elements agreed or failed, ${totals.refused} were refused, ${totals.failures} failures`);
  process.exitCode = totals.failures > 0 ? 1 : 0;
}
