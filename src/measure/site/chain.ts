/**
 * What the switch carries between VMs, and what a row of VMs does to packets. From ring to ring: frames go round through a VM
 * that bounces them and the switch between its two ports, as fast as they go; two VMs would need a third processor, or wait
 * for each other. Chains of wires: frames of a generator in the switch go in at one end; at the other one they are counted
 * and timed.
 */
import path from 'node:path';
import { packageRoot } from '../../package-root.js';
import type { StreamFigures } from '../../run/outcome.js';
import { conditions, type Conditions } from '../conditions.js';
import { percentileOf, type Histogram } from '../histogram.js';
import { interruptedBeforeAll, upTo } from '../interrupted.js';
import { median } from '../statistics.js';
import { timeLeft } from '../time-left.js';
import { BenchSite, pause } from './bench-site.js';
import { processorTime } from './process-figures.js';

export const CHAIN_PARTS = ['pairs', 'hop', 'chains'] as const;
export type ChainPart = (typeof CHAIN_PARTS)[number];

export interface ChainOptions {
  /** How many VMs a chain has; each is measured. */
  readonly lengths: readonly number[];
  /** Bytes of a frame, with its check sequence, between two VMs at the switch. */
  readonly sizes: readonly number[];
  readonly runs: number;
  /** Parts that are measured. */
  readonly only: readonly ChainPart[];
  readonly cores: number;
  /** Ends it early: the parts until then are the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

export interface PairFigures {
  readonly frame_size: number;
  /** Millions of frames a second from VM to VM, each run's and their median. */
  readonly samples: readonly number[];
  readonly mpps: number;
  /** Of frames, without preamble and gap. */
  readonly gbps: number;
  /** Nanoseconds of the switch's processor for each frame, those in which it waits included. */
  readonly switch_ns_per_packet: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p99_9: number;
  readonly max: number;
}

export interface ChainFigures {
  readonly vms: number;
  /** At full speed, where each sender waits for its receiver. */
  readonly mpps: number;
  readonly samples: readonly number[];
  /** At half of that. */
  readonly rate: number;
  readonly offered: number;
  readonly lost: number;
  readonly latency_us: Percentiles | null;
}

export interface HopFigures {
  readonly rate: number;
  /** From the generator through the switch to the sink, without a VM and with one that polls all the time. */
  readonly without_us: Percentiles;
  readonly with_us: Percentiles;
  /** What the VM adds at the median. */
  readonly added_p50_us: number;
  readonly lost: number;
}

export interface ChainMeasurement {
  readonly conditions: Conditions;
  readonly pairs: readonly PairFigures[];
  readonly chains: readonly ChainFigures[];
  /** Null: it was not asked for. */
  readonly hop: HopFigures | null;
  /** It was interrupted: parts are missing. */
  readonly partial?: true;
  readonly samples: readonly number[];
  readonly median: number | null;
  readonly unit: 'Mpps';
}

const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const SETTLE_MS = 300, WATCH_MS = 1000;
const LATENCY_RATE = 10_000;
const HOP_RATE = 100_000, HOP_FRAMES = 200_000;
const STREAM_SECONDS = 1;
/** Frames that go round: so many that each side always has some, and fewer than a ring has places. */
const ROUND = 192;

/** The switch has the last processor for itself, VMs have the others. */
function placement(cores: number): { readonly cpus?: readonly number[]; readonly switch?: object } {
  return cores < 2 ? {} : { cpus: Array.from({ length: cores - 1 }, (_, index) => index), switch: { cpus: [cores - 1] } };
}

export async function measureChain({ lengths, sizes, runs, only, cores, signal, onProgress = () => {} }: ChainOptions): Promise<ChainMeasurement> {
  const pairs: PairFigures[] = [];
  const chains: ChainFigures[] = [];
  let hop: HopFigures | null = null;
  const parts = [
    ...(only.includes('pairs') ? sizes : []).map((size) => ({ what: `from VM to VM, ${size} bytes`, measure: async () => void pairs.push(await pair(size, runs, cores, signal)) })),
    ...(only.includes('hop') ? [{ what: 'one hop', measure: async () => void (hop = await oneHop(cores, signal)) }] : []),
    ...(only.includes('chains') ? lengths : []).map((vms) => ({ what: `a chain of ${vms} VMs`, measure: async () => void chains.push(await chain(vms, runs, cores, signal)) })),
  ];
  const began = performance.now();
  const interrupted = await upTo(signal, async () => {
    for (const [index, { what, measure }] of parts.entries()) {
      signal?.throwIfAborted();
      onProgress(`${what} (${index + 1} of ${parts.length}${timeLeft(began, index, parts.length)}) ...`);
      await measure();
    }
  });
  if (interrupted && pairs.length + chains.length === 0 && hop === null) throw interruptedBeforeAll();
  const samples = pairs[0]?.samples ?? chains[0]?.samples ?? [];
  return { conditions: conditions('kvm'), pairs, hop, chains, ...(interrupted ? { partial: true as const } : {}), samples, median: samples.length === 0 ? null : median(samples), unit: 'Mpps' };
}

