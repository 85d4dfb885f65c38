/**
 * Takes packets from its inputs in turn, as RoundRobinSched does.
 *
 * In Click it does not ask the elements before it whether they are empty; here nothing depends on that.
 */
import { roundRobin } from './round-robin.js';

export default roundRobin('SimpleRoundRobinSched');
