/** What the generator itself can do. */
import type { GoalGroup } from './goal.js';

export const MEASURING: readonly GoalGroup[] = [];
