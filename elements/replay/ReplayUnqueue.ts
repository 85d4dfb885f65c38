/**
 * Takes in all packets it can pull, and then pushes copies of them, in order, as fast as they go: STOP times, or for ever.
 *
 * Generates traffic of a capture: `FromDump(FILE) -> ReplayUnqueue(STOP 10) -> ...`. It has taken in all packets once its inputs have none, or QUEUE of them; the last
 * annotation byte says which input a packet came by.
 */
import { pushingReplay } from './replaying.js';

export default pushingReplay('ReplayUnqueue', false);
