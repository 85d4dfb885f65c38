/**
 * Binary search with loss verification (ETSI GS NFV-TST 009, clause 12.3.3): a load at which frames were lost is tried
 * again some times before it counts as too high, because loss may come from a moment of the host and not from the load.
 */
import { lossRatio, type Device, type Trial } from './trial.js';
import type { GoalResult, SearchOptions, SearchResult } from './mlrsearch.js';

export interface BinarySearch {
  readonly name: string;
  /** Loss that a trial may have, 0..1. */
  readonly loss_ratio: number;
  readonly trial_seconds: number;
  /** How far the bounds may be apart in the end, relative to the upper one. */
  readonly width: number;
  /** Trials at a load with loss before it counts as too high. */
  readonly attempts: number;
}

export async function binarySearch(device: Device, search: BinarySearch, options: SearchOptions = {}): Promise<SearchResult> {
  const trials: Trial[] = [];
  const good = async (load: number): Promise<boolean> => {
    for (let attempt = 0; attempt < search.attempts; attempt += 1) {
      const trial = await device.trial(load, search.trial_seconds);
      trials.push(trial);
      options.onTrial?.(trial, search.name);
      if (lossRatio(trial) <= search.loss_ratio) return true;
    }
    return false;
  };
  const minimum = options.minimum ?? 1;
  const result = (lower: number | null, upper: number | null, reason?: string): SearchResult => {
    const { name, loss_ratio, trial_seconds, width } = search;
    const goal = { name, loss_ratio, exceed_ratio: 1 - 1 / search.attempts, trial_seconds, sum_seconds: trial_seconds, width };
    const goals: readonly GoalResult[] = [{ goal, lower, upper, throughput: lower, ...(reason === undefined ? {} : { reason }) }];
    return { goals, trials };
  };
  if (await good(device.maximum)) return result(device.maximum, null);
  let lower = minimum;
  let upper = device.maximum;
  if (!(await good(minimum))) return result(null, minimum, `even ${minimum} frames a second are not forwarded within the goal`);
  while ((upper - lower) / upper > search.width) {
    const middle = (lower + upper) / 2;
    if (await good(middle)) lower = middle;
    else upper = middle;
  }
  return result(lower, upper);
}
