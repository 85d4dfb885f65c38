/**
 * Takes packets by strict priority, as PrioSched does.
 *
 * In Click it does not ask the elements before it whether they are empty; here nothing depends on that.
 */
import { priority } from './priority.js';

export default priority('SimplePrioSched');
