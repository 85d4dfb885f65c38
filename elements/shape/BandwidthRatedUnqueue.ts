/**
 * Pulls packets and pushes them on, RATE bytes in a second, by a token bucket: after a pause some may come at once, 20 ms'
 * worth unless the arguments say otherwise.
 */
import { ratedUnqueue } from './rated-unqueue.js';

export default ratedUnqueue('BandwidthRatedUnqueue', true);
