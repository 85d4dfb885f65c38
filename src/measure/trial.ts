/**
 * What every method of measurement is made of: a trial, which offers frames at one constant rate for a time and
 * counts what comes out (RFC 2544, section 23; RFC 1242).
 */
import type { Histogram } from './histogram.js';

export interface Trial {
  /** Frames a second that were asked for. */
  readonly rate: number;
  /** Seconds of the offered load. */
  readonly seconds: number;
  /** Frames that were due. */
  readonly offered: number;
  /** Frames that should have come out: those offered that the device forwards when it is idle. */
  readonly expected: number;
  /** Frames that came out. */
  readonly received: number;
  /** Frames for which the device had no buffer: the generator could not send them. They count as lost. */
  readonly unsent: number;
  /** Frames that came out after one that was sent later; null where frames carry no sequence. */
  readonly reordered: number | null;
  readonly duplicated: number | null;
  readonly corrupted: number | null;
  /** How well the generator kept the rate, by the clock of the system; absent where it was not measured. */
  readonly pacing?: { readonly error_ppm: number; readonly max_late_ns: number };
  /** From the end of the surge before it to its last loss, in nanoseconds; absent without a surge. */
  readonly recovery_ns?: number;
  /** From sending to receiving, in nanoseconds; absent where it was not measured. */
  readonly latency?: Histogram;
}

/** Something that frames can be sent through. */
export interface Device {
  /** Frames a second that the generator cannot exceed, or the medium's rate. */
  readonly maximum: number;
  trial(rate: number, seconds: number, options?: TrialOptions): Promise<Trial>;
}

export interface TrialOptions {
  /** Frames a second that are time-stamped, part of the rate; 0: none. */
  readonly latency?: number;
  /** Frames at another rate, directly before those that count; all are numbered then. */
  readonly surge?: { readonly rate: number; readonly seconds: number };
}

/** Frames that were expected and did not come; never negative: what came twice is no gain. */
export const lostFrames = ({ expected, received }: Trial): number => Math.max(0, expected - received);

/** Lost of expected, 0..1; a trial that expected nothing lost nothing. */
export const lossRatio = (trial: Trial): number => (trial.expected === 0 ? 0 : lostFrames(trial) / trial.expected);
