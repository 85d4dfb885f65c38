/**
 * Stores packets, first in first out, as Queue does.
 *
 * In Click several threads may push to it at once; here one thread does all the work.
 */
import { fifoQueue } from './fifo-queue.js';

export default fifoQueue('MSQueue', { warning: 'MSQueue is deprecated, use ThreadSafeQueue instead' });
