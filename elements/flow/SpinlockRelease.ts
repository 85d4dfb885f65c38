/** Passes packets on, see SpinlockAcquire. */
import { lockElement } from './lock-element.js';

export default lockElement('SpinlockRelease');
