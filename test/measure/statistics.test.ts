/** Samples: middles, differences, and when nothing can be said; histograms against exact percentiles. */
import t from 'tap';
import { bucketOf, histogramOf, merge, percentileOf, PERCENTILES } from '#src/measure/histogram.js';
import { cliffsDelta, compareTimes, mannWhitney, median, percentile, spread } from '#src/measure/statistics.js';
import { random } from './simulated-device.js';

const SEED = Number(process.env.WIRELET_SEED ?? 5);

t.test('medians and percentiles are those of the sorted samples', (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 2, 3]), 2.5);
  t.ok(Number.isNaN(median([])));
  t.equal(percentile([5, 1, 4, 2, 3], 50), 3);
  t.equal(percentile([5, 1, 4, 2, 3], 100), 5);
  t.equal(percentile([5, 1, 4, 2, 3], 0), 1);
  t.ok(Math.abs(spread([90, 100, 100, 110]) - 0.05) < 0.051);
  t.end();
});

t.test('percentiles of a histogram are exact but for the width of a bucket', (t) => {
  const next = random(SEED);
  for (const scale of [10, 1e3, 1e6, 1e9]) {
    const samples = Array.from({ length: 20_000 }, () => 1 + scale * -Math.log(1 - next()));
    const histogram = histogramOf(samples);
    for (const percent of PERCENTILES) {
      const exact = percentile(samples, percent);
      const found = percentileOf(histogram, percent);
      t.ok(found >= exact * (1 - 1e-9) && found <= exact * (1 + 1 / 128) + 1, `p${percent} of ${scale}: ${found} for ${exact} (WIRELET_SEED=${SEED})`);
    }
    t.equal(percentileOf(histogram, 100), Math.max(...samples));
  }
  t.ok(Number.isNaN(percentileOf(histogramOf([]), 50)));
  t.end();
});

t.test('buckets cover every value, each but once', (t) => {
  let before = 0;
  for (let value = 1; value < 70_000; value += 1) {
    const upper = bucketOf(value);
    if (upper < value || upper < before || upper > value * (1 + 1 / 128) + 1) t.fail(`${value} is in the bucket up to ${upper}`);
    before = upper;
  }
  t.same(merge([histogramOf([1, 2]), histogramOf([2, 900])]), histogramOf([1, 2, 2, 900]));
  t.end();
});

t.test('a difference is found, and noise is not taken for one', (t) => {
  const next = random(SEED);
  const times = (middle: number, noise: number, count = 12) => Array.from({ length: count }, () => middle * (1 + noise * (next() - 0.5)));
  t.equal(compareTimes(times(10, 0.02), times(11, 0.02)).verdict, 'slower');
  t.equal(compareTimes(times(10, 0.02), times(9, 0.02)).verdict, 'faster');
  t.equal(compareTimes(times(10, 0.02), times(10, 0.02)).verdict, 'same');
  t.match(compareTimes(times(10, 1), times(10.2, 1)), { verdict: 'unclear', text: /too noisy/ });
  t.match(compareTimes([10, 10], [11, 11]), { verdict: 'unclear', text: /2 samples/ });
  t.equal(compareTimes([], []).verdict, 'unclear');
  t.equal(cliffsDelta([1, 2], [3, 4]), 1);
  t.equal(cliffsDelta([1, 2], [1, 2]), 0);
  t.ok(mannWhitney([1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]) < 0.01);
  t.equal(mannWhitney([1, 1, 1], [1, 1, 1]), 1);
  t.end();
});

t.test('of hundreds of comparisons of the same thing, next to none finds a difference', (t) => {
  const next = random(SEED);
  let wrong = 0;
  for (let round = 0; round < 300; round += 1) {
    const times = () => Array.from({ length: 9 }, () => 10 * (1 + 0.05 * (next() + next() - 1)));
    if (['faster', 'slower'].includes(compareTimes(times(), times()).verdict)) wrong += 1;
  }
  t.ok(wrong <= 6, `${wrong} of 300 (WIRELET_SEED=${SEED})`);
  t.end();
});
