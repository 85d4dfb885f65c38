/**
 * Stores packets, first in first out: the name that Click has for what Queue is.
 *
 * Sources before it and elements behind it need not be told when it is full or empty: see Queue.
 */
import { fifoQueue } from './fifo-queue.js';

export default fifoQueue('FullNoteQueue');
