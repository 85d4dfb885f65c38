/**
 * Takes packets from one input, as PullSwitch does.
 *
 * In Click it does not tell the elements behind it whether the chosen input is empty; here nothing depends on that.
 */
import { pullSwitch } from './pull-switch.js';

export default pullSwitch('SimplePullSwitch');
