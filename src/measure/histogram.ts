/** Latencies as counts in buckets, as the generator reports them: each bucket at most 1/128 wide, relative to its place. */

export interface Histogram {
  readonly count: number;
  readonly min_ns: number;
  readonly max_ns: number;
  readonly sum_ns: number;
  /** Upper bound of a bucket (inclusive, nanoseconds) and how many fell into it; ascending. */
  readonly buckets: readonly (readonly [upper_ns: number, count: number])[];
}

/** The percentiles that people ask for. */
export const PERCENTILES = [50, 90, 99, 99.9, 99.99] as const;

/**
 * The value that `percent` of the samples do not exceed (nearest rank), exact but for the width of a bucket; NaN
 * when there are no samples.
 */
export function percentileOf(histogram: Histogram, percent: number): number {
  if (histogram.count === 0) return NaN;
  const rank = Math.max(1, Math.ceil((percent / 100) * histogram.count - 1e-9));
  let seen = 0;
  for (const [upper, count] of histogram.buckets) {
    seen += count;
    if (seen >= rank) return Math.min(Math.max(upper, histogram.min_ns), histogram.max_ns);
  }
  return histogram.max_ns;
}

export const meanOf = ({ sum_ns, count }: Histogram): number => (count === 0 ? NaN : sum_ns / count);

/** All samples of several histograms as one. */
export function merge(histograms: readonly Histogram[]): Histogram {
  const filled = histograms.filter(({ count }) => count > 0);
  const counts = new Map<number, number>();
  for (const { buckets } of filled) for (const [upper, count] of buckets) counts.set(upper, (counts.get(upper) ?? 0) + count);
  return {
    count: filled.reduce((sum, { count }) => sum + count, 0),
    min_ns: Math.min(...filled.map(({ min_ns }) => min_ns)),
    max_ns: Math.max(...filled.map(({ max_ns }) => max_ns)),
    sum_ns: filled.reduce((sum, { sum_ns }) => sum + sum_ns, 0),
    buckets: [...counts].sort(([a], [b]) => a - b),
  };
}

/** Upper bound of the bucket of a value: 128 buckets for each power of two. */
export function bucketOf(nanoseconds: number): number {
  const value = Math.max(1, Math.ceil(nanoseconds));
  if (value <= 256) return value;
  const step = 2 ** (Math.floor(Math.log2(value)) - 7);
  return Math.ceil((value + 1) / step) * step - 1;
}

/** A histogram of samples. */
export function histogramOf(samples: readonly number[]): Histogram {
  const counts = new Map<number, number>();
  for (const sample of samples) counts.set(bucketOf(sample), (counts.get(bucketOf(sample)) ?? 0) + 1);
  return {
    count: samples.length,
    min_ns: samples.reduce((least, sample) => Math.min(least, sample), Infinity),
    max_ns: samples.reduce((most, sample) => Math.max(most, sample), -Infinity),
    sum_ns: samples.reduce((sum, sample) => sum + sample, 0),
    buckets: [...counts].sort(([a], [b]) => a - b),
  };
}
