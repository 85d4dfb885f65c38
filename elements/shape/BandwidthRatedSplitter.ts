/**
 * Passes RATE bytes in a second, by a token bucket; what is above leaves by the second output or, where nothing is
 * connected there, is dropped. After a pause some more may pass at once, 20 ms' worth unless the arguments say otherwise.
 */
import { ratedSplitter } from './rated-splitter.js';

export default ratedSplitter('BandwidthRatedSplitter', true);
