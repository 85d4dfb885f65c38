/** What a unit of C says of how it was made. */
import type { PrintedProgram } from './c-classify.js';

/** What passes over the whole graph did; kept while the unit is printed. */
export interface UnitFacts {
  /** Instances that are one code path, by number. */
  readonly lanes: readonly (readonly number[])[];
  /** Instances whose tables or constants are asked for ahead, and which entries of their state. */
  readonly asked: readonly { readonly instance: number; readonly entries: readonly string[]; readonly constants: boolean }[];
  /** Whether annotations live in variables. */
  readonly annotationsInVariables: boolean;
  /** Functions that are called because what would be inlined was too much; by name in C. */
  readonly called: ReadonlySet<string>;
  /** Functions that are inlined on the shortest way and called by all others; by name in C. */
  readonly copied: ReadonlySet<string>;
  /** How decision programs were printed. */
  readonly programs: ReadonlyMap<object, PrintedProgram>;
  /** Instances whose outputs are counted packet by packet. */
  readonly counted: readonly number[];
  readonly lookAheadFrom: number;
}
