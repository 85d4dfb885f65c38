/** Devices whose true rate is known: the search methods are tested against them. */
import type { Device, Trial, TrialOptions } from '#src/measure/trial.js';
import { histogramOf } from '#src/measure/histogram.js';

export interface Simulation {
  /** Frames a second that the device forwards. */
  readonly capacity: number;
  readonly maximum?: number;
  /** Frames it can hold. */
  readonly buffer?: number;
  /** Part by which the capacity differs from trial to trial, at most. */
  readonly noise?: number;
  /** Every so many seconds it stops for so many seconds. */
  readonly stall?: { readonly every: number; readonly lasts: number };
  /** Stalls fall anywhere, and what they leave in the buffer has to go before the next one; else it is gone at once. */
  readonly queue?: boolean;
  /** Every so many seconds it loses so many frames in a row, whatever the rate. */
  readonly burst?: { readonly every: number; readonly frames: number };
  /** Part of all frames that it loses at any rate. */
  readonly loses?: number;
  /** Part of the trials in which something else takes it 1 % of its time. */
  readonly hiccups?: number;
  /** Of the random numbers. */
  readonly seed?: number;
  /** Frames of each trial that come out late, twice, changed; none unless said. */
  readonly numbered?: { readonly reordered: number; readonly duplicated: number; readonly corrupted: number };
  /** How late the generator is at most; not measured unless said. */
  readonly late_ns?: number;
}

/** A generator of numbers in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class SimulatedDevice implements Device {
  readonly maximum: number;
  trials = 0;
  private readonly next: () => number;

  constructor(private readonly simulation: Simulation) {
    this.maximum = simulation.maximum ?? 20e6;
    this.next = random(simulation.seed ?? 1);
  }

  async trial(rate: number, seconds: number, options: TrialOptions = {}): Promise<Trial> {
    this.trials += 1;
    const { buffer = 256, noise = 0, stall, queue = false, burst, loses = 0, hiccups = 0, numbered = { reordered: 0, duplicated: 0, corrupted: 0 }, late_ns } = this.simulation;
    const offered = Math.round(rate * seconds);
    const capacity = this.simulation.capacity * (1 - noise * this.next()) * (this.next() < hiccups ? 0.99 : 1);
    let lost = queue ? this.queued(rate, seconds, capacity) : Math.max(0, Math.round((rate - capacity) * seconds) - buffer);
    if (burst !== undefined) lost += Math.floor(seconds / burst.every + this.next()) * burst.frames;
    if (stall !== undefined && !queue) lost += Math.floor(seconds / stall.every) * Math.max(0, Math.round(rate * stall.lasts) - buffer);
    lost = Math.min(offered, lost + Math.round(offered * loses));
    const received = offered - lost;
    // What the overload left in the buffer goes at the rate that is not used.
    const { surge } = options;
    const left = surge === undefined ? undefined : Math.min(buffer, Math.max(0, (surge.rate - capacity) * surge.seconds));
    const recovery_ns = left === undefined ? undefined : left >= buffer && rate > capacity ? seconds * 1e9 : (left / capacity) * 1e9;
    const wait = rate > capacity ? buffer / capacity : 1 / capacity;
    return {
      rate, seconds, offered, expected: offered, received, unsent: lost, ...numbered,
      ...(late_ns === undefined ? {} : { pacing: { error_ppm: -late_ns / 1e3, max_late_ns: late_ns } }),
      ...(recovery_ns === undefined ? {} : { recovery_ns }),
      ...(options.latency === undefined ? {} : { latency: histogramOf(Array.from({ length: Math.max(1, Math.round(options.latency * seconds)) }, () => (wait + this.next() * 1e-6) * 1e9)) }),
    };
  }

  /** Frames that a buffer in front of a device with stalls has no room for: both as streams without grains. */
  private queued(rate: number, seconds: number, capacity: number): number {
    const { buffer = 256, stall = { every: Infinity, lasts: 0 } } = this.simulation;
    let fill = 0, lost = 0;
    const go = (time: number, net: number) => {
      const full = fill + net * Math.max(0, time);
      lost += Math.max(0, full - buffer);
      fill = Math.min(buffer, Math.max(0, full));
    };
    let at = 0;
    for (let next = this.next() * (stall.every - stall.lasts); at < seconds; next += stall.every) {
      go(Math.min(next, seconds) - at, rate - capacity);
      go(Math.min(next + stall.lasts, seconds) - Math.min(next, seconds), rate);
      at = next + stall.lasts;
    }
    return Math.floor(lost + 1e-6);
  }
}
