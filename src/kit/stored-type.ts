/** Integers that elements keep. */
import type { IntegerName, IntegerRange } from './integers.js';

/** Type of a stored integer: a flavour, or a range of its own whose proof the compiler then relies on. */
export type StoredType = IntegerName | IntegerRange;
