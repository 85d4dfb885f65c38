/**
 * Counts packets and bytes, and says how many came in a second on average, as AverageCounter does.
 *
 * In FastClick several threads count with it, each for itself; here one thread does all the work.
 */
import { averageCounter } from './average-counter.js';

export default averageCounter('AverageCounterIMP');
