/** The share of packets that readers of files let out. */
import { real } from 'wirelet';

export const sampleArgument = (doc: string) => real({ default: 1, min: 0, keyword: true, doc });

/** A share above 1 is 1. */
export const share = (sample: number): number => Math.min(1, sample);

export function warnOfSample(sample: number, warn: (message: string, hint: undefined, at: undefined, click: string) => void): void {
  const message = sample > 1 ? 'SAMPLE probability reduced to 1' : sample === 0 ? 'SAMPLE probability is 0; emitting no packets' : undefined;
  if (message !== undefined) warn(message, undefined, undefined, message);
}
