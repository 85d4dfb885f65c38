/** Spans of time as Click shows them. */

/** `10ms` or `1500us` below a second, `2.500000s` from there on. */
export function intervalText(microseconds: number): string {
  if (microseconds >= 1e6) return `${(microseconds / 1e6).toFixed(6)}s`;
  return microseconds % 1000 === 0 ? `${microseconds / 1000}ms` : `${microseconds}us`;
}
