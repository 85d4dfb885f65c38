/**
 * Sorts packets by the rate at which they come, in bytes a second: below the first rate they go to the first output,
 * from there on and below the second to the next, and so on.
 */
import { rateMeter } from './rate-meter.js';

export default rateMeter('BandwidthMeter', true);
