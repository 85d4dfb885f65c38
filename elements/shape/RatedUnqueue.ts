/**
 * Pulls packets and pushes them on, RATE in a second, by a token bucket: after a pause some may come at once, 20 ms' worth
 * unless the arguments say otherwise.
 */
import { ratedUnqueue } from './rated-unqueue.js';

export default ratedUnqueue('RatedUnqueue', false);
