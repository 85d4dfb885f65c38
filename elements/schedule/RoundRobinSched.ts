/**
 * Takes packets from its inputs in turn: the next pull begins at the input behind the one that gave a packet last.
 * Inputs without a packet are passed over.
 */
import { roundRobin } from './round-robin.js';

export default roundRobin('RoundRobinSched');