async function pair(size: number, runs: number, cores: number, signal: AbortSignal | undefined): Promise<PairFigures> {
  const { cpus, switch: ofSwitch } = placement(cores);
  const site = await BenchSite.start({
    site: {
      name: 'pair', ...(ofSwitch === undefined ? {} : { switch: ofSwitch }),
      appliances: { round: { graph: 'round.yaml', cpus, busy_poll: true } },
      networks: { between: { ports: ['round.out', 'round.in'], flood_pps: 0 } },
    },
    // The switch learns where `in` is by its one frame.
    files: {
      'round.yaml': 'interfaces: { out: { mac: 02:00:00:00:00:0a }, in: { mac: 02:00:00:00:00:0b } }\ngraph: |\n  InfiniteSource(DATA \\<02000000000a 02000000000b 88b5>, LENGTH 60, LIMIT 1) -> in;\n  in -> StoreData(6, \\<02000000000a>) -> out;\n  out -> Discard;\n',
    },
  });
  try {
    await site.plug('beginner', 'between', 'gen', `size=${size},count=${ROUND},rate=${ROUND * 10},mac=02:00:00:00:00:0b`);
    await pause(SETTLE_MS);
    const samples: number[] = [], times: number[] = [];
    for (let index = 0; index < runs; index += 1) {
      signal?.throwIfAborted();
      const before = await look(site), time = processorTime(site.daemon.pid);
      await pause(WATCH_MS);
      const after = await look(site), taken = processorTime(site.daemon.pid) - time;
      const packets = after.received - before.received;
      samples.push((packets / (after.at - before.at)) * 1e3);
      times.push(taken / Math.max(1, packets));
    }
    const mpps = median(samples);
    return { frame_size: size, samples, mpps, gbps: (mpps * size * 8) / 1e3, switch_ns_per_packet: median(times) };
  } finally {
    await site.stop();
  }
}

async function look(site: BenchSite): Promise<{ at: number; received: number }> {
  const { at_ns: at, ports } = await site.daemon.figures();
  return { at, received: ports.find(({ name }) => name === 'round.in')!.tx_packets };
}

/** A row of `vms` VMs; no frame comes before its ends are plugged in. */
async function row(vms: number, cores: number, busy: boolean): Promise<BenchSite> {
  const { cpus, switch: ofSwitch } = placement(cores);
  const names = Array.from({ length: vms }, (_, index) => `vm${index + 1}`);
  const wires = Array.from({ length: vms + 1 }, (_, index) => [...(index === 0 ? [] : [`vm${index}.wan`]), ...(index === vms ? [] : [`vm${index + 1}.lan`])]);
  return BenchSite.start({
    site: {
      name: 'chain', ...(ofSwitch === undefined ? {} : { switch: ofSwitch }),
      appliances: { ...(vms === 0 ? { idle: { graph: WIRE } } : {}), ...Object.fromEntries(names.map((name) => [name, { graph: WIRE, cpus, busy_poll: busy }])) },
      // The ends are wires once the generator and the sink are there.
      interfaces: { begin: { generator: 'count=1,rate=1' }, end: { generator: 'count=1,rate=1' } },
      networks: Object.fromEntries(wires.map((ports, index) => [`wire${index}`, { kind: 'wire', ports: [...(index === 0 ? ['begin'] : []), ...ports, ...(index === vms ? ['end'] : [])] }])),
    },
  });
}

/** Frames from one end to the other. */
async function send(site: BenchSite, vms: number, rate: number, frames: number): Promise<StreamFigures> {
  await site.replug('end', `wire${vms}`, 'null');
  await site.replug('begin', 'wire0', 'gen', `size=64,rate=${rate},count=${frames},verify=true,latency=${Math.min(LATENCY_RATE, rate)}`);
  return site.settled('begin', frames, (frames / rate) * 1e3);
}

async function chain(vms: number, runs: number, cores: number, signal: AbortSignal | undefined): Promise<ChainFigures> {
  const site = await row(vms, cores, false);
  try {
    const samples: number[] = [];
    for (let index = 0; index < runs; index += 1) {
      signal?.throwIfAborted();
      await site.replug('end', `wire${vms}`, 'null');
      await site.replug('begin', 'wire0', 'gen', 'size=64,rate=max');
      await pause(SETTLE_MS);
      const before = await site.daemon.figures();
      await pause(WATCH_MS);
      const after = await site.daemon.figures();
      const count = (figures: typeof before) => figures.ports.find((port) => port.name === 'end')!.tx_packets;
      samples.push(((count(after) - count(before)) / (after.at_ns - before.at_ns)) * 1e3);
    }
    const mpps = median(samples);
    await site.replug('begin', 'wire0', 'null');
    await pause(SETTLE_MS);
    const rate = Math.max(1000, Math.round((mpps * 1e6) / 2));
    const frames = rate * STREAM_SECONDS;
    const stream = await send(site, vms, rate, frames);
    return { vms, mpps, samples, rate, offered: stream.offered, lost: stream.unsent + (stream.lost_sequences ?? 0), latency_us: percentiles(stream.latency) };
  } finally {
    await site.stop();
  }
}

async function oneHop(cores: number, signal: AbortSignal | undefined): Promise<HopFigures> {
  const times: (Percentiles | null)[] = [];
  let lost = 0;
  for (const vms of [0, 1]) {
    signal?.throwIfAborted();
    const site = await row(vms, cores, true);
    try {
      const stream = await send(site, vms, HOP_RATE, HOP_FRAMES);
      times.push(percentiles(stream.latency));
      lost += stream.unsent + (stream.lost_sequences ?? 0);
    } finally {
      await site.stop();
    }
  }
  const [without, through] = times as [Percentiles, Percentiles];
  return { rate: HOP_RATE, without_us: without, with_us: through, added_p50_us: through.p50 - without.p50, lost };
}

function percentiles(latency: Histogram | undefined): Percentiles | null {
  if (latency === undefined || latency.count === 0) return null;
  const at = (percent: number) => percentileOf(latency, percent) / 1e3;
  return { p50: at(50), p99: at(99), p99_9: at(99.9), max: latency.max_ns / 1e3 };
}
