/**
 * Takes packets from its inputs in turn: the next pull begins at the input behind the one that gave a packet last.
 * Inputs without a packet are passed over. With MAX, as in FastClick, only so many inputs are used.
 */
import { roundRobin } from './round-robin.js';

export default roundRobin('RoundRobinSched', true);
