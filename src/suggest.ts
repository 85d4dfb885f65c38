/** "Did you mean": names that are a few keystrokes away from a wrong one. */

/** A sentence that offers the nearest of `names`, or undefined when none is near. */
export function suggestion(name: string, names: Iterable<string>): string | undefined {
  const found = nearest(name, names);
  return found === undefined ? undefined : `Did you mean "${found}"?`;
}

/** The nearest of `names`, if it is near enough to be meant. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  // One slip in a short word, up to three in a long one.
  const limit = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of names) {
    if (candidate === name) continue;
    const other = candidate.toLowerCase();
    const distance = other === wanted ? 0.5 : editDistance(wanted, other, Math.ceil(bestDistance));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? beginningAlike(wanted, names);
}

/** Somebody wrote the first half of a name, or more than there is. */
function beginningAlike(wanted: string, names: Iterable<string>): string | undefined {
  if (wanted.length < 4) return undefined;
  for (const candidate of names) {
    const other = candidate.toLowerCase();
    if (other.length >= 4 && other !== wanted && (other.startsWith(wanted) || wanted.startsWith(other))) return candidate;
  }
  return undefined;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal
 * string alignment); `limit` or more is reported as `limit`.
 */
export function editDistance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit;
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1);
      }
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return Math.min(limit, row[other.length]!);
}
