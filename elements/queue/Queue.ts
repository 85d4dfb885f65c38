/**
 * Stores packets, first in first out, between elements that push and elements that pull. When it is full, the
 * packet that arrives leaves by the second output or, where nothing is connected there, is dropped.
 */
import { fifoQueue } from './fifo-queue.js';

export default fifoQueue('Queue');
