/** How many packets an appliance passes when it sets the pace itself: the generator waits for room, nothing is lost. */
import os from 'node:os';
import { conditions, type Conditions } from './conditions.js';
import { ApplianceDevice, type ApplianceOptions } from './appliance-device.js';
import { coreToCore } from './core-to-core.js';
import { inParts } from './methods.js';
import { median } from './statistics.js';

export interface FullSpeed {
  readonly conditions: Conditions;
  /** Nanoseconds a packet, of each run. */
  readonly samples: readonly number[];
  readonly median: number;
  readonly unit: 'ns/packet';
  readonly mpps: number;
  readonly ns_per_packet: number;
  /** Of the time-stamp counter; null where it was not measured. */
  readonly cycles_per_packet: number | null;
  /** Nanoseconds of a word from one core to the other, before and after the runs: what frames between two cores depend on; absent on one core. */
  readonly core_to_core_ns?: readonly (number | null)[];
}

const FRAMES_PER_RUN = 10_000_000;
const SLOW_FRAMES_PER_RUN = 20_000;
/** Generator and appliance take turns on one core. */
const FRAMES_PER_RUN_ON_ONE_CORE = 500_000;

export interface FullSpeedOptions extends ApplianceOptions {
  readonly runs: number;
  /** Frames of each run. */
  readonly count?: number;
}

/** Frames from a generator at one interface; all others take what comes. */
export async function measureFullSpeed(options: FullSpeedOptions): Promise<FullSpeed> {
  const device = await ApplianceDevice.open(options);
  try {
    return await fullSpeedOf(device, options.runs, options.count);
  } finally {
    device.close();
  }
}

export async function fullSpeedOf(device: ApplianceDevice, runs: number, count?: number): Promise<FullSpeed> {
  const samples: number[] = [];
  const cycles: number[] = [];
  const frames = count ?? (device.vmm === 'node' ? SLOW_FRAMES_PER_RUN : os.availableParallelism() === 1 ? FRAMES_PER_RUN_ON_ONE_CORE : FRAMES_PER_RUN);
  // Node's own engine keeps generator and appliance in one thread.
  const twoCores = device.vmm !== 'node' && os.availableParallelism() > 1;
  const before = twoCores ? await coreToCore() : null;
  await inParts(samples, async () => {
    for (let index = 0; index < runs; index += 1) {
      const outcome = await device.fullSpeed(frames);
      const sent = Math.max(1, outcome.ports[device.from]!.rx_packets);
      const rate = outcome.rates?.[device.from];
      if (rate === undefined || rate === null || rate.elapsed_ns === 0) {
        samples.push((outcome.seconds * 1e9) / sent);
        continue;
      }
      samples.push(rate.elapsed_ns / sent);
      cycles.push(rate.cycles / sent);
    }
  });
  const ns = median(samples);
  const between = twoCores ? { core_to_core_ns: [before, await coreToCore()] } : {};
  return { conditions: conditions(device.vmm), samples, median: ns, unit: 'ns/packet', mpps: 1e3 / ns, ns_per_packet: ns, cycles_per_packet: cycles.length > 0 ? median(cycles) : null, ...between };
}
