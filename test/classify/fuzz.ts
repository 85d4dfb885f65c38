/**
 * The fuzz of the classifiers: random rules and random packets, on which the oracle (random-rules.ts), the
 * program in Node and the program as C must agree.
 *
 *     node dist/test/classify/fuzz.js [--seed N] [--seconds N]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { buildProgram } from '#src/kit/classify/build.js';
import type { Rule } from '#src/kit/classify/expression.js';
import { bytePatternRules, readBytePattern } from '#src/kit/classify/byte-pattern.js';
import { readFilterRule, readIpPattern } from '#src/kit/classify/filter-rule.js';
import type { ArgumentScope } from '#src/kit/argument-scope.js';
import { classify, type DecisionProgram } from '#src/kit/classify/program.js';
import { RulesTooLarge } from '#src/kit/classify/terms.js';
import { wellKnownPort } from '#src/graph/well-known-ports.js';
import { classifierSource } from './classifier-source.js';
import { Dice } from '../differential/element-fuzz.js';
import { marked, randomFrame } from './random-packets.js';
import { bytePatternOf, expression, primitive, rulesBySource, type Meant, type Seen } from './random-rules.js';
import { COMPILERS, type Compiler } from '../differential/replay.js';
import { packageRoot } from '#src/package-root.js';

export const SCOPE: ArgumentScope = { address: () => undefined, port: wellKnownPort };

export interface RuleSet {
  readonly seed: number;
  readonly texts: readonly string[];
  readonly rules: readonly Rule[];
  readonly program: DecisionProgram;
  /** Whether packets need a whole network header. */
  readonly ip: boolean;
  readonly expected: (packet: Seen) => number;
}

const PACKETS = 400;

/** A random rule set of one of the three languages. */
export function randomRuleSet(seed: number): RuleSet | undefined {
  const dice = new Dice(seed);
  for (let warm = 0; warm < 8; warm += 1) dice.below(2);
  const language = dice.below(4);
  const single = (): Meant => (language === 0 ? bytePatternOf(dice) : dice.chance(30) ? primitive(dice) : expression(dice, dice.below(4)));
  const meant = language !== 0 && dice.chance(20) ? rulesBySource(dice) : Array.from({ length: 1 + dice.below(dice.pick([3, 8, 20])) }, single);
  const count = meant.length;
  const ip = language !== 0;
  const classes = meant.map((_, index) => (language === 3 ? dice.below(4) - 1 : index));
  const texts = meant.map(({ text }, index) => (language === 3 ? `${classes[index] === -1 ? 'deny' : classes[index]} ${text}` : text));
  // Small limits make programs of several parts of the same rules.
  const options = { networkBytes: ip ? 20 : 0, edgesMax: dice.pick([80, 250, 60_000, 60_000]), listsFrom: dice.pick([1, 1, 1000]), slotsFrom: dice.pick([1, 3, 1000]) };
  const expected = (packet: Seen) => {
    const first = meant.findIndex(({ matches }) => matches(packet));
    return first < 0 ? -1 : classes[first]!;
  };
  try {
    const rules = rulesOf(texts, language);
    return { seed, texts, ip, expected, rules, program: buildProgram(rules, Math.max(count, 4), options) };
  } catch (error) {
    if (error instanceof RulesTooLarge) return undefined;
    throw new Error(`seed ${seed}: ${String(error instanceof Error ? error.stack : error)}\n${texts.join('\n')}`);
  }
}

function rulesOf(texts: readonly string[], language: number) {
  const value = <T>(parsed: { value: T } | { error: string }): T => {
    if ('error' in parsed) throw new Error(parsed.error);
    return parsed.value;
  };
  if (language === 0) return bytePatternRules(texts.map((text) => value(readBytePattern(text))));
  return texts.map((text, index) => {
    if (language !== 3) return { condition: value(readIpPattern(text, SCOPE)).condition, class: index };
    const { condition, output } = value(readFilterRule(text, SCOPE));
    return { condition, class: output };
  });
}

export interface Sample {
  readonly frame: Uint8Array;
  /** Offsets of the headers, -1 when unmarked. */
  readonly network: number;
  readonly transport: number;
}

export function randomSamples(seed: number, ip: boolean): Sample[] {
  const dice = new Dice(seed ^ 0x5eed);
  return Array.from({ length: PACKETS }, () => {
    let frame = randomFrame(dice);
    while (ip && frame.length < 34) frame = randomFrame(dice);
    const transport = 14 + (frame.length > 14 ? (frame[14]! & 15) * 4 : 0);
    return { frame, network: ip || dice.chance(80) ? 14 : -1, transport: transport <= frame.length && dice.chance(95) ? transport : -1 };
  });
}

