/**
 * Takes in all packets it can pull from its input, and then gives copies of them, in order, whenever it is pulled: STOP times, or for ever.
 *
 * Generates traffic of a capture: `FromDump(FILE) -> Replay(STOP 10) -> ...`. It has taken in all packets when the input has no more, or there are LIMIT of them. The
 * paint annotation says which input a packet came by.
 */
import { pulledReplay } from './replaying.js';

export default pulledReplay('Replay', false);
