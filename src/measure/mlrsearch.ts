/**
 * Multiple Loss Ratio search (MLRsearch, IETF BMWG): the highest rates at which the loss stays within each of several
 * goals, found together. Early trials are short, later ones as long as the goal asks; a single bad trial does not
 * condemn a load, because the goal says how much of the time may exceed the loss ratio.
 */
import { lossRatio, type Device, type Trial } from './trial.js';

export interface Goal {
  /** What it is called in reports: NDR, PDR. */
  readonly name: string;
  /** Loss that a trial may have, 0..1. */
  readonly loss_ratio: number;
  /** Of the trials' time, the part that may exceed the loss ratio, 0..1 (not 1). */
  readonly exceed_ratio: number;
  /** Seconds of a trial that counts in full. */
  readonly trial_seconds: number;
  /** Seconds that the trials at a load need together for a verdict; at least `trial_seconds`. */
  readonly sum_seconds: number;
  /** How far the bounds may be apart in the end, relative to the upper one. */
  readonly width: number;
}

/** No-drop rate and partial-drop rate as the field has them (FD.io CSIT; RFC 2544 for the first). */
export function usualGoals(trialSeconds: number): readonly Goal[] {
  // Two trials, of which one may exceed: loss at a load is verified once, as a host's hiccup is not the device's limit.
  const common = { exceed_ratio: 0.5, trial_seconds: trialSeconds, sum_seconds: 2 * trialSeconds, width: 0.005 };
  return [{ name: 'NDR', loss_ratio: 0, ...common }, { name: 'PDR', loss_ratio: 0.005, ...common }];
}

export interface GoalResult {
  readonly goal: Goal;
  /** The highest load that fulfils the goal, frames a second, and below which no load failed; null: there is none. */
  readonly lower: number | null;
  /** The lowest load that does not; null: even the maximum fulfils it. */
  readonly upper: number | null;
  /** What came out at the lower bound, frames a second: the load less the loss that the goal allows. */
  readonly throughput: number | null;
  /** Why there is no lower bound, or the bounds are wider apart than asked. */
  readonly reason?: string;
}

export interface SearchResult {
  readonly goals: readonly GoalResult[];
  readonly trials: readonly Trial[];
}

export interface SearchOptions {
  /** Seconds of the first trials. */
  readonly first_seconds?: number;
  /** Trials at most, for all goals together. */
  readonly trials_max?: number;
  /** Loads below this are not looked for, frames a second. */
  readonly minimum?: number;
  readonly onTrial?: (trial: Trial, doing: string) => void;
}

const TRIALS_MAX = 400;
const FRAMES_MIN = 10;
/** How many times shorter trials are at first, and how much wider the bounds. */
const PHASES = [{ shorter: 16, wider: 8 }, { shorter: 4, wider: 3 }, { shorter: 1, wider: 1 }] as const;

type Verdict = 'lower' | 'upper' | 'undecided';

export async function mlrSearch(device: Device, goals: readonly Goal[], options: SearchOptions = {}): Promise<SearchResult> {
  const search = new Search(device, options);
  const results: GoalResult[] = [];
  // The goal that allows most loss has the highest bounds: what is learned there bounds the others.
  const order = [...goals].sort((a, b) => b.loss_ratio - a.loss_ratio);
  for (const goal of order) results.push(await search.reach(goal));
  return { goals: goals.map((goal) => results.find((result) => result.goal === goal)!), trials: search.trials };
}

/** One search; its trials count for every goal. */
class Search {
  readonly trials: Trial[] = [];
  /** Of the trials so far, frames a second that came out at most: where the first guess is. */
  private guess: number | undefined;

  constructor(private readonly device: Device, private readonly options: SearchOptions) {}

  async reach(goal: Goal): Promise<GoalResult> {
    let bounds: Bounds = this.boundsOf(goal);
    try {
      for (const { shorter, wider } of PHASES) {
        const seconds = Math.max(Math.min(this.options.first_seconds ?? 0.05, goal.trial_seconds), goal.trial_seconds / shorter);
        const target = { ...goal, trial_seconds: seconds, sum_seconds: Math.max(seconds, goal.sum_seconds / shorter), width: goal.width * wider };
        bounds = await this.narrow(target, bounds);
      }
    } catch (error) {
      if (!(error instanceof OutOfTrials)) throw error;
      const final = this.boundsOf(goal);
      return this.result(goal, final, `the search ended after ${this.trials.length} trials: the device is too unsteady`);
    }
    return this.result(goal, bounds, bounds.lower === null ? `even ${Math.round(this.minimum(goal.trial_seconds))} frames a second are not forwarded within the goal` : undefined);
  }

  /** Fewer frames than this say nothing of a loss ratio. */
  private minimum(seconds: number): number {
    return Math.max(this.options.minimum ?? 1, FRAMES_MIN / seconds);
  }