/** What differs between oracle and Node, in words; undefined when nothing does. */
export function nodeDiffers(set: RuleSet, samples: readonly Sample[]): string | undefined {
  for (const { frame, network, transport } of samples) {
    const { packet, seen } = marked(frame, network, transport);
    const [wanted, got] = [set.expected(seen), classify(set.program, packet)];
    if (wanted !== got) return differs(set, 'Node', { frame, network, transport }, wanted, got);
  }
  return undefined;
}

function differs(set: RuleSet, who: string, sample: Sample, wanted: number, got: number): string {
  return [
    `the oracle says ${wanted}, ${who} says ${got}`,
    `  packet ${Buffer.from(sample.frame).toString('hex')} network ${sample.network} transport ${sample.transport}`,
    ...set.texts.map((text, index) => `  ${index}: ${text}`),
    `  replay: node dist/test/classify/fuzz.js --seed ${set.seed} --seconds 0`,
  ].join('\n');
}

/** The same for the programs as C, all in one unit, by one compiler. */
export function compiledDiffers(sets: readonly RuleSet[], samples: readonly (readonly Sample[])[], compiler: Compiler): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-classify-'));
  try {
    const program = path.join(folder, 'classify');
    writeFileSync(path.join(folder, 'classify.c'), classifierSource(sets.map((set) => set.program)));
    execFileSync(compiler.command, ['-std=gnu11', '-g1', ...compiler.flags, '-I', path.join(packageRoot, 'native/runtime'), '-o', program, path.join(folder, 'classify.c')], { stdio: 'pipe' });
    const input = Buffer.concat(samples.flatMap((list, index) => list.map((sample) => encode(index, sample))));
    const result = spawnSync(program, { input, maxBuffer: 1 << 28 });
    if (result.status !== 0) return [`${compiler.name} ended with ${result.status ?? result.signal}: ${result.stderr.toString().slice(0, 3000)}\n  seeds ${sets.map(({ seed }) => seed).join(' ')}`];
    let at = -4;
    return sets.flatMap((set, index) => {
      const wrong = samples[index]!.flatMap((sample) => {
        const got = result.stdout.readInt32LE((at += 4));
        const wanted = classify(set.program, marked(sample.frame, sample.network, sample.transport).packet);
        return wanted === got ? [] : [differs(set, compiler.name, sample, wanted, got)];
      });
      return wrong.slice(0, 1);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function encode(program: number, { frame, network, transport }: Sample): Buffer {
  const head = Buffer.alloc(16);
  head.writeInt32LE(program, 0);
  head.writeInt32LE(network, 4);
  head.writeInt32LE(transport, 8);
  head.writeInt32LE(frame.length, 12);
  return Buffer.concat([head, frame]);
}

export interface FuzzTotals {
  sets: number;
  tooLarge: number;
  parts: number;
  packets: number;
  failures: string[];
}

/** Rounds of `count` rule sets each until the time is over; every round is also compiled. */
export function fuzz(seed: number, seconds: number, count = 60): FuzzTotals {
  const totals: FuzzTotals = { sets: 0, tooLarge: 0, parts: 0, packets: 0, failures: [] };
  const end = Date.now() + seconds * 1000;
  let next = seed;
  do {
    const sets: RuleSet[] = [];
    for (let index = 0; index < (seconds === 0 ? 1 : count); index += 1, next += 1) {
      const set = randomRuleSet(next);
      if (set === undefined) totals.tooLarge += 1;
      else sets.push(set);
    }
    const samples = sets.map((set) => randomSamples(set.seed, set.ip));
    sets.forEach((set, index) => {
      totals.sets += 1;
      totals.parts += set.program.parts.length > 1 ? 1 : 0;
      totals.packets += samples[index]!.length;
      const failure = nodeDiffers(set, samples[index]!);
      if (failure !== undefined) totals.failures.push(failure);
    });
    for (const compiler of COMPILERS) totals.failures.push(...compiledDiffers(sets, samples, compiler));
  } while (Date.now() < end && totals.failures.length === 0);
  return totals;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, seconds: { type: 'string', default: '60' } } });
  const totals = fuzz(Number(values.seed), Number(values.seconds));
  for (const failure of totals.failures) console.log(failure);
  console.log(`${totals.sets} rule sets (${totals.parts} in parts, ${totals.tooLarge} too large), ${totals.packets} packets, ${totals.failures.length} failures`);
  process.exitCode = totals.failures.length > 0 ? 1 : 0;
}
