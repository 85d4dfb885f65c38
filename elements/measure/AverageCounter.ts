/**
 * Counts packets and bytes, and says how many came in a second on average between the first and the last.
 *
 * What comes in the first IGNORE seconds is not counted.
 */
import { averageCounter } from './average-counter.js';

export default averageCounter('AverageCounter');
