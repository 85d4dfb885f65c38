/**
 * Takes packets and ends them, and never gives any: for inputs and outputs that must be connected to something.
 */
import { consumed, defineElement, ethernet, example, many, push } from 'wirelet';

export default defineElement({
  name: 'Idle',
  ports: {
    inputs: push(many('Packets to end.', { optional: true })),
    outputs: push(many('Nothing, ever.', { optional: true })),
  },
  process: () => consumed,
  examples: [example('ends a packet', ethernet.make({}), {}, { inputs: 1 })],
});