  /** Bounds as near as the target asks, from those that a coarser target had. */
  private async narrow(target: Goal, from: Bounds): Promise<Bounds> {
    let lower = Math.min(from.lower ?? this.guess ?? this.device.maximum, this.device.maximum);
    // Down, in steps that grow, until a load fulfils the goal.
    const minimum = this.minimum(target.trial_seconds);
    let upper: number | null = null;
    let step = target.width;
    while ((await this.decide(target, lower)) === 'upper') {
      upper = lower;
      if (lower <= minimum) return { lower: null, upper };
      const below = this.guess !== undefined && this.guess < lower * (1 - step) && upper === this.device.maximum ? this.guess : lower * (1 - step);
      lower = Math.max(minimum, this.guess === undefined ? lower / 32 : below);
      step = Math.min(0.5, step * 2);
    }
    // Up, until one does not.
    step = target.width;
    let candidate = upper ?? (from.upper !== null && from.upper > lower ? from.upper : Math.min(this.device.maximum, lower * (1 + step)));
    while (upper === null) {
      if (lower >= this.device.maximum) return { lower, upper: null };
      if ((await this.decide(target, candidate)) === 'upper') {
        upper = candidate;
      } else {
        lower = candidate;
        step = Math.min(1, step * 2);
        candidate = Math.min(this.device.maximum, lower * (1 + step));
      }
    }
    while ((upper - lower) / upper > target.width) {
      const middle = Math.sqrt(lower * upper);
      if ((await this.decide(target, middle)) === 'upper') upper = middle;
      else lower = middle;
    }
    return { lower, upper };
  }

  /** Makes trials at a load until there is a verdict. */
  private async decide(target: Goal, load: number): Promise<Exclude<Verdict, 'undecided'>> {
    for (;;) {
      const verdict = classify(target, this.trials.filter(({ rate }) => rate === load));
      if (verdict !== 'undecided') return verdict;
      await this.trial(load, target.trial_seconds, target.name);
    }
  }

  private async trial(load: number, seconds: number, doing: string): Promise<void> {
    if (this.trials.length >= (this.options.trials_max ?? TRIALS_MAX)) throw new OutOfTrials();
    const trial = await this.device.trial(load, seconds);
    this.trials.push(trial);
    const out = load * (1 - lossRatio(trial));
    if (out > 0) this.guess = Math.max(this.guess ?? 0, Math.min(out, load));
    this.options.onTrial?.(trial, doing);
  }

  /** What all trials so far say of a goal, without making more. */
  private boundsOf(goal: Goal): Bounds {
    const loads = [...new Set(this.trials.map(({ rate }) => rate))].sort((a, b) => a - b);
    const verdicts = loads.map((load) => classify(goal, this.trials.filter(({ rate }) => rate === load)));
    const firstUpper = verdicts.indexOf('upper');
    const below = firstUpper < 0 ? loads : loads.slice(0, firstUpper);
    const lower = below.filter((_, index) => verdicts[index] === 'lower').at(-1) ?? null;
    return { lower, upper: firstUpper < 0 ? null : loads[firstUpper]! };
  }

  private result(goal: Goal, { upper }: Bounds, problem?: string): GoalResult {
    // A load that fulfils the goal above one that does not is luck: the relevant lower bound is below all failures.
    const lower = this.boundsOf(goal).lower;
    const reason = problem ?? (lower === null ? 'no load fulfilled the goal in trials of full length' : undefined);
    const long = this.trials.filter(({ rate, seconds }) => rate === lower && seconds >= goal.trial_seconds);
    const worst = Math.min(goal.loss_ratio, Math.max(0, ...long.map(lossRatio)));
    return { goal, lower, upper, throughput: lower === null ? null : lower * (1 - worst), ...(reason === undefined ? {} : { reason }) };
  }
}

interface Bounds {
  readonly lower: number | null;
  readonly upper: number | null;
}

class OutOfTrials extends Error {}

/**
 * What the trials at one load say of a goal. A load is a lower bound when it fulfils the goal even if all the time that
 * is still missing were bad, an upper bound when it fails even if all of that were good. Short trials without much loss
 * only balance short ones with it.
 */
export function classify(goal: Goal, trials: readonly Trial[]): Verdict {
  let longLow = 0, longHigh = 0, shortLow = 0, shortHigh = 0;
  for (const trial of trials) {
    const low = lossRatio(trial) <= goal.loss_ratio;
    const long = trial.seconds >= goal.trial_seconds;
    if (long && low) longLow += trial.seconds;
    else if (long) longHigh += trial.seconds;
    else if (low) shortLow += trial.seconds;
    else shortHigh += trial.seconds;
  }
  const balance = (shortLow * goal.exceed_ratio) / (1 - goal.exceed_ratio);
  const high = longHigh + Math.max(0, shortHigh - balance);
  const whole = Math.max(goal.sum_seconds, longLow + high);
  const allowed = whole * goal.exceed_ratio;
  if (whole - longLow <= allowed) return 'lower';
  return high > allowed ? 'upper' : 'undecided';
}
