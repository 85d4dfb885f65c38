/** What the field measures of a device: each method is a plan of trials, and says what they mean. */
import { merge, type Histogram } from './histogram.js';
import { mlrSearch, usualGoals, type GoalResult, type SearchOptions } from './mlrsearch.js';
import { median } from './statistics.js';
import { lossRatio, type Device, type Trial } from './trial.js';

/**
 * A plan of trials that an interruption (an AbortError) may end: `done` stays, and is marked as not all. Without anything
 * done there is no result, and the interruption goes on.
 */
export async function inParts(done: readonly unknown[], plan: () => Promise<void>): Promise<{ readonly partial?: true }> {
  try {
    await plan();
    return {};
  } catch (error) {
    if ((error as Error).name !== 'AbortError' || done.length === 0) throw error;
    return { partial: true };
  }
}

export type OnTrial = (trial: Trial, doing: string) => void;

export interface Throughput {
  readonly method: 'throughput';
  readonly goals: readonly GoalResult[];
  readonly trials: readonly Trial[];
}

/** NDR (no loss) and PDR (0.5 % loss) by MLRsearch; with verified loss, as RFC 9004 and ETSI TST 009 have it. */
export async function throughput(device: Device, trialSeconds: number, options: SearchOptions = {}): Promise<Throughput> {
  // What comes first warms caches, tables and the host up; it does not count.
  await device.trial(Math.min(device.maximum, WARM_UP_RATE), Math.min(trialSeconds, WARM_UP_SECONDS));
  const { goals, trials } = await mlrSearch(device, usualGoals(trialSeconds), options);
  return { method: 'throughput', goals, trials };
}

const WARM_UP_RATE = 100_000, WARM_UP_SECONDS = 0.2;

export interface LatencyAt {
  readonly load: string;
  readonly rate: number;
  readonly loss_ratio: number;
  /** Of all time-stamped frames of the trials; null when none came back. */
  readonly latency: Histogram | null;
}

/** Set by every method that was interrupted: what is there is whole. */
interface InParts {
  readonly partial?: true;
}

export interface Latency extends InParts {
  readonly method: 'latency';
  readonly pdr: number;
  readonly loads: readonly LatencyAt[];
  readonly trials: readonly Trial[];
}

/** Frames a second that carry a time stamp: few enough to change nothing, enough for a 99.99th percentile. */
const STAMPED_RATE = 20_000;
const UNLOADED_RATE = 1000;
/** Parts of the PDR (ETSI TST 009; FD.io CSIT's PDR loads). */
const LATENCY_LOADS = [{ name: '10 % of PDR', part: 0.1 }, { name: '50 % of PDR', part: 0.5 }, { name: '90 % of PDR', part: 0.9 }] as const;

/** Latency without load and at 10, 50 and 90 % of the PDR (RFC 2544, 26.2; RFC 1242, 3.8). */
export async function latency(device: Device, pdr: number, trialSeconds: number, repeats: number, onTrial?: OnTrial): Promise<Latency> {
  const trials: Trial[] = [];
  const loads: LatencyAt[] = [];
  const whole = await inParts(loads, async () => {
    for (const { name, rate } of [{ name: 'unloaded', rate: UNLOADED_RATE }, ...LATENCY_LOADS.map(({ name: load, part }) => ({ name: load, rate: Math.max(UNLOADED_RATE, pdr * part) }))]) {
      const here: Trial[] = [];
      for (let repeat = 0; repeat < repeats; repeat += 1) {
        const trial = await device.trial(rate, trialSeconds, { latency: Math.min(STAMPED_RATE, Math.floor(rate)) });
        onTrial?.(trial, name);
        here.push(trial);
      }
      trials.push(...here);
      const histograms = here.flatMap(({ latency: of }) => (of === undefined || of.count === 0 ? [] : [of]));
      loads.push({ load: name, rate, loss_ratio: median(here.map(lossRatio)), latency: histograms.length === 0 ? null : merge(histograms) });
    }
  });
  return { ...whole, method: 'latency', pdr, loads, trials };
}

