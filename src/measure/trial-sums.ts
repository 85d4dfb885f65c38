/** What all trials of a result come to together, besides their rates: for tables. */
import { lossRatio, lostFrames, type Trial } from './trial.js';

export interface TrialSums {
  readonly trials: number;
  readonly seconds: number;
  readonly offered: number;
  readonly lost: number;
  readonly unsent: number;
  /** Null where the frames of no trial carried numbers. */
  readonly reordered: number | null;
  readonly duplicated: number | null;
  readonly corrupted: number | null;
  /** The generator's greatest error and its latest frame; null where no trial measured them. */
  readonly pacing_error_ppm: number | null;
  readonly max_late_ns: number | null;
}

export function sumTrials(trials: readonly Trial[]): TrialSums {
  const sum = (of: (trial: Trial) => number) => trials.reduce((total, trial) => total + of(trial), 0);
  const known = (of: (trial: Trial) => number | null) => {
    const values = trials.map(of).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
  };
  const paced = trials.flatMap(({ pacing }) => (pacing === undefined ? [] : [pacing]));
  const largest = (values: readonly number[]) => (values.length === 0 ? null : Math.max(...values));
  return {
    trials: trials.length,
    seconds: sum(({ seconds }) => seconds),
    offered: sum(({ offered }) => offered),
    lost: sum(lostFrames),
    unsent: sum(({ unsent }) => unsent),
    reordered: known(({ reordered }) => reordered),
    duplicated: known(({ duplicated }) => duplicated),
    corrupted: known(({ corrupted }) => corrupted),
    pacing_error_ppm: largest(paced.map(({ error_ppm }) => Math.abs(error_ppm))),
    max_late_ns: largest(paced.map(({ max_late_ns }) => max_late_ns)),
  };
}

/** In words how well the generator kept its rates; empty where nobody measured it. */
export function latenessText({ pacing_error_ppm, max_late_ns }: TrialSums): string {
  if (pacing_error_ppm === null || max_late_ns === null) return '';
  return `the generator was ${(max_late_ns / 1e3).toFixed(1)} us late at most, its rate off by ${pacing_error_ppm.toFixed(0)} ppm at most`;
}

/** Figures of a single trial, by their names in CSV; null is unknown. */
export const TRIAL_FIGURES: Readonly<Record<string, (trial: Trial) => number | null>> = {
  seconds: ({ seconds }) => seconds,
  offered: ({ offered }) => offered,
  expected: ({ expected }) => expected,
  received: ({ received }) => received,
  unsent: ({ unsent }) => unsent,
  lost_percent: (trial) => lossRatio(trial) * 100,
  reordered: ({ reordered }) => reordered,
  duplicated: ({ duplicated }) => duplicated,
  corrupted: ({ corrupted }) => corrupted,
  pacing_error_ppm: ({ pacing }) => pacing?.error_ppm ?? null,
  max_late_us: ({ pacing }) => (pacing === undefined ? null : pacing.max_late_ns / 1e3),
};
