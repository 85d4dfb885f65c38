/**
 * Pulls BURST packets each INTERVAL and pushes them on.
 *
 * What comes after a pause leaves at once, and the interval begins then.
 */
import { timedUnqueue } from './timed-unqueue.js';

export default timedUnqueue('TimedUnqueue', 1);
