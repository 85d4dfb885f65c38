/**
 * Counts packets and their bytes on the way, and keeps their recent rates.
 *
 * When a count is reached it may write a handler (COUNT_CALL, BYTE_COUNT_CALL), once. Rates are moving averages, as Click
 * has them: every millisecond counts for one part in sixteen.
 */
import { packetCounter } from './packet-counter.js';

export default packetCounter('Counter');
