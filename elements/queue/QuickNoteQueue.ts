/**
 * Stores packets, first in first out, as Queue does.
 *
 * In Click it tells that it is empty sooner than Queue; here nothing depends on that.
 */
import { fifoQueue } from './fifo-queue.js';

export default fifoQueue('QuickNoteQueue', { tellsRoom: true });
