/**
 * Nanoseconds per packet of compiled firewalls, packets in memory, one core. Not a test: run it by hand.
 *
 *     node dist/test/classify/measure.js [--rules N]... [--flows N] [--compiler gcc]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildProgram } from '#src/kit/classify/build.js';
import { readFilterRule } from '#src/kit/classify/filter-rule.js';
import { classify, sizeOf, type DecisionProgram } from '#src/kit/classify/program.js';
import { Packet } from '#src/kit/index.js';
import { packageRoot } from '#src/package-root.js';
import { Dice } from '../differential/element-fuzz.js';
import { classifierFunctions } from './classifier-source.js';
import { firewallRules, SMALL_FIREWALL } from './firewalls.js';
import { SCOPE } from './fuzz.js';

const FRAME = 64;
const PACKETS = 8192;

export function programOf(rules: readonly string[]): DecisionProgram {
  const read = rules.map((rule) => {
    const parsed = readFilterRule(rule, SCOPE);
    if ('error' in parsed) throw new Error(`${rule}: ${parsed.error}`);
    return { condition: parsed.value.condition, class: parsed.value.output };
  });
  return buildProgram(read, 1, { networkBytes: 20 });
}

/** Frames of `count` flows: half of them fall into a rule's ranges, the others near them. */
function flows(rules: readonly string[], count: number): Uint8Array[] {
  const dice = new Dice(99);
  return Array.from({ length: count }, () => {
    const rule = dice.pick(rules);
    const addresses = [...rule.matchAll(/(\d+)\.(\d+)\.(\d+)\.(\d+)(\/\d+)?/g)].map((match) => match.slice(1, 5).map(Number));
    const port = Number(/port (?:>= )?(\d+)/.exec(rule)?.[1] ?? dice.below(65_536));
    const frame = new Uint8Array(FRAME);
    frame.set([0x45, 0, 0, 50, 0, 0, 0, 0, 64, rule.includes('tcp') ? 6 : 17], 14);
    const hit = dice.chance(50);
    const address = (bytes: number[] | undefined, prefix: boolean) =>
      (bytes ?? [10, dice.below(256), dice.below(256), dice.below(256)]).map((byte, index) => (index < 2 || (hit && !prefix) ? byte : hit && index === 2 && byte !== 0 ? byte : dice.below(256)));
    frame.set(address(addresses[0], true), 26);
    frame.set(address(addresses[1] , false), 30);
    frame.set([dice.below(256), dice.below(256), port >>> 8, port & 255, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10], 34);
    return frame;
  });
}

function harness(program: DecisionProgram, frames: readonly Uint8Array[]): string {
  const dice = new Dice(7);
  const order = Array.from({ length: PACKETS }, () => dice.below(frames.length));
  return `#include <stdint.h>
${classifierFunctions([program])}
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static const uint8_t flows[][${FRAME}] = {${frames.map((frame) => `{${frame.join(',')}}`).join(',')}};
static const uint16_t order[] = {${order.join(',')}};
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (double)t.tv_sec * 1e9 + (double)t.tv_nsec; }
static int compare(const void *a, const void *b) { return *(const double *)a < *(const double *)b ? -1 : 1; }
int main(void) {
  static double times[41];
  int64_t sum = 0;
  for (int round = 0; round < 41; round += 1) {
    const double start = now();
    for (int again = 0; again < 8; again += 1) {
      for (int i = 0; i < ${PACKETS}; i += 1) {
        const uint8_t *p = flows[order[i]];
        sum += classify_0(p, p + ${FRAME}, p, p + 14, p + 34);
      }
    }
    times[round] = (now() - start) / (8.0 * ${PACKETS});
  }
  qsort(times, 41, sizeof times[0], compare);
  printf("%.2f ns (fastest %.2f) sum %ld\\n", times[20], times[0], (long)sum);
  return 0;
}
`;
}

const { values } = parseArgs({ options: { rules: { type: 'string', multiple: true }, flows: { type: 'string', default: '256' }, compiler: { type: 'string', multiple: true }, keep: { type: 'string' } } });
for (const size of values.rules ?? ['small', '20', '1000']) {
  const rules = size === 'small' ? SMALL_FIREWALL : size === 'none' ? ['allow tcp'] : firewallRules(Number(size));
  let started = Date.now();
  const program = programOf(rules);
  const built = Date.now() - started;
  const frames = flows(rules, Number(values.flows));
  const allowed = frames.filter((frame) => {
    const packet = Packet.from(frame);
    packet.markNetworkHeader(14);
    packet.markTransportHeader(34);
    return classify(program, packet) === 0;
  }).length;
  const { parts, nodes, edges, depth } = sizeOf(program);
  console.log(`${size} rules: ${parts} parts, ${nodes} nodes, ${edges} edges, depth ${depth}, built in ${built} ms; ${allowed} of ${frames.length} flows allowed`);
  for (const compiler of values.compiler ?? ['gcc', 'clang']) {
    const folder = values.keep ?? mkdtempSync(path.join(tmpdir(), 'wirelet-measure-'));
    const file = path.join(folder, 'measure.c');
    writeFileSync(file, harness(program, frames));
    started = Date.now();
    execFileSync(compiler, ['-O3', '-std=gnu11', '-I', path.join(packageRoot, 'native/runtime'), '-o', path.join(folder, 'measure'), file], { stdio: 'inherit' });
    const compiled = Date.now() - started;
    const text = execFileSync('size', [path.join(folder, 'measure')]).toString().split('\n')[1]!.trim().split(/\s+/);
    console.log(`  ${compiler}: ${execFileSync(path.join(folder, 'measure')).toString().trim()}; compiled in ${compiled} ms; text ${text[0]} bytes`);
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
