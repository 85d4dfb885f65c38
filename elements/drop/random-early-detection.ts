/**
 * Random early detection (Floyd and Jacobson, "Random Early Detection Gateways for Congestion Avoidance", IEEE/ACM
 * Transactions on Networking 1(4), 1993), with Floyd's gentle variant and adaptation (Floyd, Gummadi, Shenker, "Adaptive
 * RED", 2001).
 *
 * Average lengths are kept in parts of 1024 of a packet, probabilities in parts of 65536.
 */
import { fixedPointText, integer, real, register, TIME_RANGE, type Clock, type Counter, type HandlerContext, type Kind, type NearQueues, type Parsed, type Random, type RegisterSpec } from 'wirelet';

const SCALE_BITS = 10;
const SCALE = 1024;
const HALF = 512;
const CHANCE_BITS = 16;
export const ONE = 65_536;
/** Longest queues that make a difference. */
const LENGTH_MAX = 0x3ff_ffff;
const AVERAGE_MAX = LENGTH_MAX * SCALE + 32_768;
/** Above this one Click takes no MAX_THRESH. */
const THRESHOLD_MAX = 65_535;
/** While the queues are empty, each of these counts as a packet that found them so. */
const IDLE_US = 20_000;
/** After so many nothing is left of an average. */
const IDLE_MAX = 100;
/** A hundredth. */
const STEP_MAX = 655;
/** Nine tenths. */
const FALL = 58_982;

/** An argument whose upper bound Click checks for the whole element, in these words; it reads no negative numbers there. */
function inWords<T>(kind: Kind<T>, click: string): Kind<T> {
  const worded = (parsed: Parsed<T>): Parsed<T> => ('error' in parsed && parsed.click?.startsWith('out of range') === true ? (parsed.click.endsWith('bound 0') ? { ...parsed, click: 'parse error' } : { ...parsed, click, ofElement: true }) : parsed);
  return { ...kind, parse: (value, scope) => worded(kind.parse(value, scope)), accept: (value, scope) => worded(kind.accept(value, scope)) };
}

export const probability = (doc: string) => inWords(real({ min: 0, max: 1, doc }), 'MAX_P must be between 0 and 1');
export const stability = (doc: string) => inWords(integer({ default: 4, max: 16, keyword: true, doc }), 'STABILITY must be between 0 and 16');

/** A length of queues up to which, or from which on, something is done. */
export const threshold = (doc: string) => integer({ doc });

export interface Thresholds {
  readonly low: number;
  readonly high: number;
  /** From where on every packet is marked. */
  readonly all: number;
  /** A length counts for one part in so many of an average; 1: there is none, lengths count as they are. */
  readonly weight: number;
}

interface Given {
  readonly gentle: boolean;
  readonly stability: number;
  readonly max_p: number;
}

/** Refuses thresholds that contradict each other. */
export function thresholdsOf(low: number, high: number, { gentle, stability, max_p }: Given, fail: (message: string, hint?: string, click?: string) => never): Thresholds {
  if (high > THRESHOLD_MAX) fail(`MAX_THRESH is above ${THRESHOLD_MAX}`, undefined, `MAX_THRESH must be <= ${THRESHOLD_MAX}`);
  if (low > high) fail('MIN_THRESH is above MAX_THRESH', undefined, 'MIN_THRESH must be <= MAX_THRESH');
  return { low, high, all: gentle && max_p < 1 ? 2 * high : high, weight: 2 ** stability };
}

export interface Detection {
  average: number;
  chance: number;
  /** Packets since the last one that was marked by chance; -1: none could be. */
  since: number;
  drawn: number;
  /** The idle time, in IDLE_US, that was counted last; 0: the queues were not empty. */
  idle: number;
}

/** State, with the highest probability of marking. */
export function detectionState(chance: number) {
  return {
    average: register({ low: 0, high: AVERAGE_MAX }),
    chance: register({ low: 0, high: ONE }, Math.round(chance * ONE)),
    since: register({ low: -1, high: 0xffff }, -1),
    drawn: register('u16'),
    idle: register(TIME_RANGE),
  };
}

/** Takes the length of the queues into the average, which is returned in whole packets, rounded. */
function measure(state: Detection, { weight }: Thresholds, queues: NearQueues, now_us: number): number {
  const length = Math.min(queues.length, LENGTH_MAX);
  if (weight === 1) return length;
  if (length > 0) {
    state.average = average(state.average, length, weight);
    state.idle = 0;
  } else {
    const idle = Math.trunc(now_us / IDLE_US);
    const periods = state.idle === 0 ? 1 : Math.max(0, idle - state.idle);
    state.idle = idle;
    if (periods >= IDLE_MAX) state.average = 0;
    else {
      for (let count = 0; count < IDLE_MAX; count += 1) {
        if (count >= periods) break;
        state.average = average(state.average, 0, weight);
      }
    }
  }
  return Math.trunc((state.average + HALF) / SCALE);
}

/** An average with one more length. It is rounded, and then towards what is lower. */
function average(old: number, length: number, weight: number): number {
  const more = length * SCALE + Math.trunc(weight / 2) - old;
  const step = more >= 0 ? Math.trunc(more / weight) : -Math.trunc((weight - 1 - more) / weight);
  return Math.max(0, Math.min(old + step, AVERAGE_MAX));
}

/** Whether the packet that was just measured, to an average of `now`, shall be marked. */
function marks(state: Detection, { low, high, all }: Thresholds, now: number, random: Random): boolean {
  if (now <= low || now > all) {
    state.since = -1;
    return now > low;
  }
  // Slopes are whole numbers, as in Click.
  const { chance } = state;
  let probability = 0;
  if (now > high) {
    if (high > 0) probability = Math.trunc((Math.trunc((ONE - chance) / high) * state.average) / SCALE) - ONE + 2 * chance;
  } else if (high > low) {
    const span = high - low;
    probability = Math.trunc((Math.trunc(chance / span) * state.average) / SCALE) - Math.trunc((chance * low) / span);
  }
  const since = Math.min(state.since + 1, 0xffff);
  state.since = since;
  if (since > 0 && probability > 0 && since > Math.trunc(state.drawn / probability)) {
    state.since = 0;
    state.drawn = random.below(ONE);
    return true;
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
  const now = measure(state, built.thresholds, queues, clock.microseconds);
  if (!marks(state, built.thresholds, now, random)) return false;
  counters.drops.add(1);
  return true;
}

/** Moves the highest probability so that the average comes to lie between the thresholds. */
export function adapt(state: Detection, { low, high, weight }: Thresholds, queues: NearQueues): void {
  const { chance } = state;
  const now = weight === 1 ? queues.length : Math.trunc((state.average + HALF) / SCALE);
  const part = Math.trunc((high - low) / 2);
  if (now < low + part && chance > STEP_MAX) state.chance = Math.trunc((chance * FALL) / ONE);
  else if (now > high - part && chance < 32_768) state.chance = chance + Math.min(STEP_MAX, Math.trunc(chance / 4));
}

type Watching = HandlerContext<any, 'drops', { average: RegisterSpec; chance: RegisterSpec }>;

/** Goes on with the average of the element before. */
export function takeAverage({ state }: Watching, before: Watching): void {
  state.average = before.state.average;
}

const averageText = ({ state }: Watching) => fixedPointText(state.average, SCALE_BITS);

const chanceText = ({ state }: Watching) => fixedPointText(state.chance, CHANCE_BITS);

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
