/** What may be said of samples: middle, spread, and whether two sets of them differ. */

/** The sample at that place of the sorted list (nearest rank); NaN without samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length - 1e-9) - 1)] ?? NaN;
}

/** The mean of the two middle samples, or the middle one; NaN without samples. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Half of the middle half of the samples, relative to their median: how noisy they are. */
export function spread(samples: readonly number[]): number {
  return (percentile(samples, 75) - percentile(samples, 25)) / 2 / median(samples);
}

/**
 * Cliff's delta (Cliff 1993): how much more often a sample of `b` is above one of `a` than below, -1..1. 0: neither;
 * 1: every one.
 */
export function cliffsDelta(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (const x of a) for (const y of b) sum += Math.sign(y - x);
  return sum / (a.length * b.length);
}

/**
 * The chance that two sets drawn from one distribution differ at least as much (Mann and Whitney 1947, two-sided,
 * normal approximation with correction for ties and continuity).
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))].sort((x, y) => x.value - y.value);
  const count = all.length;
  let rankSum = 0, ties = 0;
  for (let from = 0; from < count; ) {
    let to = from;
    while (to < count && all[to]!.value === all[from]!.value) to += 1;
    const same = to - from;
    ties += same ** 3 - same;
    const rank = (from + 1 + to) / 2;
    rankSum += rank * all.slice(from, to).filter(({ first }) => first).length;
    from = to;
  }
  const pairs = a.length * b.length;
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const variance = (pairs / 12) * (count + 1 - ties / (count * (count - 1)));
  if (variance <= 0) return 1;
  const z = Math.max(0, Math.abs(u - pairs / 2) - 0.5) / Math.sqrt(variance);
  return 2 * (1 - normal(z));
}

/** The normal distribution's integral (Abramowitz and Stegun 1964, 26.2.17; error below 7.5e-8). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * tail;
}

export interface Comparison {
  readonly verdict: 'faster' | 'slower' | 'same' | 'unclear';
  /** Median of b by that of a. */
  readonly ratio: number;
  readonly delta: number;
  readonly chance: number;
  /** In words, with the reason when nothing can be concluded. */
  readonly text: string;
}

/** Noise above which no conclusion is drawn, and the smallest difference that is worth one. */
const SPREAD_MAX = 0.05, DIFFERENCE_MIN = 0.01, SAMPLES_MIN = 6, CHANCE_MAX = 0.01, DELTA_MIN = 0.474 /* "large": Romano et al. 2006 */;

/** Compares two sets of times per packet (less is better), measured in turns. */
export function compareTimes(a: readonly number[], b: readonly number[]): Comparison {
  const ratio = median(b) / median(a);
  const delta = a.length === 0 || b.length === 0 ? NaN : cliffsDelta(a, b);
  const chance = mannWhitney(a, b);
  const result = (verdict: Comparison['verdict'], text: string): Comparison => ({ verdict, ratio, delta, chance, text });
  if (Math.min(a.length, b.length) < SAMPLES_MIN) return result('unclear', `no conclusion: ${Math.min(a.length, b.length)} samples are fewer than ${SAMPLES_MIN}`);
  const noise = Math.max(spread(a), spread(b));
  const percent = `${(Math.abs(ratio - 1) * 100).toFixed(1)} %`;
  const sizes = `effect size ${delta.toFixed(2)}, chance ${chance < 0.0001 ? '< 0.0001' : chance.toFixed(4)}`;
  if (!Number.isFinite(ratio)) return result('unclear', 'no conclusion: there are samples that are no times');
  if (noise > SPREAD_MAX && noise > Math.abs(ratio - 1)) return result('unclear', `no conclusion: the machine was too noisy (samples spread by ${(noise * 100).toFixed(1)} %, more than they differ: ${percent})`);
  if (chance > CHANCE_MAX || Math.abs(delta) < DELTA_MIN || Math.abs(ratio - 1) < DIFFERENCE_MIN) return result('same', `no difference that matters: ${percent} (${sizes})`);
  return ratio < 1 ? result('faster', `B takes ${percent} less time than A (${sizes})`) : result('slower', `B takes ${percent} more time than A (${sizes})`);
}
