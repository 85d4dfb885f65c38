/**
 * Stores packets, first in first out, as Queue does.
 *
 * It does not tell sources before it when it is full: they go on, and packets are dropped.
 */
import { fifoQueue } from './fifo-queue.js';
import { queueHandlers } from './queue-handlers.js';

export default fifoQueue('SimpleQueue', { handlers: queueHandlers });
