/**
 * Counts packets and their bytes on the way, as Counter does.
 *
 * In FastClick several threads count with it at once; here one thread does all the work.
 */
import { packetCounter } from './packet-counter.js';

export default packetCounter('CounterMP');
