/**
 * Stores packets, first in first out, between elements that push and elements that pull. When it is full, the
 * packet that arrives leaves by the second output or, where nothing is connected there, is dropped.
 *
 * While it is full, an InfiniteSource or RandomSource before it makes no packets, if the other such queues behind that
 * are full, too.
 */
import { fifoQueue } from './fifo-queue.js';

export default fifoQueue('Queue', { tellsRoom: true });
