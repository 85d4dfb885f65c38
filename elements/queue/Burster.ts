/**
 * Pulls BURST packets each INTERVAL and pushes them on: TimedUnqueue with eight packets where nothing is said of the burst.
 *
 * What comes after a pause leaves at once, and the interval begins then.
 */
import { timedUnqueue } from './timed-unqueue.js';

export default timedUnqueue('Burster', 8);
