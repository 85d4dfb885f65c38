/**
 * Takes in all packets it can pull from its inputs, and then pushes copies of them in the order in which they came, those of input N to output N: STOP times, or for ever.
 *
 * Generates traffic of a capture: `FromDump(FILE) -> MultiReplay(STOP 10) -> ...`. It has taken in all packets once its inputs have none, or QUEUE of them; the last
 * annotation byte says which input a packet came by.
 */
import { pushingReplay } from './replaying.js';

export default pushingReplay('MultiReplay', true);
