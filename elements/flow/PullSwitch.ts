/**
 * Takes packets from one input, which a handler changes. A negative number stands for none: there are no packets then.
 */
import { pullSwitch } from './pull-switch.js';

export default pullSwitch('PullSwitch');
