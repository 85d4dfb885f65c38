/**
 * Takes in all packets it can pull from its inputs in order of their time, and then pushes copies of them in that order, those of input N to output N: STOP times, or for ever.
 *
 * Generates traffic of a capture: `FromDump(FILE) -> MultiReplayUnqueue(STOP 10) -> ...`. It has taken in all packets when the first of its inputs has no more, or there are LIMIT of them. The
 * paint annotation says which input a packet came by.
 */
import { pushingReplay } from './replaying.js';

export default pushingReplay('MultiReplayUnqueue', true);
