/** What an appliance costs while nothing comes, and how soon it is awake when something does. */
import { failure } from '../diagnostics.js';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadOptions } from '../graph/load.js';
import { packageRoot } from '../package-root.js';
import type { Vmm } from '../run/outcome.js';
import type { PortSpec } from '../run/port-spec.js';
import { run } from '../run/run.js';
import { interfaceNames, openSubject } from '../run/subject.js';
import { conditions, type Conditions } from './conditions.js';
import { interruptedBeforeAll, upTo } from './interrupted.js';
import { merge, percentileOf, type Histogram } from './histogram.js';
import { median } from './statistics.js';
import { timeLeft } from './time-left.js';

export interface WakeOptions {
  readonly graph?: string | undefined;
  readonly vmm?: Vmm | undefined;
  readonly runs: number;
  readonly load: LoadOptions;
  /** Ends it early: the runs until then are the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (text: string) => void;
}

export interface WakeMeasurement {
  readonly conditions: Conditions;
  /** Part of one core that an appliance takes without traffic, all told (VMM, guest), in percent; each run's, and their median. */
  readonly idle_percent: { readonly samples: readonly number[]; readonly median: number };
  /** Nanoseconds from a frame on the ring of an appliance that sleeps to the same frame out. */
  readonly wake_ns: Readonly<Record<'p50' | 'p90' | 'p99' | 'max', number>>;
  readonly samples: readonly number[];
  readonly median: number;
  readonly unit: 'percent';
  readonly frames: number;
  readonly runs: number;
  /** It was interrupted: `runs` were made. */
  readonly partial?: true;
}

/** Apart enough for the appliance and its VMM to fall asleep between two frames. */
const FRAMES_PER_SECOND = 100;
const FRAMES_PER_RUN = 200;
/** First the start is let pass; then it is watched. */
const SETTLE_MS = 700, WATCH_MS = 2000;

/** Each run is one of an appliance without traffic, and one of an appliance with a frame now and then. */
export async function measureWake({ graph = path.join(packageRoot, 'configs/wire.yaml'), vmm, runs, load, signal, onProgress }: WakeOptions): Promise<WakeMeasurement> {
  const { subject } = await openSubject(graph, load);
  const names = interfaceNames(subject);
  const idle: number[] = [];
  const histograms: Histogram[] = [];
  let chosen = undefined as Vmm | undefined;
  const began = performance.now();
  let made = 0;
  await upTo(signal, async () => {
    for (let index = 0; index < runs; index += 1) {
      signal?.throwIfAborted();
      onProgress?.(`run ${index + 1} of ${runs}${timeLeft(began, index, runs)} ...`);
      const nothing = new Map<string, PortSpec>(names.map((name) => [name, { kind: 'null' }]));
      const quiet = run(subject, { vmm, ports: nothing, untilIdle: false, realTime: true, seconds: (SETTLE_MS + WATCH_MS) / 1000 + 1 });
      // It may end by the same Ctrl-C as we.
      quiet.catch(() => undefined);
      const percent = await watch();
      chosen = (await quiet).vmm;
      const ports = new Map<string, PortSpec>(names.map((name, at) => [name, at > 0 ? { kind: 'null' } : { kind: 'gen', size: 128, count: FRAMES_PER_RUN, rate: FRAMES_PER_SECOND, latency: FRAMES_PER_SECOND, flows: 1 }]));
      const outcome = await run(subject, { vmm, ports, untilIdle: true, seconds: FRAMES_PER_RUN / FRAMES_PER_SECOND + 5 });
      signal?.throwIfAborted();
      made += 1;
      idle.push(percent);
      const latency = outcome.streams?.[names[0]!]?.latency;
      if (latency !== undefined && latency.count > 0) histograms.push(latency);
    }
  });
  if (made === 0) throw interruptedBeforeAll();
  if (histograms.length === 0) throw failure('WL4131', `the appliance forwards none of the frames that are sent to "${names[0]}"`, 'Take a graph that forwards them, such as configs/wire.yaml.');
  const all = merge(histograms);
  const wake = { p50: percentileOf(all, 50), p90: percentileOf(all, 90), p99: percentileOf(all, 99), max: all.max_ns };
  return { conditions: conditions(chosen!), idle_percent: { samples: idle, median: median(idle) }, wake_ns: wake, samples: idle, median: median(idle), unit: 'percent', frames: all.count, runs: made, ...(made < runs ? { partial: true as const } : {}) };
}

/** Percent of a core that our children take while nothing happens. */
async function watch(): Promise<number> {
  await pause(SETTLE_MS);
  const before = childTime(), begin = performance.now();
  await pause(WATCH_MS);
  return (100 * (childTime() - before)) / ((performance.now() - begin) * 1e6);
}

/** Nanoseconds on a processor that our children, and theirs, have had. */
function childTime(): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? /\) \S (\d+)/.exec(textOf(`/proc/${name}/stat`))?.[1] : undefined;
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const ours = (pid: number): boolean => parents.get(pid) === process.pid || (parents.has(pid) && ours(parents.get(pid)!));
  let sum = 0;
  for (const pid of parents.keys()) if (ours(pid)) for (const task of tasksOf(pid)) sum += Number(textOf(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]);
  return sum;
}

/** Empty where the process has just ended. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}
