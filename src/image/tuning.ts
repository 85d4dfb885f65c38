/** How an image may be made other than usual. */
import type { Processor } from './processor.js';
import type { ProfileFrame } from './profile.js';

/** What an image is made for besides its graph. */
export interface Tuning {
  /** Frames by which the C compiler is to lay out branches; gcc does it. */
  readonly profile?: readonly ProfileFrame[];
  readonly processor?: Processor;
}
