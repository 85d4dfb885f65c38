/** What a rewriter does with the first packet of a flow. */
import type { Pattern } from './pattern.js';

/** By kind; `text` is as it stands in the arguments. */
export type Specification =
  | { readonly kind: 'drop'; readonly text: string }
  | { readonly kind: 'pass'; readonly output: number; readonly text: string }
  | { readonly kind: 'map'; readonly pattern: Pattern; readonly forward: number; readonly reverse: number; readonly text: string }
  /** A pattern by the name that an IPRewriterPatterns gives it. */
  | { readonly kind: 'named'; readonly name: string; readonly forward: number; readonly reverse: number; readonly text: string }
  | { readonly kind: 'mapper'; readonly name: string; readonly text: string };
