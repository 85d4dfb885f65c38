/** Many appliances on one host: switch, chains, lifecycle, density. */
import { wireletJson, type GoalGroup } from './goal.js';

export const SITES: readonly GoalGroup[] = [
  {
    name: 'density',
    title: 'Many appliances on one host',
    goals: [
      { name: 'firewalls up, each answering a ping through the switch', unit: '', reach: { least: 1000 } },
      { name: 'host memory of each, all told', unit: 'MiB', reach: { most: 3 } },
      { name: 'started in a second', unit: '', reach: { least: 200 } },
    ],
  },
  {
    name: 'start-beside-others',
    title: 'Start of one more',
    goals: [
      { name: 'execve to the first frame with 0 others, p50', unit: 'ms', reach: { most: 5 } },
      { name: 'execve to the first frame with 999 others, p50', unit: 'ms', reach: { most: 5 } },
      { name: 'with 999 others against with none', unit: 'times', reach: { most: 2 } },
    ],
  },
  {
    name: 'switch',
    title: 'From VM to VM through the switch, on one core',
    goals: [
      { name: 'frames of 64 bytes', unit: 'Mpps', reach: { least: 10 } },
      { name: 'frames of 1518 bytes', unit: 'Gb/s', reach: { least: 20 } },
    ],
  },
  {
    name: 'service-chain',
    title: 'Chains of VMs on two cores',
    goals: [2, 4, 8].map((count) => ({ name: `chain of ${count}`, unit: 'Mpps' })),
  },
  {
    name: 'hop',
    title: 'One VM more on the way, busy-polled',
    goals: [
      { name: 'added latency of a hop, p50', unit: 'us', reach: { most: 5 } },
      { name: 'added latency of a hop, p99', unit: 'us', reach: { most: 50 } },
    ],
  },
  {
    name: 'idle',
    title: 'An appliance without traffic',
    goals: [
      { name: 'part of a core without traffic', unit: '%', reach: { most: 0.1 } },
      { name: 'from a frame on the ring of one that sleeps to the same frame out, p50', unit: 'us', reach: { most: 100 } },
    ],
    text: '`npx wirelet bench wake`: a wire, without traffic and with a frame now and then.',
    usual: true,
    async measure() {
      const { idle_percent: idle, wake_ns } = await wireletJson<{ idle_percent: { median: number; samples: number[] }; wake_ns: { p50: number; p99: number; max: number } }>(['bench', 'wake']);
      return [
        { name: 'part of a core without traffic', value: idle.median, samples: idle.samples },
        { name: 'from a frame on the ring of one that sleeps to the same frame out, p50', value: wake_ns.p50 / 1000, note: `p99 ${(wake_ns.p99 / 1000).toFixed(0)} us, max ${(wake_ns.max / 1000).toFixed(0)} us` },
      ];
    },
  },
  {
    name: 'replacement',
    title: 'Replacement and crash',
    goals: [
      { name: 'frames lost by a swap at 1 Mpps offered', unit: '', reach: { most: 0 } },
      { name: 'outage after kill -9, p50', unit: 'ms', reach: { most: 20 } },
    ],
  },
];
