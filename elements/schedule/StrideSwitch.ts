/**
 * Sends packets to its outputs in proportion to their tickets, by stride scheduling: each goes to the output that is
 * furthest behind its share.
 */
import { array, defineElement, ethernet, example, many, push } from 'wirelet';
import { PASS_HIGH, PASS_MAX, stridesOf, tickets } from './stride.js';

const [a, b, c, d] = [1, 2, 3, 4].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

export default defineElement({
  name: 'StrideSwitch',
  config: { tickets },
  ports: {
    inputs: { in: push('Packets to share out.') },
    outputs: push(many('Its share of the packets.', { min: 1, count: (config) => config.tickets.length })),
  },
  state: ({ outputs }) => ({ passes: array({ low: 0, high: PASS_MAX }, outputs.length) }),
  build: ({ config }) => ({ strides: stridesOf(config.tickets) }),
  process(_packet, { built, state, outputs }) {
    let next = 0;
    let lowest = state.passes[0]!;
    for (let port = 1; port < outputs.length; port += 1) {
      if (state.passes[port]! >= lowest) continue;
      lowest = state.passes[port]!;
      next = port;
    }
    if (lowest > PASS_HIGH) {
      for (let port = 0; port < outputs.length; port += 1) state.passes[port] = Math.max(0, state.passes[port]! - PASS_HIGH);
    }
    state.passes[next] = Math.min(state.passes[next]! + built.strides[next]!, PASS_MAX);
    return outputs[next];
  },
  examples: [
    example('gives more to the output with more tickets', [a, b, c, d], { 0: [a, c, d], 1: b }, { config: '3, 1', outputs: 2 }),
    example('takes turns where shares are equal', [a, b, c, d], { 0: [a, c], 1: [b, d] }, { config: '1, 1', outputs: 2 }),
  ],
});
