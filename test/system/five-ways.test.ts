/**
 * One meaning, five ways to run: on the shipped captures, and on hostile variants of them, every way gives the same
 * frames at the same ports in the same order, the same port figures and the same counters of every element.
 *
 * WIRELET_SEED=N adds a seed of hostile traffic.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { probeKvm, versionOf } from '#src/run/machine.js';
import type { Vmm } from '#src/run/outcome.js';
import { hostile } from '../configs/mutate.js';
import { runConfig, type ConfigRun } from '../configs/run-config.js';
import { CONFIGS, shippedArrivals } from '../configs/traffic.js';

const SEEDS = [101, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];

/** Ways to compare with the reference, and why one cannot be used here. */
const ways: Record<Exclude<Vmm, 'node'>, string | false> = {
  kvm: probeKvm().usable ? false : 'no usable /dev/kvm',
  process: false,
  native: existsSync(path.join(packageRoot, 'build/Release/wirelet.node')) ? false : 'the addon is not built',
  qemu: (await versionOf('qemu-system-x86_64')) === undefined ? 'no qemu-system-x86_64' : false,
};

/** Everything that must be equal. */
function meaning({ outcome, frames }: ConfigRun) {
  return {
    frames: Object.fromEntries(Object.entries(frames).map(([port, list]) => [port, list.map((frame) => frame.toString('hex'))])),
    ports: outcome.ports,
    elements: outcome.elements,
    ended: outcome.ended,
  };
}

for (const config of CONFIGS) {
  t.test(`${config} means the same in every way of running`, async (t) => {
    const reference = meaning(await runConfig(config, 'node'));
    for (const [vmm, problem] of Object.entries(ways)) {
      await t.test(`${config} as ${vmm}`, { skip: problem }, async (t) => {
        t.same(meaning(await runConfig(config, vmm as Vmm)), reference);
      });
    }
    for (const seed of SEEDS) {
      const arrivals = hostile(config, shippedArrivals(config), seed);
      const hostileReference = meaning(await runConfig(config, 'node', arrivals));
      for (const [vmm, problem] of Object.entries(ways)) {
        await t.test(`${config} as ${vmm}, hostile traffic (WIRELET_SEED=${seed})`, { skip: problem }, async (t) => {
          t.same(meaning(await runConfig(config, vmm as Vmm, arrivals)), hostileReference);
        });
      }
    }
  });
}