export interface LossCurve extends InParts {
  readonly method: 'loss';
  readonly points: readonly { readonly rate: number; readonly loss_ratio: number }[];
  readonly trials: readonly Trial[];
}

const LOSS_STEP = 0.1;

/** Loss at the maximum and at 10 % less each time, until two in turn lose nothing (RFC 2544, 26.3). */
export async function lossCurve(device: Device, maximum: number, trialSeconds: number, onTrial?: OnTrial): Promise<LossCurve> {
  const trials: Trial[] = [];
  const whole = await inParts(trials, async () => {
    for (let part = 1, good = 0; part > LOSS_STEP / 2 && good < 2; part -= LOSS_STEP) {
      const trial = await device.trial(maximum * part, trialSeconds);
      onTrial?.(trial, `${Math.round(part * 100)} %`);
      trials.push(trial);
      good = lossRatio(trial) === 0 ? good + 1 : 0;
    }
  });
  return { ...whole, method: 'loss', points: trials.map((trial) => ({ rate: trial.rate, loss_ratio: lossRatio(trial) })), trials };
}

export interface BackToBack extends InParts {
  readonly method: 'back-to-back';
  /** Frames of the longest burst at the maximum rate that came through whole, in each repetition. */
  readonly bursts: readonly number[];
  readonly average: number;
  /** The least of them and the most, as RFC 9004 asks to report. */
  readonly minimum: number;
  readonly maximum: number;
  readonly trials: readonly Trial[];
}

/** Longest burst without loss at the maximum rate, several times (RFC 9004, section 6). */
export async function backToBack(device: Device, burstMax: number, repeats: number, onTrial?: OnTrial): Promise<BackToBack> {
  const trials: Trial[] = [];
  const bursts: number[] = [];
  const passes = async (frames: number): Promise<boolean> => {
    const trial = await device.trial(device.maximum, frames / device.maximum);
    trials.push(trial);
    onTrial?.(trial, `a burst of ${frames}`);
    return lossRatio(trial) === 0;
  };
  const whole = await inParts(bursts, async () => {
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      let good = 0, bad = burstMax + 1;
      for (let frames = Math.min(burstMax, 64); good < burstMax && bad > burstMax; frames = Math.min(burstMax, frames * 4)) {
        if (await passes(frames)) good = frames;
        else bad = frames;
      }
      while (bad - good > Math.max(1, good * 0.005)) {
        const middle = (good + bad) >> 1;
        if (await passes(middle)) good = middle;
        else bad = middle;
      }
      bursts.push(good);
    }
  });
  const sum = bursts.reduce((total, burst) => total + burst, 0);
  return { ...whole, method: 'back-to-back', bursts, average: sum / bursts.length, minimum: Math.min(...bursts), maximum: Math.max(...bursts), trials };
}

export interface Soak extends InParts {
  readonly method: 'soak';
  readonly rate: number;
  readonly seconds: number;
  readonly offered: number;
  readonly lost: number;
  /** Trials in which anything was lost. */
  readonly lossy: number;
  readonly trials: readonly Trial[];
}

const SOAK_TRIAL_SECONDS = 10;

/** The same load for long: hours, if asked for. Trials of ten seconds, so that an interruption loses little. */
export async function soak(device: Device, rate: number, seconds: number, onTrial?: OnTrial): Promise<Soak> {
  const trials: Trial[] = [];
  const whole = await inParts(trials, async () => {
    for (let left = seconds; left > 0.01; left -= SOAK_TRIAL_SECONDS) {
      const trial = await device.trial(rate, Math.min(left, SOAK_TRIAL_SECONDS));
      trials.push(trial);
      onTrial?.(trial, `${Math.round(seconds - left)} s of ${seconds} s`);
    }
  });
  const lost = trials.map((trial) => Math.max(0, trial.expected - trial.received));
  return {
    ...whole, method: 'soak', rate,
    seconds: whole.partial === true ? trials.reduce((sum, trial) => sum + trial.seconds, 0) : seconds,
    offered: trials.reduce((sum, { offered }) => sum + offered, 0),
    lost: lost.reduce((sum, count) => sum + count, 0),
    lossy: lost.filter((count) => count > 0).length,
    trials,
  };
}

