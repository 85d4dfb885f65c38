/**
 * Pulls BURST packets each INTERVAL and pushes them on: TimedUnqueue with eight packets where nothing is said of the burst.
 *
 * The first packet of a burst is taken when it is there, and waits for the end of the interval here.
 */
import { timedUnqueue } from './timed-unqueue.js';

export default timedUnqueue('Burster', 8);
