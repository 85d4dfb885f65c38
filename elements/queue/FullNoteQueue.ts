/**
 * Stores packets, first in first out: the name that Click has for what Queue is.
 */
import { fifoQueue } from './fifo-queue.js';

export default fifoQueue('FullNoteQueue', { tellsRoom: true });
