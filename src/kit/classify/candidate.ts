/** Rules on their way to a decision program. */
import type { Term } from './terms.js';

/** A rule as the builder carries it: what is left of its condition, and how a match ends. */
export interface Candidate {
  readonly term: Term;
  /** Rules of one graph are in order; so their ends need not be, unless parts are compared. */
  readonly rank: number;
}
