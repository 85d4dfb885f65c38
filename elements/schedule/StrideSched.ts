/**
 * Takes packets from its inputs in proportion to their tickets, by stride scheduling: of the inputs that have a packet,
 * the one that is furthest behind its share gives the next.
 */
import { array, defineElement, ethernet, example, many, pull } from 'wirelet';
import { PASS_HIGH, PASS_MAX, stridesOf, tickets } from './stride.js';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

export default defineElement({
  name: 'StrideSched',
  config: { tickets },
  ports: {
    inputs: pull(many('Packets to take.', { min: 1, count: (config) => config.tickets.length })),
    outputs: { out: pull('Packets of the inputs by their shares.') },
  },
  state: ({ inputs }) => ({ passes: array({ low: 0, high: PASS_MAX }, inputs.length), asked: array('u8', inputs.length) }),
  build: ({ config }) => ({ strides: stridesOf(config.tickets) }),
  pull({ built, state, inputs }) {
    for (let port = 0; port < inputs.length; port += 1) state.asked[port] = 0;
    for (let count = 0; count < inputs.length; count += 1) {
      let next = 0;
      let lowest: number = PASS_MAX + 1;
      for (let port = 0; port < inputs.length; port += 1) {
        if (state.asked[port]! !== 0 || state.passes[port]! >= lowest) continue;
        lowest = state.passes[port]!;
        next = port;
      }
      state.asked[next] = 1;
      const packet = inputs[next].pull();
      if (packet === null) continue;
      if (lowest > PASS_HIGH) {
        for (let port = 0; port < inputs.length; port += 1) state.passes[port] = Math.max(0, state.passes[port]! - PASS_HIGH);
      }
      state.passes[next] = Math.min(state.passes[next]! + built.strides[next]!, PASS_MAX);
      return packet;
    }
    return null;
  },
  examples: [
    example(
      'gives two turns to the input with two tickets',
      [from(1, 0), from(2, 0), from(3, 0), from(4, 0), from(5, 1), from(6, 1)],
      { out: [from(1, 0), from(5, 1), from(2, 0), from(3, 0), from(6, 1), from(4, 0)] },
      { config: '2, 1', inputs: 2, after: 'DelayUnqueue(1ms)' },
    ),
    example('takes what there is', [from(1, 1), from(2, 1)], { out: [from(1, 1), from(2, 1)] }, { config: '100, 1', inputs: 2 }),
  ],
});
