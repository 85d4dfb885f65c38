/**
 * Stores packets, first in first out, as Queue does.
 *
 * In Click any number of threads may push to it and pull from it; here one thread runs a graph.
 */
import { fifoQueue } from './fifo-queue.js';

export default fifoQueue('ThreadSafeQueue', { tellsRoom: true });
