/**
 * How rules are parted when one graph for all of them would grow too large: rules that test the same
 * variables have ranges of a kind, and overlap less with one another than with the others (EffiCuts,
 * Vamanan et al., SIGCOMM 2010, separates rules by where they are wildcards). When that does not part
 * them, they are halved in their order.
 */
import type { Candidate } from './candidate.js';
import type { Terms } from './terms.js';

/** Most parts that one attempt makes; the rarest kinds of rules share the last. */
const PARTS_MAX = 4;

export function partedRules(candidates: readonly Candidate[], terms: Terms): Candidate[][] {
  const kinds = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const key = terms.variablesOf(candidate.term).join();
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, [candidate]);
    else kind.push(candidate);
  }
  if (kinds.size === 1) {
    const middle = candidates.length >>> 1;
    return [candidates.slice(0, middle), candidates.slice(middle)];
  }
  const sorted = [...kinds.values()].sort((a, b) => b.length - a.length);
  const rare = sorted.splice(PARTS_MAX - 1).flat();
  if (rare.length > 0) sorted.push(rare.sort((a, b) => a.rank - b.rank));
  return sorted;
}
