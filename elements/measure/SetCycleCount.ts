/** Notes the time in packets, for a CycleCountAccum or RoundTripCycleCount further on. A cycle is a microsecond of the run's clock, so that runs replay. */
import { defineElement, example } from 'wirelet';
import { noteCycles } from './cycles.js';

const packet = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'SetCycleCount',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  process(packet, { outputs, clock }) {
    noteCycles(packet, clock.microseconds);
    return outputs.out;
  },
  examples: [example('passes packets on', packet, { out: packet })],
});
