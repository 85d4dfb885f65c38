/** Many appliances on one host: switch, chains, lifecycle, density. */
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import type { BootAmongMeasurement } from '#src/measure/site/boot-among.js';
import type { ChainMeasurement, Percentiles } from '#src/measure/site/chain.js';
import type { DensityMeasurement } from '#src/measure/site/density.js';
import type { ReplacementMeasurement } from '#src/measure/site/replacement.js';
import { wireletJson, type GoalGroup } from './goal.js';

const TRAFFIC = path.join(packageRoot, 'configs/traffic/firewall/lan-in.pcap');
const STARTS = 50;
const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(2);
const times = ({ p50, p99, p99_9, max }: Percentiles) => `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, p99.9 ${p99_9.toFixed(1)}, max ${max.toFixed(0)} us`;

export const SITES: readonly GoalGroup[] = [
  {
    name: 'density',
    title: 'Many appliances on one host',
    goals: [
      { name: 'firewalls up, each answering a ping through the switch', unit: '', reach: { least: 1000 } },
      { name: 'host memory of each, all told', unit: 'MiB', reach: { most: 3 } },
      { name: 'started in a second', unit: '', reach: { least: 200 } },
      { name: 'part of a core that each takes without traffic', unit: '%', reach: { most: 0.1 } },
    ],
    text: '`npx wirelet bench density`: firewalls in cables of their own, a VLAN each, between somebody who pings and a host that answers.',
    async measure() {
      const result = await wireletJson<DensityMeasurement>(['bench', 'density']);
      const { memory_bytes: memory, ping_us: ping } = result;
      return [
        { name: 'firewalls up, each answering a ping through the switch', value: Math.min(result.running, result.answering), note: `${result.answered} of ${result.pings} pings; p50 ${ping.p50.toFixed(0)}, p99 ${ping.p99.toFixed(0)} us` },
        { name: 'host memory of each, all told', value: memory.all_told / 2 ** 20, note: `of it the process ${mebibytes(memory.process)}, the switch ${mebibytes(memory.switch)} MiB` },
        { name: 'started in a second', value: result.starts_per_second },
        { name: 'part of a core that each takes without traffic', value: result.idle_percent },
      ];
    },
  },
  {
    name: 'start-beside-others',
    title: 'Start of one more',
    goals: [
      { name: 'execve to the first frame with 0 others, p50', unit: 'ms', reach: { most: 5 } },
      { name: 'execve to the first frame with 999 others, p50', unit: 'ms', reach: { most: 5 } },
      { name: 'with 999 others against with none', unit: 'times', reach: { most: 2 } },
    ],
    text: `\`npx wirelet bench boot --others 999\`: ${STARTS} starts each.`,
    async measure() {
      const result = await wireletJson<BootAmongMeasurement>(['bench', 'boot', '--others', '999', '--runs', String(STARTS), '--template', TRAFFIC]);
      return [
        { name: 'execve to the first frame with 0 others, p50', value: result.alone.median / 1e3, note: `p99 ${(result.alone.p99 / 1e3).toFixed(2)} ms` },
        { name: 'execve to the first frame with 999 others, p50', value: result.median / 1e3, note: `p99 ${(result.p99 / 1e3).toFixed(2)} ms` },
        { name: 'with 999 others against with none', value: result.ratio },
      ];
    },
  },
  {
    name: 'switch',
    title: 'From VM to VM through the switch, on one core',
    goals: [
      { name: 'frames of 64 bytes', unit: 'Mpps', reach: { least: 10 } },
      { name: 'frames of 1518 bytes', unit: 'Gb/s', reach: { least: 20 } },
    ],
    text: '`npx wirelet bench chain --only pairs`: frames go round through a VM on one processor and, between two ports of it, a learning switch on the other.',
    async measure(_, samples) {
      const { pairs } = await wireletJson<ChainMeasurement>(['bench', 'chain', '--only', 'pairs', '--runs', String(samples)]);
      return pairs.map(({ frame_size: size, mpps, gbps, samples, switch_ns_per_packet: ns }) => ({ name: `frames of ${size} bytes`, value: size === 64 ? mpps : gbps, ...(size === 64 ? { samples } : {}), note: `${ns.toFixed(1)} ns of the switch for a frame` }));
    },
  },
  {
    name: 'service-chain',
    title: 'Chains of VMs on two cores',
    goals: [2, 4, 8].map((count) => ({ name: `chain of ${count}`, unit: 'Mpps' })),
    text: '`npx wirelet bench chain --only chains`: wires, 64-byte frames; loss and latency at half of that rate. The switch has one processor, all VMs share the other.',
    async measure(_, samples) {
      const { chains } = await wireletJson<ChainMeasurement>(['bench', 'chain', '--only', 'chains', '--runs', String(samples)]);
      return chains.map(({ vms, mpps, samples, rate, offered, lost, latency_us: latency }) => ({
        name: `chain of ${vms}`, value: mpps, samples, note: `at ${(rate / 1e6).toFixed(2)} Mpps ${lost} of ${offered} lost${latency === null ? '' : `, ${times(latency)}`}`,
      }));
    },
  },
  {
    name: 'hop',
    title: 'One VM more on the way, busy-polled',
    goals: [
      { name: 'added latency of a hop, p50', unit: 'us', reach: { most: 5 } },
      { name: 'added latency of a hop, p99', unit: 'us', reach: { most: 50 } },
    ],
    text: '`npx wirelet bench chain --only hop`: generator, wire, one VM with `busy_poll`, wire, sink, against generator, wire, sink.',
    async measure() {
      const { hop } = await wireletJson<ChainMeasurement>(['bench', 'chain', '--only', 'hop']);
      const { with_us: through, without_us: without } = hop!;
      return [
        { name: 'added latency of a hop, p50', value: through.p50 - without.p50, note: `at ${hop!.rate} frames a second; with it ${times(through)}` },
        { name: 'added latency of a hop, p99', value: through.p99 - without.p99, note: `without it ${times(without)}; ${hop!.lost} lost` },
      ];
    },
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
      { name: 'packets offered a second during the swaps', unit: 'Mpps' },
      { name: 'outage after kill -9, p50', unit: 'ms', reach: { most: 20 } },
    ],
    text: '`npx wirelet bench swap`: a NAT gateway is replaced five times under load, with its flows; nine others are killed, one at a time.',
    async measure() {
      const result = await wireletJson<ReplacementMeasurement>(['bench', 'swap']);
      return [
        { name: 'frames lost by a swap at 1 Mpps offered', value: result.lost, note: `of ${result.offered}; frames waited ${result.samples.map((each) => each.toFixed(1)).join(', ')} ms in the switch` },
        { name: 'packets offered a second during the swaps', value: result.offered_pps / 1e6 },
        ...(result.outage_ms === null ? [] : [{ name: 'outage after kill -9, p50', value: result.outage_ms.median, samples: result.outage_ms.samples }]),
      ];
    },
  },
];
