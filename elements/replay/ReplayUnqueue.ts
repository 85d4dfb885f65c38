/**
 * Takes in all packets it can pull from its input, and then pushes copies of them, in order, as fast as they go or, with TIMING, as fast as they came: STOP times, or for ever.
 *
 * Generates traffic of a capture: `FromDump(FILE) -> ReplayUnqueue(STOP 10) -> ...`. It has taken in all packets when the input has no more, or there are LIMIT of them. The
 * paint annotation says which input a packet came by.
 */
import { pushingReplay } from './replaying.js';

export default pushingReplay('ReplayUnqueue', false);
