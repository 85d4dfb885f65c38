/** The element RandomSeed: it says where the random numbers of a run begin. */
import { listElements } from '../../graph/flat-configuration.js';
import type { CheckedGraph } from '../../graph/graph.js';
import { parseInteger } from '../../kit/config.js';

/** What a run begins with that asks for nothing: one run is as the other. */
const SEED_DEFAULT = 1;
const U32 = 2 ** 32;

/** The seed among the arguments of a RandomSeed: `SEED`, as a keyword or not. */
export function givenSeed(given: string): number {
  const seed = parseInteger(given.trim().replace(/^SEED\s+/, ''));
  return seed === undefined ? SEED_DEFAULT : ((seed % U32) + U32) % U32;
}

/** For hash keys and random numbers: what the last RandomSeed of the configuration says. */
export function seedOf(graph: CheckedGraph): number {
  return givenSeed(listElements(graph).filter(({ className }) => className === 'RandomSeed').at(-1)?.given ?? '');
}
