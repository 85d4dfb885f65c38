/** Rates of late, as Click has them: averages over epochs of a millisecond, each of which counts for one part in sixteen. */
import { u32 } from 'wirelet';

export const EPOCH_US = 1000;
export const EPOCHS_PER_SECOND = 1000;
/** Averages of packets are kept with so many bits of fraction, and those of bytes with fewer. */
export const BITS = 10;
export const BYTE_BITS = 4;
/** After so many epochs with nothing an average is 0. */
export const EPOCHS_MAX = 100;
const RECENT_MAX = 0x3fff_ffff;
export const AVERAGE_MAX = RECENT_MAX * 1024 + 8;

/** The average after one epoch more, of which `sum` is 2^bits times what came in it: an epoch counts for one part in sixteen, rounded. */
export function later(average: number, sum: number): number {
  return Math.trunc((average * 15 + sum + 8) / 16);
}

/** An average that `epochs` more epochs have passed over, the first of which had `sum`. */
export function laterAverage(average: number, sum: number, epochs: number): number {
  if (epochs <= 0) return average;
  let value = later(average, sum);
  if (epochs > EPOCHS_MAX) return 0;
  for (let index = 1; index < epochs; index += 1) value = later(value, 0);
  return value;
}

/** What was counted since an epoch began, by the counts then and now modulo 2^32. */
export const since = (began: number, now: number): number => Math.min(u32(now - began), RECENT_MAX);

/** How many epochs are over `now`, when the one under way ends at `next`; both in microseconds. */
export function epochsOver(now: number, next: number): number {
  return now < next ? 0 : Math.floor((now - next) / EPOCH_US) + 1;
}
