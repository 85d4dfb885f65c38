/** Classification, tables and the packet path: what the scenarios' table does not hold. */
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { CORES } from './cores.js';
import { wireletJson, type GoalGroup } from './goal.js';
import { inFolder } from './main-job.js';

export const PACKET_PATH: readonly GoalGroup[] = [
  {
    name: 'rule-lists',
    title: 'A firewall of 10,000 rules',
    goals: [
      { name: 'firewall of 10,000 rules, image', unit: 'MiB', reach: { most: 2 } },
      { name: 'firewall of 10,000 rules, build', unit: 's', reach: { most: 10 } },
    ],
    usual: true,
    measure: async () => inFolder(async (folder) => {
      const begin = performance.now();
      const { bytes } = await wireletJson<{ bytes: number }>(['build', path.join(packageRoot, 'bench/scenarios/firewall-10000.yaml'), '-o', path.join(folder, 'image')], { WIRELET_CACHE: mkdtempSync(path.join(folder, 'cache-')) });
      return [
        { name: 'firewall of 10,000 rules, image', value: bytes / 2 ** 20 },
        { name: 'firewall of 10,000 rules, build', value: (performance.now() - begin) / 1000, note: 'nothing in the cache' },
      ];
    }),
  },
  CORES,
];
