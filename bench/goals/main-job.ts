/** Size, start and tools of the firewall: what a newcomer sees first. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { measureBoot } from '#src/measure/boot.js';
import { median } from '#src/measure/statistics.js';
import { probeKvm } from '#src/run/machine.js';
import { runAppliance } from '#src/library.js';
import { wireletJson, type GoalGroup, type Measurement } from './goal.js';

const FIREWALL = path.join(packageRoot, 'configs/firewall.yaml');
const TRAFFIC = path.join(packageRoot, 'configs/traffic/firewall');
const RUNS = 5;
const STARTS = 100;
const CHECKED_ELEMENTS = 1000;

export const MAIN_JOB: readonly GoalGroup[] = [
  {
    name: 'firewall-size',
    title: 'Size of the firewall',
    usual: true,
    goals: [
      { name: 'firewall image', unit: 'KiB', reach: { most: 96 } },
      { name: 'firewall guest memory, packets included', unit: 'MiB', reach: { most: 2 } },
      { name: 'private memory of the VMM', unit: 'KiB', reach: { most: 512 } },
    ],
    measure: async () => inFolder(async (folder) => {
      const image = path.join(folder, 'firewall.elf');
      const built = await wireletJson<{ bytes: number; memory_bytes: number }>(['build', FIREWALL, '-o', image]);
      const outcome = await runAppliance(image, { ports: { lan: `pcap:in=${TRAFFIC}/lan-in.pcap`, wan: `pcap:in=${TRAFFIC}/wan-in.pcap` } });
      const { vmm_private_bytes: vmm } = outcome.memory;
      return [
        { name: 'firewall image', value: built.bytes / 1024 },
        { name: 'firewall guest memory, packets included', value: built.memory_bytes / 2 ** 20 },
        ...(vmm === null ? [] : [{ name: 'private memory of the VMM', value: vmm / 1024 }]),
      ];
    }),
  },
  {
    name: 'start',
    title: 'Start of the firewall',
    text: `${STARTS} starts, one at a time, with nothing else running; \`npx wirelet bench boot\` shows the parts.`,
    usual: true,
    goals: [
      { name: 'execve of the VMM to the first frame out, p50', unit: 'ms', reach: { most: 3 } },
      { name: 'the same, p99', unit: 'ms', reach: { most: 10 } },
    ],
    async measure() {
      if (!probeKvm().usable) throw new Error('no usable /dev/kvm');
      const starts = await measureBoot({ graph: FIREWALL, vmm: 'kvm', runs: STARTS, load: {}, template: `${TRAFFIC}/lan-in.pcap` });
      return [
        { name: 'execve of the VMM to the first frame out, p50', value: starts.median / 1000 },
        { name: 'the same, p99', value: starts.p99 / 1000 },
      ];
    },
  },
  {
    name: 'tools',
    title: 'Check and build',
    text: `Medians of ${RUNS} runs of the program from its start.`,
    usual: true,
    goals: [
      { name: 'check of a 1,000-element graph', unit: 's', reach: { most: 1 } },
      { name: 'build of the firewall, cold', unit: 's', reach: { most: 4 } },
      { name: 'build of the firewall, cached', unit: 's', reach: { most: 0.7 } },
    ],
    measure: async () => inFolder(async (folder) => {
      const large = path.join(folder, 'large.yaml');
      const elements = Array.from({ length: CHECKED_ELEMENTS - 2 }, (_, index) => `c${index} :: Counter`).join(' -> ');
      writeFileSync(large, `interfaces: [lan, wan]\ngraph: |\n  lan -> ${elements} -> wan\n`);
      const image = path.join(folder, 'firewall.elf');
      const checks = await timed('check of a 1,000-element graph', () => wireletJson(['check', large]));
      const cold = await timed('build of the firewall, cold', () => wireletJson(['build', FIREWALL, '-o', image], { WIRELET_CACHE: mkdtempSync(path.join(folder, 'cache-')) }));
      await wireletJson(['build', FIREWALL, '-o', image]);
      return [checks, cold, await timed('build of the firewall, cached', () => wireletJson(['build', FIREWALL, '-o', image]))];
    }),
  },
];

/** With a folder that is there for as long as it is needed. */
export async function inFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-goals-'));
  try {
    return await action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds. */
async function timed(name: string, action: () => Promise<unknown>): Promise<Measurement> {
  const samples: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const begin = performance.now();
    await action();
    samples.push((performance.now() - begin) / 1000);
  }
  return { name, value: median(samples), samples };
}
