/**
 * A gateway that is replaced while a million packets a second go through it: what is lost (nothing should be), how long
 * frames wait in the switch, and for comparison how long a gateway is away that is killed.
 */
import path from 'node:path';
import { CaptureWriter } from '../../capture/write.js';
import { packageRoot } from '../../package-root.js';
import { conditions, type Conditions } from '../conditions.js';
import { percentileOf } from '../histogram.js';
import { interruptedBeforeAll } from '../interrupted.js';
import { median } from '../statistics.js';
import { BenchSite, pause } from './bench-site.js';

export interface ReplacementOptions {
  /** Frames a second. */
  readonly rate: number;
  readonly swaps: number;
  readonly kills: number;
  /** Ends it early: the swaps until then are the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

export interface ReplacementMeasurement {
  readonly conditions: Conditions;
  /** Frames a second that were to be offered, and that were. */
  readonly rate: number;
  readonly offered_pps: number;
  readonly offered: number;
  readonly lost: number;
  readonly reordered: number;
  readonly swaps: number;
  /** It was interrupted: swaps or kills are missing. */
  readonly partial?: true;
  /** How long frames waited in the switch, in milliseconds, of each swap. */
  readonly samples: readonly number[];
  readonly median: number;
  readonly unit: 'ms';
  /** What that does to single frames. */
  readonly latency_us: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** Milliseconds from kill -9 of an idle gateway to its successor at the switch, of each. */
  readonly outage_ms: { readonly samples: readonly number[]; readonly median: number } | null;
}

const NAT = path.join(packageRoot, 'configs/nat.yaml');
const FLOWS = 64;
const LATENCY_RATE = 10_000;
/** Between two swaps, and before the first: flows are there then. */
const APART_MS = 400;
/** How long an outage is awaited. */
const BACK_MS_MAX = 10_000;

/** The provider's router says where it is, unasked: an ARP reply (RFC 826) to the gateway. */
const ROUTER_IS_HERE = Buffer.from('02000000fe02 02000000aa02 0806 0001 0800 06 04 0002 02000000aa02 c63364fe 02000000fe02 c6336401'.replaceAll(' ', '').padEnd(120, '0'), 'hex');

export async function measureReplacement({ rate, swaps, kills, signal, onProgress = () => {} }: ReplacementOptions): Promise<ReplacementMeasurement> {
  const site = await BenchSite.start({
    site: {
      name: 'replacement',
      appliances: { nat: { graph: NAT }, ...(kills === 0 ? {} : { victim: { graph: NAT, count: kills } }) },
      interfaces: { begin: { generator: 'count=1,rate=1' }, end: { generator: 'count=1,rate=1' } },
      networks: {
        inside: { kind: 'wire', ports: ['begin', 'nat.inside'] },
        outside: { kind: 'wire', ports: ['nat.outside', 'end'] },
        ...(kills === 0 ? {} : { others: { ports: ['victim.inside'] } }),
      },
    },
  });
  try {
    const flows = `size=64,mac=02:00:00:00:fe:01,sources=10.0.0.16/28,destinations=203.0.113.5,sports=1024-1027,flows=${FLOWS}`;
    const reply = path.join(site.folder, 'router.pcap');
    const writer = new CaptureWriter(reply);
    writer.write(0n, ROUTER_IS_HERE);
    writer.close();
    await site.replug('end', 'outside', 'gen', `template=${reply},rate=1,count=1000`);
    // The gateway knows its router and has its flows first: what waits for that is not what is measured.
    await site.replug('begin', 'inside', 'gen', `${flows},count=1000,rate=1000`);
    await site.settled('begin', 1000);
    onProgress(`${swaps} swaps at ${rate} frames a second ...`);
    const seconds = (swaps + 2) * (APART_MS / 1000) + swaps * 0.3;
    const frames = Math.round(rate * seconds);
    await site.replug('begin', 'inside', 'gen', `${flows},count=${frames},rate=${rate},verify=true,latency=${Math.min(rate, LATENCY_RATE)}`);
    const samples: number[] = [];
    for (let index = 0; index < swaps; index += 1) {
      await pause(APART_MS);
      if (signal?.aborted === true) break;
      samples.push((await site.rack.swap({ name: 'nat', file: NAT, set: {}, elements: [], fresh: false })).pause_ms);
    }
    if (samples.length === 0) throw interruptedBeforeAll();
    const stream = await site.settled('begin', frames);
    const outages: number[] = [];
    for (let index = 0; index < kills; index += 1) {
      if (signal?.aborted === true) break;
      // Each once: one that ends again soon after its start is waited with.
      if (index === 0) onProgress(`killing ${kills} others ...`);
      outages.push(await outage(site, `victim-${index + 1}`));
    }
    const { latency } = stream;
    return {
      conditions: conditions('kvm'), rate, swaps: samples.length, ...(signal?.aborted === true ? { partial: true as const } : {}), samples, median: median(samples), unit: 'ms',
      offered: stream.offered, offered_pps: stream.elapsed_ns === 0 ? 0 : (stream.offered / stream.elapsed_ns) * 1e9,
      lost: stream.unsent + (stream.lost_sequences ?? 0), reordered: stream.reordered ?? 0,
      latency_us: latency === undefined ? null : { p50: percentileOf(latency, 50) / 1e3, p99: percentileOf(latency, 99) / 1e3, max: latency.max_ns / 1e3 },
      outage_ms: outages.length === 0 ? null : { samples: outages, median: median(outages) },
    };
  } finally {
    await site.stop();
  }
}

/** From the signal to the successor's rings at the switch. */
async function outage(site: BenchSite, name: string): Promise<number> {
  const appliance = site.rack.find(name);
  const { pid, restarts } = appliance.figures();
  const begin = performance.now();
  process.kill(pid!, 'SIGKILL');
  for (;;) {
    const now = appliance.figures();
    if (now.state === 'running' && now.restarts > restarts) break;
    if (performance.now() - begin > BACK_MS_MAX) return BACK_MS_MAX;
    // Who looks all the time takes it from those who are looked at.
    await pause(1);
  }
  return performance.now() - begin;
}
