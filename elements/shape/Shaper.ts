/**
 * Lets packets that are pulled through it pass at an even rate, RATE in a second. Between them it says that there is none.
 *
 * What passes does not run ahead of the clock within a second; what was not used of a second may follow in the next.
 */
import { shaper } from './even-shaper.js';

export default shaper('Shaper', false);
