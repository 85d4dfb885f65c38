/** Verdicts on two sets of times per packet: B against A. Less is better. */
import { cliffsDelta, mannWhitney, median, middle, signedRanks, spread } from './statistics.js';

export const VERDICTS = ['faster', 'slower', 'same', 'unclear'] as const;

export interface Comparison {
  readonly verdict: (typeof VERDICTS)[number];
  /** Time of b by that of a, at the middle. */
  readonly ratio: number;
  /** Where it lies with 95 % confidence; null where nobody knows. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Effect size, -1..1: above 0 where b takes more time. */
  readonly delta: number;
  readonly chance: number;
  /** In words, with the reason when nothing can be concluded. */
  readonly text: string;
}

/** Noise above which no conclusion is drawn, and the smallest difference that is worth one. */
const SPREAD_MAX = 0.05, DIFFERENCE_MIN = 0.01, CHANCE_MAX = 0.01, DELTA_MIN = 0.474 /* "large": Romano et al. 2006 */;
/** Samples of each without which no test comes below CHANCE_MAX: sets of their own; pairs. */
export const SAMPLES_MIN = 6, TURNS_MIN = 8;

/** Two sets that were measured each by itself. */
export function compareTimes(a: readonly number[], b: readonly number[]): Comparison {
  const delta = a.length === 0 || b.length === 0 ? NaN : cliffsDelta(a, b);
  const figures = { ratio: median(b) / median(a), interval: null, delta, chance: mannWhitney(a, b) };
  return judge(figures, { count: Math.min(a.length, b.length), least: SAMPLES_MIN, noise: Math.max(spread(a), spread(b)) });
}

/**
 * Two sets that were measured in turns: what slows a machine down for a while slows both of a pair down, so that the pairs
 * differ less than the samples do.
 */
export function comparePairs(a: readonly number[], b: readonly number[]): Comparison {
  const pairs = a.slice(0, b.length).map((time, index) => b[index]! / time);
  if (!pairs.every(Number.isFinite)) return judge({ ratio: NaN, interval: null, delta: NaN, chance: NaN }, { count: pairs.length, least: TURNS_MIN, noise: NaN });
  const logs = pairs.map(Math.log);
  const { chance, effect } = signedRanks(logs);
  const { value, low, high } = middle(logs);
  const interval = Number.isFinite(low) && Number.isFinite(high) ? ([Math.exp(low), Math.exp(high)] as const) : null;
  return judge({ ratio: Math.exp(value), interval, delta: effect, chance }, { count: pairs.length, least: TURNS_MIN, noise: spread(pairs) });
}

/** A sample of each, one directly after the other. */
export interface Turn {
  /** Nanoseconds a packet. */
  readonly a: number;
  readonly b: number;
  /** Of a word from one core to the other: before, between and after the two; null where there is one core or it was busy. */
  readonly core_to_core_ns: readonly (number | null)[];
}

/** Latencies that differ by more are of other pairs of cores. */
const LATENCIES_ALIKE = 1.5;

/** Whether both samples of a turn had two cores for themselves, at the same distance from each other. */
const alike = ({ core_to_core_ns: times }: Turn): boolean => times.every((ns) => ns !== null) && Math.max(...times) <= LATENCIES_ALIKE * Math.min(...times);

/** The turns whose samples had the same cores, where that can be known; the others are set aside, and said. */
export function compareTurns(turns: readonly Turn[]): Comparison {
  const known = turns.some(({ core_to_core_ns }) => core_to_core_ns.some((ns) => ns !== null));
  const counted = known ? turns.filter(alike) : turns;
  const found = comparePairs(counted.map(({ a }) => a), counted.map(({ b }) => b));
  if (counted.length === turns.length) return found;
  return { ...found, text: `${found.text}; ${turns.length - counted.length} of ${turns.length} turns were set aside, for within them the host moved the cores apart or together, or they were busy with other work` };
}

function judge(figures: Omit<Comparison, 'verdict' | 'text'>, { count, least, noise }: { readonly count: number; readonly least: number; readonly noise: number }): Comparison {
  const { ratio, interval, delta, chance } = figures;
  const result = (verdict: Comparison['verdict'], text: string): Comparison => ({ ...figures, verdict, text });
  if (count < least) return result('unclear', `no conclusion: ${count} samples are fewer than ${least}`);
  if (!Number.isFinite(ratio)) return result('unclear', 'no conclusion: there are samples that are no times');
  const difference = Math.abs(ratio - 1);
  const where = interval === null ? '' : `, with 95 % confidence between ${change(interval[0])} and ${change(interval[1])}`;
  const sizes = `effect size ${delta.toFixed(2)}, chance ${chance < 0.0001 ? '< 0.0001' : chance.toFixed(4)}${where}`;
  if (noise > SPREAD_MAX && noise > difference) return result('unclear', `no conclusion: the machine was too noisy (samples spread by ${percent(noise)}, more than they differ: ${percent(difference)}; ${sizes})`);
  if (chance > CHANCE_MAX || Math.abs(delta) < DELTA_MIN || difference < DIFFERENCE_MIN) {
    // Nothing was found, but something may be there.
    if (interval !== null && Math.max(interval[1] - 1, 1 - interval[0]) > SPREAD_MAX) return result('unclear', `no conclusion: the machine was too noisy to tell a difference up to ${percent(SPREAD_MAX)} (${sizes})`);
    return result('same', `no difference that matters: ${percent(difference)} (${sizes})`);
  }
  return ratio < 1 ? result('faster', `B takes ${percent(difference)} less time than A (${sizes})`) : result('slower', `B takes ${percent(difference)} more time than A (${sizes})`);
}

const percent = (part: number) => `${(part * 100).toFixed(1)} %`;
const change = (ratio: number) => `${ratio < 1 ? '-' : '+'}${percent(Math.abs(ratio - 1))}`;
