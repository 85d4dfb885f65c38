/** Adds up the time that packets were under way since SetCycleCount noted it. A cycle is a microsecond of the run's clock. */
import { accumulatedCycles } from './accumulated-cycles.js';

export default accumulatedCycles('CycleCountAccum', false);
