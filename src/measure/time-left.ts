/** How long a measurement still takes, from what it took so far. */

/** Trials that a search usually makes, for a first idea; unsteady machines make it more. */
export const SEARCH_TRIALS = { mlr: 45, binary: 30 } as const;

/** `, about 20 s left`; nothing before the first of `count` equal parts is done. Parts differ, so this is no more than a hint. */
export function timeLeft(began: number, done: number, count: number, now = performance.now()): string {
  if (done <= 0) return '';
  const seconds = ((now - began) / 1000 / done) * Math.max(0, count - done);
  return `, about ${seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`} left`;
}
