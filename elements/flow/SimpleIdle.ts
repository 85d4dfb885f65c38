/**
 * Takes packets and ends them, and never gives any, as Idle does.
 *
 * In Click it does not tell its neighbours that it never will; here nothing depends on that.
 */
import { idle } from './idle-element.js';

export default idle('SimpleIdle');
