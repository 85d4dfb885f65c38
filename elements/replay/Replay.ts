/**
 * Takes in all packets it can pull, and then gives copies of them, in order, whenever it is pulled: STOP times, or for ever.
 *
 * Generates traffic of a capture: `FromDump(FILE) -> Replay(STOP 10) -> ...`. It has taken in all packets once its inputs have none, or QUEUE of them; the last
 * annotation byte says which input a packet came by.
 */
import { pulledReplay } from './replaying.js';

export default pulledReplay('Replay');
