/**
 * Random early detection (Floyd and Jacobson, "Random Early Detection Gateways for Congestion Avoidance", IEEE/ACM
 * Transactions on Networking 1(4), 1993), with Floyd's gentle variant and adaptation (Floyd, Gummadi, Shenker, "Adaptive
 * RED", 2001).
 *
 * Average lengths are kept in parts of 1024 of a packet, probabilities in parts of 65536.
 */
import { flag, integer, real, register, TIME_RANGE, type Clock, type Counter, type HandlerContext, type Kind, type NearQueues, type Parsed, type Random, type RegisterSpec } from 'wirelet';

const SCALE = 1024;
export const ONE = 65_536;
/** Longest queues that make a difference. */
export const LENGTH_MAX = 0x3ff_ffff;
const AVERAGE_MAX = LENGTH_MAX * SCALE;
/** While the queues are empty, each of these counts as a packet that found them so. */
const IDLE_US = 1000;
/** After so many nothing is left of an average, or nearly. */
const IDLE_MAX = 1024;
/** Parts of the way from the lower threshold to the upper one between which an average is as it should be. */
const TARGET_LOW = 410;
const TARGET_HIGH = 614;
/** A hundredth. */
const STEP_MAX = 655;

/** An argument whose upper bound Click checks for the whole element, in these words; it reads no negative numbers there. */
function inWords<T>(kind: Kind<T>, click: string): Kind<T> {
  const worded = (parsed: Parsed<T>): Parsed<T> => ('error' in parsed && parsed.click?.startsWith('out of range') === true ? (parsed.click.endsWith('bound 0') ? { ...parsed, click: 'parse error' } : { ...parsed, click, ofElement: true }) : parsed);
  return { ...kind, parse: (value, scope) => worded(kind.parse(value, scope)), accept: (value, scope) => worded(kind.accept(value, scope)) };
}

export const probability = (doc: string) => inWords(real({ min: 0, max: 1, doc }), 'MAX_P must be between 0 and 1');
export const stability = (doc: string) => inWords(integer({ default: 4, max: 16, keyword: true, doc }), 'STABILITY must be between 0 and 16');

export interface Thresholds {
  readonly low: number;
  readonly high: number;
  /** From where on every packet is marked. */
  readonly all: number;
  /** What an average counts against one more length. */
  readonly weight: number;
}

/** Thresholds, scaled. Refuses those that contradict each other. */
export function thresholdsOf(low: number, high: number, gentle: boolean, stability: number, fail: (message: string, hint?: string, click?: string) => never): Thresholds {
  if (low > high) fail('MIN_THRESH is above MAX_THRESH', undefined, 'MIN_THRESH must be <= MAX_THRESH');
  return { low: low * SCALE, high: high * SCALE, all: (gentle ? 2 * high : high) * SCALE, weight: 2 ** stability };
}

export interface Detection {
  average: number;
  chance: number;
  /** Packets since the last one that was marked by chance; -1: none could be. */
  since: number;
  drawn: number;
  empty_us: number;
  empty: boolean;
}

/** State, with the highest probability of marking. */
export function detectionState(chance: number) {
  return {
    average: register({ low: 0, high: AVERAGE_MAX }),
    chance: register({ low: 0, high: ONE }, Math.round(chance * ONE)),
    since: register({ low: -1, high: 0xffff }, -1),
    drawn: register('u16'),
    empty_us: register(TIME_RANGE),
    empty: flag(),
  };
}

/** Takes the length of the queues into the average. */
function measure(state: Detection, { weight }: Thresholds, queues: NearQueues, now_us: number): void {
  const length = Math.min(queues.length, LENGTH_MAX);
  if (length > 0) {
    state.average = average(state.average, length, weight);
    state.empty = false;
    return;
  }
  const periods = state.empty ? Math.min(Math.max(1, Math.trunc((now_us - state.empty_us) / IDLE_US)), IDLE_MAX) : 1;
  for (let count = 0; count < IDLE_MAX; count += 1) {
    if (count >= periods) break;
    state.average = average(state.average, 0, weight);
  }
  state.empty = true;
  state.empty_us = now_us;
}

