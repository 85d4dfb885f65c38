/**
 * An even rate, second by second: in each second of the clock what has passed may not run ahead of the time. What a second
 * leaves over, the next one may add.
 */
import { integer, register, TIME_RANGE } from 'wirelet';

/** Highest rate that keeps products of it and a million exact. */
export const RATE_MAX = 4_294_967_295;
const COUNT_LOW = -RATE_MAX;
/** A second's worth, and one packet besides. */
const COUNT_HIGH = RATE_MAX + 65_536;

/** What an element remembers of a rate. */
export interface Gap {
  /** The second that counts; -1: none yet. */
  second: number;
  /** What has passed in it, less what the second before left over. */
  passed: number;
}

export const packetRate = integer({ max: RATE_MAX, doc: 'Packets in a second; 0: none.' });

export function gapState() {
  return { second: register({ low: -1, high: 4_503_599_628 }, -1), passed: register({ low: COUNT_LOW, high: COUNT_HIGH }) };
}

/** Whether something may pass now, at a rate of `rate` in a second. */
export function mayPass(gap: Gap, rate: number, now_us: number): boolean {
  const second = Math.trunc(now_us / 1_000_000);
  const product = (now_us % 1_000_000) * rate;
  const due = Math.trunc(product / 1_000_000);
  if (gap.second < 0) {
    gap.second = second;
    // Begun within a gap, the rest of which is short, it may pass at once.
    gap.passed = due + (product % 1_000_000 > 500_000 ? 1 : 0);
  } else if (second > gap.second) {
    gap.second = second;
    const { passed } = gap;
    if (passed > 0) gap.passed = passed - rate;
  }
  return rate > 0 && due >= gap.passed;
}

/** When something may pass next, in microseconds, where `mayPass` just said that now it may not; `rate` is not 0. */
export function passTime(gap: Gap, rate: number): number {
  const within = Math.trunc((Math.max(0, gap.passed) * 1_000_000 + rate - 1) / rate);
  return Math.min(Math.max(0, gap.second) * 1_000_000 + Math.min(within, 1_000_000), TIME_RANGE.high);
}

/** Notes that `amount` has passed. */
export function pass(gap: Gap, amount: number): void {
  gap.passed = Math.min(gap.passed + amount, COUNT_HIGH);
}
