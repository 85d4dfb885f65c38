/** Adds up the time that packets take from one passage through it to the next. A cycle is a microsecond of the run's clock. */
import { accumulatedCycles } from './accumulated-cycles.js';

export default accumulatedCycles('RoundTripCycleCount', true);