export interface Reset extends InParts {
  readonly method: 'reset';
  readonly rate: number;
  /** Microseconds from the start to the first frame out, under load, of each restart that had one. */
  readonly times_us: readonly number[];
  readonly restarts: number;
  readonly trials: readonly Trial[];
}

/** How long it is away when it is started anew while frames arrive (RFC 2544, 26.6; RFC 6201). */
export async function reset(restart: (rate: number) => Promise<number | null>, rate: number, repeats: number, onRestart?: (us: number | null, number: number) => void): Promise<Reset> {
  const answers: (number | null)[] = [];
  const whole = await inParts(answers, async () => {
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      answers.push(await restart(rate));
      onRestart?.(answers.at(-1)!, repeat + 1);
    }
  });
  return { ...whole, method: 'reset', rate, times_us: answers.filter((us) => us !== null), restarts: answers.length, trials: [] };
}

export interface Recovery extends InParts {
  readonly method: 'recovery';
  /** Frames a second of the overload, and after it. */
  readonly surge_rate: number;
  readonly rate: number;
  readonly surge_seconds: number;
  /** Microseconds from the end of the overload to the last lost frame, of each repetition; null where it was not measured. */
  readonly times_us: readonly (number | null)[];
  readonly trials: readonly Trial[];
}

/** The overload, as a part of the throughput, and what it falls to (RFC 2544, 26.5). */
const SURGE_PART = 1.1, CALM_PART = 0.5;
/** Seconds for which losses are looked for after the overload. */
const CALM_SECONDS = 1;

/** How long frames are still lost when an overload of 110 % of the throughput falls to half of itself (RFC 2544, 26.5). */
export async function recovery(device: Device, throughputRate: number, surgeSeconds: number, repeats: number, onTrial?: OnTrial): Promise<Recovery> {
  const surge_rate = Math.min(device.maximum, throughputRate * SURGE_PART), rate = surge_rate * CALM_PART;
  const trials: Trial[] = [];
  const whole = await inParts(trials, async () => {
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const trial = await device.trial(rate, CALM_SECONDS, { surge: { rate: surge_rate, seconds: surgeSeconds } });
      onTrial?.(trial, 'after an overload');
      trials.push(trial);
    }
  });
  return { ...whole, method: 'recovery', surge_rate, rate, surge_seconds: surgeSeconds, times_us: trials.map(({ recovery_ns }) => (recovery_ns === undefined ? null : recovery_ns / 1e3)), trials };
}

export interface Pacing {
  readonly method: 'pacing';
  readonly rates: readonly { readonly rate: number; readonly error_ppm: number | null; readonly max_late_ns: number | null; readonly loss_ratio: number }[];
  readonly trials: readonly Trial[];
}

/** Frames a second at which the generator's own error is looked at. */
const PACED_RATES = [1e3, 100e3, 1e6, 10e6] as const;

/** How well the generator keeps its rates on this machine: the median of the error's size, and the latest frame. */
export async function pacing(device: Device, trialSeconds: number, repeats: number, onTrial?: OnTrial): Promise<Pacing> {
  const trials: Trial[] = [];
  const rates: Pacing['rates'][number][] = [];
  for (const rate of PACED_RATES) {
    const here: Trial[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      here.push(await device.trial(rate, trialSeconds));
      onTrial?.(here.at(-1)!, 'pacing');
    }
    trials.push(...here);
    const known = here.flatMap(({ pacing: of }) => (of === undefined ? [] : [of]));
    rates.push({
      rate,
      error_ppm: known.length === 0 ? null : median(known.map(({ error_ppm }) => Math.abs(error_ppm))),
      max_late_ns: known.length === 0 ? null : Math.max(...known.map(({ max_late_ns }) => max_late_ns)),
      loss_ratio: median(here.map(lossRatio)),
    });
  }
  return { method: 'pacing', rates, trials };
}
