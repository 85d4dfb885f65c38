/** DNS server, web server and OpenFlow switch. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { wireletJson, type GoalGroup, type Measurement } from './goal.js';
import { inFolder } from './main-job.js';
import { measureOpenFlow, mppsOf } from './openflow.js';
import { measureQuestions, measureQuestionsInVm, measureRequests, measureWebMemory } from './requests.js';

const configuration = (name: string) => path.join(packageRoot, `configs/${name}.yaml`);

export const APPLIANCES: readonly GoalGroup[] = [
  {
    name: 'image-sizes',
    title: 'Images of the appliances',
    text: 'As `npx wirelet build` makes them of the shipped configurations; the web server of an empty folder.',
    usual: true,
    goals: [
      { name: 'dns-server, image', unit: 'KiB', reach: { most: 128 } },
      { name: 'web-server, image without a site', unit: 'KiB', reach: { most: 160 } },
      { name: 'openflow-switch, image', unit: 'KiB', reach: { most: 128 } },
    ],
    measure: async () => inFolder(async (folder) => {
      const empty = path.join(folder, 'site');
      mkdirSync(empty);
      const image = async (goal: string, name: string, ...words: string[]): Promise<Measurement> => {
        const { bytes } = await wireletJson<{ bytes: number }>(['build', configuration(name), '-o', path.join(folder, name), ...words]);
        return { name: goal, value: bytes / 1024, note: `${bytes} bytes` };
      };
      return [
        await image('dns-server, image', 'dns-server'),
        await image('web-server, image without a site', 'web-server', '--set', `root=${empty}`),
        await image('openflow-switch, image', 'openflow-switch'),
      ];
    }),
  },
  {
    name: 'dns',
    title: 'DNS server',
    text: 'Questions of all kinds by UDP, with packets in memory and no limit of their rate.',
    usual: true,
    goals: [
      { name: 'queries answered, one core', unit: 'M/s', reach: { least: 5 } },
      { name: 'queries answered, one core, in a VM', unit: 'M/s', reach: { least: 5 } },
    ],
    measure: async (_say, samples) => [...(await measureQuestions(samples)), ...(await measureQuestionsInVm(samples))],
  },
  {
    name: 'web',
    title: 'Web server',
    text: 'Clients in memory keep their connections and ask for a page of the example anew as soon as they have it (bench/wl_http_client.h).',
    goals: [
      { name: 'requests answered, one core', unit: 'k/s', reach: { least: 200 } },
      { name: 'memory with 10,000 idle connections', unit: 'MiB', reach: { most: 16 } },
      { name: 'project-site, memory all told', unit: 'MiB', reach: { most: 6 } },
    ],
    usual: true,
    measure: async (_say, samples) => [...(await measureRequests(samples)), ...(await measureWebMemory())],
  },
  {
    name: 'openflow',
    title: 'OpenFlow switch',
    text: 'The shipped configuration with 1,000 flows that name addresses, protocol and ports; frames of all of them in turn.',
    goals: [
      { name: 'packets switched by 1,000 flows, in memory', unit: 'Mpps', reach: { least: 10 } },
      { name: 'packets switched by 1,000 flows, through a VM', unit: 'Mpps', reach: { least: 10 } },
    ],
    measure: async (_say, samples) => inFolder(async (folder) => {
      const { native, vm } = await measureOpenFlow(samples, folder);
      const measured = (name: string, times: readonly number[]): Measurement => ({ name: `packets switched by 1,000 flows, ${name}`, value: mppsOf(times), samples: times.map((ns) => 1e3 / ns) });
      return [measured('in memory', native), ...(vm === null ? [] : [measured('through a VM', vm)])];
    }),
  },
];
