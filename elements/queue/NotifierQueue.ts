/**
 * Stores packets, first in first out, as Queue does.
 *
 * In Click it tells the elements behind it when it becomes empty, but not those before it when it is full; here
 * nothing depends on that.
 */
import { fifoQueue } from './fifo-queue.js';

export default fifoQueue('NotifierQueue');
