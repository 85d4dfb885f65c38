/**
 * Stores packets, first in first out, as Queue does.
 *
 * It does not tell sources before it when it is full: they go on, and packets are dropped.
 */
import { fifoQueue } from './fifo-queue.js';

export default fifoQueue('NotifierQueue');
