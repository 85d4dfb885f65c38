/**
 * Takes packets by strict priority: each pull asks the inputs in order, the first one first, until one gives a packet.
 */
import { priority } from './priority.js';

export default priority('PrioSched');
