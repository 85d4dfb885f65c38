/**
 * A machine full of firewalls: how fast they start, what each takes, and whether each one forwards. The firewalls stand in
 * cables of their own, a VLAN each, between somebody who pings and a host that answers: a ping and its answer go through
 * the switch four times, and through that one firewall twice.
 */
import path from 'node:path';
import { CaptureWriter } from '../../capture/write.js';
import { packageRoot } from '../../package-root.js';
import { frameBytes } from '../../run/frames/frame-bytes.js';
import { conditions, type Conditions } from '../conditions.js';
import { percentileOf } from '../histogram.js';
import { interruptedBeforeAll } from '../interrupted.js';
import { BenchSite, pause, type BenchFiles } from './bench-site.js';
import { availableMemory, processorTime, shareOfMemory } from './process-figures.js';

export interface DensityOptions {
  readonly count: number;
  /** Of pings. */
  readonly rounds: number;
  /** Ends it early, without a result. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

export interface DensityMeasurement {
  readonly conditions: Conditions;
  readonly count: number;
  /** Never: without all of it there is no result. */
  readonly partial?: true;
  /** All of them run when the start has ended. */
  readonly running: number;
  /** From the first start to the last one's rings at the switch. */
  readonly start_seconds: number;
  readonly starts_per_second: number;
  /** Pings, one to each firewall in each round, and how many were answered; firewalls that answered all. */
  readonly pings: number;
  readonly answered: number;
  readonly answering: number;
  readonly ping_us: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Bytes of the host for each firewall: of its process; of the switch; of all that the machine has less (kernel and keeper, too). */
  readonly memory_bytes: { readonly process: number; readonly switch: number; readonly all_told: number };
  /** Percent of one core that each takes while nothing comes, the switch's share included. */
  readonly idle_percent: number;
  readonly samples: readonly number[];
  readonly median: number;
  readonly unit: 'starts/s';
}

/** VLANs are what tells the cables apart. */
export const DENSITY_MAX = 4000;

const PINGS_PER_SECOND = 2000;
const WATCH_MS = 3000;
const HOST_MAC = 0x0200_0000_0a01n;
const OFFICE_HOST = 0xc000_0202n, OTHER_HOST = 0xc633_6407n; // 192.0.2.2, 198.51.100.7

const HOST = `
interfaces: { net: { mac: 02:00:00:00:0a:01 } }
graph: |
  net -> Classifier(12/8100 16/0800) -> VLANDecap -> Strip(14) -> CheckIPHeader -> ICMPPingResponder
      -> Unstrip(14) -> EtherMirror -> VLANEncap(ANNO) -> net;
`;

export async function measureDensity({ count, rounds, signal, onProgress }: DensityOptions): Promise<DensityMeasurement> {
  const goOn = () => {
    if (signal?.aborted === true) throw interruptedBeforeAll();
  };
  const before = availableMemory();
  onProgress?.(`starting ${count} firewalls ...`);
  const site = await BenchSite.start({ ...densitySite(count), onProgress });
  try {
    const { appliances } = site.report;
    const firewalls = appliances.filter(({ name }) => name !== 'host');
    const seconds = site.report.appliances_ms / 1000;
    onProgress?.('pinging each of them ...');
    goOn();
    const pings = await ping(site, count, rounds);
    goOn();
    onProgress?.('watching them do nothing ...');
    const all = [...appliances.flatMap(({ pid }) => (pid === null ? [] : [pid])), site.daemon.pid];
    const idle = await timeOf(all);
    const processes = firewalls.reduce((sum, { pid }) => sum + (pid === null ? 0 : shareOfMemory(pid)), 0);
    const rate = appliances.length / seconds;
    return {
      conditions: conditions('kvm'),
      count,
      running: (await site.rack.figures()).appliances.filter(({ name, state }) => name !== 'host' && state === 'running').length,
      start_seconds: seconds,
      starts_per_second: rate,
      ...pings,
      memory_bytes: { process: processes / count, switch: shareOfMemory(site.daemon.pid) / count, all_told: Math.max(0, before - availableMemory()) / count },
      idle_percent: idle / count,
      samples: [rate],
      median: rate,
      unit: 'starts/s',
    };
  } finally {
    await site.stop();
  }
}

/** So many firewalls, and the host behind all of them. */
export function densitySite(count: number): BenchFiles {
  const vlans = Array.from({ length: count }, (_, index) => index + 1);
  const ports = (name: string) => vlans.map((vlan) => ({ port: `fw-${vlan}.${name}`, vlan }));
  const site = {
    name: 'density',
    appliances: { host: { graph: 'host.yaml' }, fw: { graph: path.join(packageRoot, 'configs/firewall.yaml'), count } },
    networks: {
      inside: { flood_pps: 0, ports: ports('lan') },
      outside: { flood_pps: 0, ports: [...ports('wan'), { port: 'host.net', trunk: vlans }] },
    },
  };
  return { site, files: { 'host.yaml': HOST } };
}

/** Pings through each firewall: numbered, so that no answer stands for another one. */
async function ping(site: BenchSite, count: number, rounds: number): Promise<Pick<DensityMeasurement, 'pings' | 'answered' | 'answering' | 'ping_us'>> {
  const template = path.join(site.folder, 'pings.pcap');
  const writer = new CaptureWriter(template);
  for (let vlan = 1; vlan <= count; vlan += 1) {
    writer.write(0n, frameBytes({ ethernet: { dst: HOST_MAC, vlan: BigInt(vlan) }, ipv4: { src: OFFICE_HOST, dst: OTHER_HOST }, icmp: { type: 8n, id: BigInt(vlan) }, payload: Buffer.alloc(32) }));
  }
  writer.close();
  const pings = count * rounds;
  const vlans = Array.from({ length: count }, (_, index) => index + 1);
  const before = await counts(site, count);
  await site.plug('pinger', 'inside', 'gen', `template=${template},count=${pings},rate=${PINGS_PER_SECOND},latency=${PINGS_PER_SECOND},verify=true`, { mode: 'trunk', vlans });
  const stream = await site.settled('pinger', pings);
  const after = await counts(site, count);
  const buckets = stream.latency!;
  return {
    pings,
    answered: stream.offered - (stream.lost_sequences ?? 0) - stream.unsent,
    answering: after.filter((number, index) => number - before[index]! >= rounds).length,
    ping_us: { p50: percentileOf(buckets, 50) / 1e3, p99: percentileOf(buckets, 99) / 1e3, max: buckets.max_ns / 1e3 },
  };
}

/** Frames that each firewall has sent to the inside so far: these are answers. */
async function counts(site: BenchSite, count: number): Promise<number[]> {
  const ports = new Map((await site.daemon.figures()).ports.map((port) => [port.name, port.rx_packets]));
  return Array.from({ length: count }, (_, index) => ports.get(`fw-${index + 1}.lan`) ?? 0);
}

/** Percent of a core that these processes take together. */
async function timeOf(pids: readonly number[]): Promise<number> {
  const sum = () => pids.reduce((total, pid) => total + processorTime(pid), 0);
  const before = sum(), begin = performance.now();
  await pause(WATCH_MS);
  return (100 * (sum() - before)) / ((performance.now() - begin) * 1e6);
}
