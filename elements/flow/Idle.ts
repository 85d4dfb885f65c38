/**
 * Takes packets and ends them, and never gives any: for inputs and outputs that must be connected to something.
 */
import { idle } from './idle-element.js';

export default idle('Idle');
