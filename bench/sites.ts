/** What a machine full of appliances does: density, starts among others, chains, swaps, waking up. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { measureBootAmong } from '#src/measure/site/boot-among.js';
import { measureChain, type Percentiles } from '#src/measure/site/chain.js';
import { measureDensity } from '#src/measure/site/density.js';
import { measureReplacement } from '#src/measure/site/replacement.js';
import { measureWake } from '#src/measure/wake.js';
import { probeKvm } from '#src/run/machine.js';

/** A row of the table; `good` is null where a figure is only reported. */
export interface SiteFigure {
  readonly name: string;
  readonly measured: string;
  readonly reach: string;
  readonly good: boolean | null;
}

const FIREWALLS = 1000;
const STARTS = 50;
const MEBIBYTE = 2 ** 20;

export async function measureSites(say: (text: string) => void): Promise<SiteFigure[]> {
  if (!probeKvm().usable) return [];
  return [...(await density(say)), ...(await boot(say)), ...(await chains(say)), ...(await swaps(say)), ...(await wake(say))];
}

const figure = (name: string, measured: string, reach: string, good: boolean | null): SiteFigure => ({ name, measured, reach, good });
const least = (name: string, value: number, unit: string, least: number): SiteFigure => figure(name, `${short(value)} ${unit}`, `>= ${least} ${unit}`, value >= least);
const most = (name: string, value: number, unit: string, most: number): SiteFigure => figure(name, `${short(value)} ${unit}`, `<= ${most} ${unit}`, value <= most);
const short = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3));
const whole = (value: number) => Math.round(value).toLocaleString('en-US');

async function density(say: (text: string) => void): Promise<SiteFigure[]> {
  const { count, running, answering, answered, pings, starts_per_second: starts, memory_bytes: memory, idle_percent: idle, ping_us: ping } = await measureDensity({ count: FIREWALLS, rounds: 2, onProgress: say });
  return [
    figure(`firewalls up, each answering pings through the switch`, `${whole(running)} up, ${whole(answering)} answering (${whole(answered)} of ${whole(pings)} pings, p50 ${whole(ping.p50)} us)`, whole(count), running === count && answering === count),
    most(`host memory of each, all told (process ${short(memory.process / MEBIBYTE)}, switch ${short(memory.switch / MEBIBYTE)})`, memory.all_told / MEBIBYTE, 'MiB', 3),
    least('firewalls started', starts, 'a second', 200),
    most(`an idle one of ${whole(count)}`, idle, '% of a core', 0.1),
  ];
}

async function boot(say: (text: string) => void): Promise<SiteFigure[]> {
  const traffic = path.join(packageRoot, 'configs/traffic/firewall/lan-in.pcap');
  const result = await measureBootAmong(FIREWALLS - 1, { vmm: 'kvm', runs: STARTS, load: {}, template: traffic, onProgress: say });
  return [
    figure(`execve of one more to its first frame, p50, with 0 and with ${FIREWALLS - 1} others`, `${(result.alone.median / 1e3).toFixed(2)} and ${(result.median / 1e3).toFixed(2)} ms`, '<= 5 ms', result.median <= 5000 && result.alone.median <= 5000),
    most('the second by the first', result.ratio, 'times', 2),
  ];
}

async function chains(say: (text: string) => void): Promise<SiteFigure[]> {
  const { pairs, chains: rows, hop } = await measureChain({ lengths: [2, 4, 8], sizes: [64, 1518], runs: 3, cores: availableParallelism(), onProgress: say });
  const [small, large] = pairs as [(typeof pairs)[number], (typeof pairs)[number]];
  const times = ({ p50, p99, p99_9, max }: Percentiles) => `p50 ${short(p50)}, p99 ${short(p99)}, p99.9 ${short(p99_9)}, max ${short(max)} us`;
  const placed = `one VM on both sides of it, on a core each: ${small.switch_ns_per_packet.toFixed(1)} and ${large.switch_ns_per_packet.toFixed(1)} ns of it for a frame`;
  return [
    least(`VM to VM through the switch, 64 bytes (${placed})`, small.mpps, 'Mpps', 10),
    least('the same, 1518 bytes', large.gbps, 'Gb/s', 20),
    ...rows.map(({ vms, mpps, lost, offered, rate, latency_us: latency }) => figure(`chain of ${vms} VMs`, `${short(mpps)} Mpps; at ${whole(rate)} a second ${whole(lost)} of ${whole(offered)} lost${latency === null ? '' : `, ${times(latency)}`}`, '', null)),
    most(`one VM more on the way, busy-polled, p50 (${whole(hop.rate)} a second; ${times(hop.without_us)} without it)`, hop.added_p50_us, 'us', 5),
    most('through the switch and that VM, p99', hop.with_us.p99, 'us', 50),
  ];
}

async function swaps(say: (text: string) => void): Promise<SiteFigure[]> {
  const result = await measureReplacement({ rate: 1e6, swaps: 5, kills: 9, onProgress: say });
  const offered = result.offered_pps / 1e6;
  return [
    figure(`${result.swaps} swaps of a NAT gateway with its flows, ${offered.toFixed(2)} Mpps offered`, `${whole(result.lost)} of ${whole(result.offered)} lost; frames waited ${short(result.median)} ms`, 'none lost at 1 Mpps', result.lost === 0 && offered > 0.95),
    ...(result.outage_ms === null ? [] : [most('kill -9 of a VM to its successor at the switch, p50', result.outage_ms.median, 'ms', 20)]),
  ];
}

async function wake(say: (text: string) => void): Promise<SiteFigure[]> {
  const { wake_ns: times, idle_percent: idle } = await measureWake({ vmm: 'kvm', runs: 3, load: {}, onProgress: say });
  return [most('frame to the same frame out of a VM that sleeps, p50', times.p50 / 1e3, 'us', 100), most('an idle VM by itself', idle.median, '% of a core', 0.1)];
}
