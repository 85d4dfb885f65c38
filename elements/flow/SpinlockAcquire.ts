/**
 * Passes packets on: what is between this and SpinlockRelease works on one packet at a time anyway, as there is one thread. Under Click's driver,
 * SpinlockInfo has to declare the lock.
 */
import { lockElement } from './lock-element.js';

export default lockElement('SpinlockAcquire');
