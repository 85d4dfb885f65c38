/** What may be said of samples: middle, spread, and how likely it is that two sets of them differ. */

/** What a confidence of 95 % leaves out. */
const CONFIDENCE_OUTSIDE = 0.05;

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

export interface SignedRanks {
  /** That differences around zero, drawn anew, are as one-sided as these or more: two-sided. */
  readonly chance: number;
  /** Matched-pairs rank-biserial correlation (Kerby 2014), -1..1: 1 when all differences are positive. */
  readonly effect: number;
}

/** Up to here sums of ranks are counted one by one; beyond, they are normal enough. */
const EXACT_PAIRS_MAX = 60;

/** Wilcoxon's test of differences of pairs (1945): ranks of their sizes, ties sharing theirs; those of zero say nothing. */
export function signedRanks(differences: readonly number[]): SignedRanks {
  const sorted = differences.filter((difference) => difference !== 0).sort((x, y) => Math.abs(x) - Math.abs(y));
  const total = (sorted.length * (sorted.length + 1)) / 2;
  if (sorted.length === 0) return { chance: 1, effect: 0 };
  // Twice each rank, so that shared ones are whole.
  const ranks: number[] = [];
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    while (to < sorted.length && Math.abs(sorted[to]!) === Math.abs(sorted[from]!)) to += 1;
    for (let index = from; index < to; index += 1) ranks.push(from + 1 + to);
    from = to;
  }
  const positive = ranks.reduce((sum, rank, index) => (sorted[index]! > 0 ? sum + rank : sum), 0);
  const least = Math.min(positive, 2 * total - positive);
  return { chance: Math.min(1, 2 * atMost(ranks, least)), effect: (positive - total) / total };
}

/** The chance that the ranks of positive differences sum up to `most` at most, if each is positive by chance. */
function atMost(ranks: readonly number[], most: number): number {
  if (ranks.length > EXACT_PAIRS_MAX) {
    const mean = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
    return 1 - normal((mean - most - 1) / (Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0)) / 2));
  }
  let chances = [1];
  for (const rank of ranks) {
    const next = new Array<number>(chances.length + rank).fill(0);
    chances.forEach((chance, sum) => {
      next[sum]! += chance / 2;
      next[sum + rank]! += chance / 2;
    });
    chances = next;
  }
  return chances.slice(0, most + 1).reduce((sum, chance) => sum + chance, 0);
}

/**
 * The middle of a symmetric distribution and where it lies with 95 % confidence (Hodges and Lehmann 1963): from the means
 * of all pairs of samples, each with itself, too. Fewer than six samples say nothing: then from -Infinity to Infinity.
 */
export function middle(samples: readonly number[]): { readonly value: number; readonly low: number; readonly high: number } {
  const means = samples.flatMap((x, index) => samples.slice(index).map((y) => (x + y) / 2)).sort((x, y) => x - y);
  const ranks = samples.map((_, index) => 2 * (index + 1));
  let left = 0;
  while (atMost(ranks, 2 * left) <= CONFIDENCE_OUTSIDE / 2) left += 1;
  return { value: median(means), low: left === 0 ? -Infinity : means[left - 1]!, high: left === 0 ? Infinity : means[means.length - left]! };
}
