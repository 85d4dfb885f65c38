/** Samples: middles, differences, and when nothing can be said; histograms against exact percentiles. */
import t from 'tap';
import { comparePairs, compareTimes, compareTurns } from '#src/measure/comparison.js';
import { coreToCore } from '#src/measure/core-to-core.js';
import { bucketOf, histogramOf, merge, percentileOf, PERCENTILES } from '#src/measure/histogram.js';
import { cliffsDelta, mannWhitney, median, middle, percentile, signedRanks, spread } from '#src/measure/statistics.js';
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

t.test('ranks of differences are counted exactly', (t) => {
  // All 2^n signs are as likely: with eight pairs of one sign, two of 256.
  t.same(signedRanks([1, 2, 3, 4, 5, 6, 7, 8]), { chance: 2 / 256, effect: 1 });
  t.same(signedRanks([-1, -2, -3, -4, -5, -6, -7, -8]), { chance: 2 / 256, effect: -1 });
  t.same(signedRanks([0, 0]), { chance: 1, effect: 0 });
  t.same(signedRanks([1, -1]), { chance: 1, effect: 0 }, 'ties share their ranks');
  // Wilcoxon's own table: of ten pairs, a sum of 8 has a chance of 4.9 % on both sides.
  const ten = [-1, -2, 3, 4, -5, 6, 7, 8, 9, 10];
  t.ok(Math.abs(signedRanks(ten).chance - 0.0488) < 0.0002, `${signedRanks(ten).chance}`);
  const many = Array.from({ length: 61 }, (_, index) => (index % 3 === 0 ? -1 : 1) * (index + 1));
  t.ok(Math.abs(signedRanks(many).chance - signedRanks(many.slice(1)).chance) < 0.01, 'the normal distribution goes on where counting ends');
  t.end();
});

t.test('the middle lies where it is said to in nineteen cases of twenty', (t) => {
  const next = random(SEED);
  let missed = 0;
  for (let round = 0; round < 1000; round += 1) {
    const { low, high } = middle(Array.from({ length: 9 }, () => 1 + next() + next() + next() - 1.5));
    if (low > 1 || high < 1) missed += 1;
  }
  t.ok(missed <= 70, `${missed} of 1000 (WIRELET_SEED=${SEED})`);
  t.same(middle([1, 2, 3]), { value: 2, low: -Infinity, high: Infinity });
  t.end();
});

t.test('samples in turns are compared by their pairs: a machine that is slow for a while hides no difference', (t) => {
  const next = random(SEED);
  // Half of the turns take twice as long, whoever it is.
  const turns = (more: number, noise: number, count = 9) => {
    const pairs = Array.from({ length: count }, (_, turn) => (turn > 4 ? 20 : 10) * (1 + noise * (next() - 0.5))).map((ns) => [ns * (1 + noise * (next() - 0.5)), ns * more * (1 + noise * (next() - 0.5))] as const);
    return [pairs.map(([a]) => a), pairs.map(([, b]) => b)] as const;
  };
  const [a, b] = turns(1.05, 0.01);
  t.match(compareTimes(a, b), { verdict: 'unclear' }, 'the samples alone are too noisy');
  const slower = comparePairs(a, b);
  t.match(slower, { verdict: 'slower', delta: 1, text: /B takes 5\.\d % more time than A \(effect size 1\.00, chance 0\.0039, with 95 % confidence between \+\d\.\d % and \+\d\.\d %\)/ });
  t.ok(slower.interval![0] > 1.03 && slower.interval![1] < 1.07);
  t.equal(comparePairs(...turns(0.93, 0.01)).verdict, 'faster');
  t.equal(comparePairs(...turns(1, 0.02)).verdict, 'same');
  t.match(comparePairs(...turns(1, 0.5)), { verdict: 'unclear', text: /too noisy/ });
  t.match(comparePairs(...turns(1.05, 0.01, 7)), { verdict: 'unclear', text: /7 samples are fewer than 8/ });
  t.match(comparePairs([], []), { verdict: 'unclear' });
  t.match(comparePairs([1, NaN, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1]), { verdict: 'unclear', text: /no times/ });
  let wrong = 0;
  for (let round = 0; round < 300; round += 1) if (['faster', 'slower'].includes(comparePairs(...turns(1, 0.06)).verdict)) wrong += 1;
  t.ok(wrong <= 6, `${wrong} of 300 comparisons of the same thing found a difference (WIRELET_SEED=${SEED})`);
  t.end();
});

t.test('turns within which the host moved the cores are set aside, and said', (t) => {
  const next = random(SEED);
  const turn = (before: number | null, between: number | null, after: number | null) => {
    // Neighbouring cores 28 ns, distant ones 45: the second of the two is 3 % slower.
    const ns = (latency: number | null, more: number) => (latency !== null && latency > 100 ? 45 : 28) * more * (1 + 0.004 * (next() - 0.5));
    return { a: ns(before, 1), b: ns(after, 1.03), core_to_core_ns: [before, between, after] };
  };
  const kept = [...Array.from({ length: 5 }, () => turn(55, 54, 56)), ...Array.from({ length: 4 }, () => turn(260, 255, 262))];
  const moved = [turn(55, 55, 260), turn(260, 55, 55), turn(55, 260, 260)];
  const all = [...kept, ...moved];
  t.match(comparePairs(all.map(({ a }) => a), all.map(({ b }) => b)), { verdict: 'unclear' }, 'without that nothing can be said');
  t.match(compareTurns(all), { verdict: 'slower', text: /B takes [23]\.\d % more time[^]*; 3 of 12 turns were set aside/ });
  t.notMatch(compareTurns(kept).text, /set aside/);
  t.match(compareTurns([...kept.slice(0, 7), ...moved]), { verdict: 'unclear', text: /7 samples are fewer than 8[^]*3 of 10 turns were set aside/ });
  t.match(compareTurns([...kept, { a: 28, b: 280, core_to_core_ns: [55, null, 55] }]).text, /1 of 10 turns were set aside/, 'nor does one count in which a core was busy');
  t.match(compareTurns(kept.map((of) => ({ ...of, core_to_core_ns: [null, null, null] }))), { verdict: 'slower' }, 'nothing is set aside where nobody knows');
  t.end();
});

t.test('a word from one core to the other takes nanoseconds, not none and not a time slice', async (t) => {
  const ns = await coreToCore();
  if (ns === null) t.comment('one core, or too busy to tell');
  else t.ok(ns > 5 && ns < 1_000_000, `${ns} ns`);
});
