/**
 * Pulls BURST packets each INTERVAL and pushes them on.
 *
 * The first packet of a burst is taken when it is there, and waits for the end of the interval here.
 */
import { timedUnqueue } from './timed-unqueue.js';

export default timedUnqueue('TimedUnqueue', 1);
