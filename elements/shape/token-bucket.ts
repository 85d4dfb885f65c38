/**
 * Token buckets: a bucket gets `rate` tokens in a second and holds `capacity` at most. Time is in microseconds; what is
 * less than a token is kept as its millionths, so that no rate is rounded.
 */
import { below, duration, integer, register, TIME_RANGE } from 'wirelet';

/** Tokens of a bucket, and in a second, at most: a millionth of the exact integers. */
export const TOKENS_MAX = 8_589_934_591;
/** Seconds of a pause that count: by then a bucket is as good as full. */
const PAUSE_MAX_S = 262_144;
/** What may come at once where nothing is said of it, as in Click. */
const BURST_DEFAULT_US = 20_000;

/** What an element remembers of a bucket. */
export interface Bucket {
  tokens: number;
  millionths: number;
  filled_us: number;
}

/** Arguments on what may come at once. */
export const burstArguments = {
  burst_duration: duration({ required: false, keyword: true, doc: 'What may come at once after a pause, as the time in which it would come otherwise; default: 20 ms.' }),
  burst_size: integer({ required: false, keyword: true, doc: 'What may come at once after a pause, in packets, or bytes where the rate is in bytes.' }),
};

/** Rate and capacity of a bucket by arguments; `reserve`: tokens that it holds besides. Refuses what contradicts itself. */
export function bucketOf(
  config: { rate: number; burst_duration?: number | undefined; burst_size?: number | undefined },
  reserve: number,
  fail: (message: string, hint?: string, click?: string) => never,
): { rate: number; capacity: number } {
  const { rate, burst_duration: span, burst_size: size } = config;
  if (span !== undefined && size !== undefined) fail('BURST_DURATION and BURST_SIZE cannot both be given', undefined, 'cannot specify both BURST_DURATION and BURST_SIZE');
  if (rate > TOKENS_MAX) fail(`the rate is above ${TOKENS_MAX} a second`);
  const burst = size ?? Math.trunc((rate * (span ?? BURST_DEFAULT_US)) / 1e6);
  return { rate, capacity: Math.min(TOKENS_MAX, Math.max(1, burst + reserve)) };
}

/** State of a bucket: it is full when it is first used. */
export function bucketState() {
  return { tokens: register(below(TOKENS_MAX + 1)), millionths: register(below(1_000_000)), filled_us: register(TIME_RANGE), used: register('u8') };
}

/** Adds the tokens that have come since the last time. */
export function fill(bucket: Bucket & { used: number }, { rate, capacity }: { rate: number; capacity: number }, now_us: number): void {
  const passed = Math.max(0, now_us - bucket.filled_us);
  const seconds = Math.min(Math.trunc(passed / 1_000_000), PAUSE_MAX_S);
  const parts = (passed % 1_000_000) * rate + bucket.millionths;
  const tokens = bucket.tokens + seconds * rate + Math.trunc(parts / 1_000_000);
  if (tokens >= capacity || bucket.used === 0) {
    bucket.tokens = capacity;
    bucket.millionths = 0;
  } else {
    bucket.tokens = tokens;
    bucket.millionths = parts % 1_000_000;
  }
  bucket.used = 1;
  bucket.filled_us = now_us;
}

/** Microseconds until a bucket that was just filled holds `wanted` tokens; 0 when it does, or never will. */
export function waitFor(bucket: Bucket, { rate }: { rate: number }, wanted: number): number {
  if (rate === 0) return 0;
  const { tokens, millionths } = bucket;
  if (tokens >= wanted) return 0;
  return Math.trunc(((wanted - tokens) * 1_000_000 - millionths + rate - 1) / rate);
}

/** Takes tokens, as many as there are of `count`. */
export function take(bucket: Bucket, count: number): void {
  bucket.tokens = Math.max(0, bucket.tokens - count);
}

/** From this rate on, in bytes a second, Click shows bytes; below, bits. */
const SHOWN_IN_BYTES = 0x2000_0000;

/** A rate of bytes as Click shows it: 80kbps. */
export function bandwidthText(rate: number): string {
  if (rate >= SHOWN_IN_BYTES) return `${rate / 1e6}MBps`;
  if (rate >= 125e6) return `${(rate * 8) / 1e9}Gbps`;
  return rate >= 125e3 ? `${(rate * 8) / 1e6}Mbps` : `${(rate * 8) / 1e3}kbps`;
}
