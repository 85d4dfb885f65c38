/**
 * Takes in all packets it can pull from its inputs in order of their time, and then gives copies of those of input N whenever it is pulled at output N: STOP times, or for ever.
 *
 * Generates traffic of a capture: `FromDump(FILE) -> MultiReplay(STOP 10) -> Unqueue -> ...`. It has taken in all packets when the first of its inputs has no more, or there are LIMIT of them. The
 * paint annotation says which input a packet came by.
 */
import { pulledReplay } from './replaying.js';

export default pulledReplay('MultiReplay', true);
