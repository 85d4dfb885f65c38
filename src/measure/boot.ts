/** How fast appliances start: execve of the VMM to the first frame out. */
import path from 'node:path';
import type { LoadOptions } from '../graph/load.js';
import { packageRoot } from '../package-root.js';
import type { RunOutcome, Vmm } from '../run/outcome.js';
import type { PortSpec } from '../run/port-spec.js';
import { run } from '../run/run.js';
import { interfaceNames, openSubject } from '../run/subject.js';
import { shippedTraffic } from './appliance-device.js';
import { interruptedBeforeAll, upTo } from './interrupted.js';
import { conditions, type Conditions } from './conditions.js';
import { median, percentile } from './statistics.js';
import { timeLeft } from './time-left.js';

export interface BootOptions {
  readonly graph?: string | undefined;
  readonly vmm?: Vmm | undefined;
  readonly runs: number;
  readonly load: LoadOptions;
  /** Capture whose frames are sent to the first interface; without it the one that is shipped beside the graph, else generated ones. */
  readonly template?: string;
  /** Ends it early: the starts until then are the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (text: string) => void;
}

export interface BootMeasurement {
  readonly conditions: Conditions;
  /** Microseconds to the first frame out, of every start that had one. */
  readonly samples: readonly number[];
  readonly median: number;
  readonly p99: number;
  readonly unit: 'us';
  readonly runs: number;
  /** It was interrupted: `runs` were made. */
  readonly partial?: true;
  readonly parts: Readonly<Record<'first_frame_us' | 'vmm_us' | 'guest_us', { readonly median: number; readonly p99: number; readonly min: number; readonly max: number }>>;
}

/** Starts between two words about the time left. */
const STARTS_PER_WORD = 25;
/** Frames of a start: not all of them need to pass. */
const FRAMES_PER_START = 64;
const SECONDS_MAX = 10;

/** Each run boots a fresh appliance, sends it frames until one comes out, and ends. */
export async function measureBoot({ graph = path.join(packageRoot, 'configs/firewall.yaml'), vmm, runs, load, template, signal, onProgress }: BootOptions): Promise<BootMeasurement> {
  const { subject } = await openSubject(graph, load);
  const names = interfaceNames(subject);
  const ports = new Map<string, PortSpec>(names.map((name, index) => [name, index === 0 ? { kind: 'gen', size: 64, count: FRAMES_PER_START, rate: 'max', flows: 1, template: template ?? shippedTraffic(graph, name) } : { kind: 'null' }]));
  const samples = { first_frame_us: [] as number[], vmm_us: [] as number[], guest_us: [] as number[] };
  let chosen = undefined as RunOutcome | undefined;
  const began = performance.now();
  let made = 0;
  await upTo(signal, async () => {
    for (let index = 0; index < runs; index += 1) {
      signal?.throwIfAborted();
      if (index > 0 && index % STARTS_PER_WORD === 0) onProgress?.(`start ${index + 1} of ${runs}${timeLeft(began, index, runs)} ...`);
      const outcome = await run(subject, { vmm, ports, untilIdle: true, seconds: SECONDS_MAX, ...(signal === undefined ? {} : { signal }) });
      // Its frames were cut short, too.
      signal?.throwIfAborted();
      made += 1;
      chosen ??= outcome;
      for (const [name, list] of Object.entries(samples)) {
        const value = outcome.boot[name as keyof typeof samples];
        if (value !== null) list.push(value);
      }
    }
  });
  if (chosen === undefined) throw interruptedBeforeAll();
  const figures = (list: readonly number[]) => ({ median: median(list), p99: percentile(list, 99), min: percentile(list, 0), max: percentile(list, 100) });
  const parts = { first_frame_us: figures(samples.first_frame_us), vmm_us: figures(samples.vmm_us), guest_us: figures(samples.guest_us) };
  return { conditions: conditions(chosen.vmm), samples: samples.first_frame_us, median: parts.first_frame_us.median, p99: parts.first_frame_us.p99, unit: 'us', runs: made, ...(made < runs ? { partial: true as const } : {}), parts };
}
