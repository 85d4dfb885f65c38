/**
 * Stores packets, first in first out, as Queue does.
 *
 * In Click it does not tell the elements behind it when it becomes empty; here nothing depends on that.
 */
import { fifoQueue } from './fifo-queue.js';
import { queueHandlers } from './queue-handlers.js';

export default fifoQueue('SimpleQueue', queueHandlers);
