/**
 * Puts bytes back at the front of packets: those that Strip took off, zeros beyond them.
 */
import { unstripping } from './unstrip-element.js';

export default unstripping('Unstrip');
