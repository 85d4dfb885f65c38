/**
 * What must hold on any machine, however noisy: ratios of things that were measured in turns. Never a time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { measureFullSpeed } from '#src/measure/full-speed.js';
import { median } from '#src/measure/statistics.js';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';
import { sampleOf, writeFrames } from '#src/measure/in-memory.js';
import { buildPrograms, type Program } from './native.js';
import { SCENARIOS } from './scenarios.js';

export interface Ratio {
  readonly what: string;
  readonly ratio: number;
  /** The greatest that is right. */
  readonly bound: number;
}

/** Samples of each of two programs, in turns. */
const TURNS = 3;
const PACKETS = 2_000_000;
const FRAMES = 1_000_000;
/** How often a ratio that is too great is measured anew: the machine may have been elsewhere. */
const ATTEMPTS = 3;

/** Greatest times that the compiled graph may take of what its counterpart by hand takes. */
const BY_HAND: Readonly<Record<string, number>> = { 'mac-swap': 1.5, 'firewall-20': 1.5, 'firewall-1000': 1.5 };
/** Packets one by one cost at least as much as in batches. */
const BATCHES = 1.1;
/** A VM between rings against the same code in this process between the same rings. */
const IN_A_VM = 3;

/** All of them. */
export async function measureRatios(say: (text: string) => void): Promise<Ratio[]> {
  const ratios: Ratio[] = [];
  for (const name of Object.keys(BY_HAND)) {
    say(`${name}, by hand and in batches of one ...`);
    ratios.push(...(await nativeRatios(name)));
  }
  if (probeKvm().usable) {
    say('firewall-20 in a VM ...');
    ratios.push(await again(IN_A_VM, 'firewall-20 in a VM, of the time in this process', inVm));
  }
  return ratios;
}

export const isRight = ({ ratio, bound }: Ratio): boolean => ratio <= bound;

/** Against the counterpart by hand, and against batches of one; `more` tells the compiled graph something, such as WL_BENCH_SLOW. */
export async function nativeRatios(name: string, more: Readonly<Record<string, number>> = {}): Promise<Ratio[]> {
  const scenario = SCENARIOS.find((each) => each.name === name)!;
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-smoke-'));
  try {
    const frames = writeFrames(scenario.hot(), path.join(folder, 'hot'));
    const { peer, besides, ...alone } = scenario;
    const batches = await buildPrograms(alone, folder, more);
    const single = mkdtempSync(path.join(folder, 'single-'));
    const one = await buildPrograms(alone, single, { ...more, WL_BENCH_BATCH: 1 });
    const inTurns = async (first: Program, second: Program) => {
      const [ours, theirs] = [await first(), await second()];
      const pairs: number[] = [];
      for (let turn = 0; turn < TURNS; turn += 1) pairs.push((await sampleOf(ours, frames, PACKETS)).ns / (await sampleOf(theirs, frames, PACKETS)).ns);
      return median(pairs);
    };
    return [
      await again(BY_HAND[name]!, `${name}, of the time by hand`, () => inTurns(batches.ours, batches.theirs)),
      await again(BATCHES, `${name} in batches, of the time one by one`, () => inTurns(batches.ours, one.ours)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inVm(): Promise<number> {
  const file = path.join(packageRoot, 'configs/firewall.yaml');
  const measure = async (vmm: 'kvm' | 'native') =>
    (await measureFullSpeed({ file, vmm, runs: TURNS, count: FRAMES, load: {}, traffic: { template: path.join(packageRoot, 'configs/traffic/firewall/lan-in.pcap') } })).ns_per_packet;
  return (await measure('kvm')) / (await measure('native'));
}

async function again(bound: number, what: string, measure: () => Promise<number>): Promise<Ratio> {
  let ratio = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS && ratio > bound; attempt += 1) ratio = Math.min(ratio, await measure());
  return { what, ratio, bound };
}