function average(old: number, length: number, weight: number): number {
  return Math.trunc((old * (weight - 1) + length * SCALE) / weight);
}

/** Whether the packet that was just measured shall be marked. */
function marks(state: Detection, { low, high, all }: Thresholds, random: Random): boolean {
  const { average: now } = state;
  if (now <= low) {
    state.since = -1;
    return false;
  }
  if (now > all) {
    state.since = -1;
    return true;
  }
  let chance = state.chance;
  if (now <= high) chance = high > low ? Math.trunc(((now - low) * state.chance) / (high - low)) : state.chance;
  else if (high > 0) chance = state.chance + Math.trunc(((now - high) * (ONE - state.chance)) / high);
  const since = Math.min(state.since + 1, 0xffff);
  state.since = since;
  if (since > 0 && since * chance >= state.drawn) {
    state.since = 0;
    state.drawn = random.below(ONE);
    return chance > 0;
  }
  if (since === 0) state.drawn = random.below(ONE);
  return false;
}

/** What an element that detects congestion works with. */
interface Detecting {
  readonly built: { readonly thresholds: Thresholds };
  readonly state: Detection;
  readonly counters: { readonly drops: Counter };
  readonly clock: Clock;
  readonly queues: NearQueues;
  readonly random: Random;
}

/** Measures the queues, and says whether the packet that is there shall be marked. */
export function detects({ built, state, counters, clock, queues, random }: Detecting): boolean {
  measure(state, built.thresholds, queues, clock.microseconds);
  if (!marks(state, built.thresholds, random)) return false;
  counters.drops.add(1);
  return true;
}

/** Moves the highest probability so that the average comes to lie between the thresholds. */
export function adapt(state: Detection, { low, high }: Thresholds): void {
  const { average: now, chance } = state;
  const span = high - low;
  if (now > low + Math.trunc((span * TARGET_HIGH) / 1024)) {
    if (chance < 32_768) state.chance = chance + Math.min(STEP_MAX, Math.max(1, Math.trunc(chance / 4)));
  } else if (now < low + Math.trunc((span * TARGET_LOW) / 1024)) {
    if (chance > STEP_MAX) state.chance = Math.trunc((chance * 9) / 10);
  }
}

type Watching = HandlerContext<any, 'drops', { average: RegisterSpec; chance: RegisterSpec }>;

const averageText = ({ state }: Watching) => String(Math.round((state.average / SCALE) * 1000) / 1000);

const chanceText = ({ state }: Watching) => String(Math.round((state.chance / ONE) * 1e5) / 1e5);

/** The arguments as Click's RED shows them, with the queues that are watched. */
export function argumentsText(element: Watching, low: number, high: number): string {
  const { queues, config } = element;
  return `${low}, ${high}, ${chanceText(element)}, QUEUES${queues.names.map((name) => ` ${name}`).join('')}, STABILITY ${config.stability}${config.gentle ? '' : ', GENTLE false'}`;
}

export const detectionHandlers = {
  max_p: {
    doc: 'Highest probability of marking below the upper threshold.',
    read: chanceText,
    write: (element: Watching, value: string) => {
      element.reconfigure('max_p', value.trim());
      element.state.chance = Math.round(element.config.max_p * ONE);
    },
  },
  drops: { doc: 'Packets that were marked.', read: ({ counters }: Watching) => String(counters.drops.value) },
  avg_queue_size: { doc: 'Average length of the queues.', read: averageText },
  queues: { doc: 'The queues that are watched.', read: ({ queues }: Watching) => queues.names.map((name) => `${name}\n`).join('') },
  stats: {
    doc: 'Lengths and drops, for people.',
    read: (element: Watching) => `${element.queues.length} current queue\n${averageText(element)} avg queue\n${element.counters.drops.value} drops\n`,
  },
};
