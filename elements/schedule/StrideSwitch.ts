/**
 * Sends packets to its outputs in proportion to their tickets, by stride scheduling: each goes to the output that is
 * furthest behind its share.
 */
import { defineElement, drop, ethernet, example, many, push, u32 } from 'wirelet';
import { PASS_HIGH, PASS_NONE, passAfter, strideState, stridesOf, ticketHandlers, ticketHandlersFor, tickets } from './stride.js';

const [a, b, c, d] = [1, 2, 3, 4].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

export default defineElement({
  name: 'StrideSwitch',
  config: { tickets },
  ports: {
    inputs: { in: push('Packets to share out.') },
    outputs: push(many('Its share of the packets.', { min: 1, count: (config) => config.tickets.length, perArgument: true })),
  },
  drops: { no_tickets: 'No output has tickets.' },
  state: ({ outputs }) => strideState(outputs.length),
  build: ({ config, warn }) => ({ strides: stridesOf(config.tickets, warn) }),
  process(_packet, { built, state, outputs }) {
    let next = 0;
    let lowest: number = PASS_NONE;
    for (let port = 0; port < outputs.length; port += 1) {
      const pass = state.passes[port]! + built.strides[port]!;
      if (built.strides[port]! === 0 || pass > lowest) continue;
      if (pass === lowest && state.turns[port]! <= state.turns[next]!) continue;
      lowest = pass;
      next = port;
    }
    if (lowest === PASS_NONE) return drop('no_tickets');
    if (lowest > PASS_HIGH) {
      for (let port = 0; port < outputs.length; port += 1) state.passes[port] = Math.max(0, state.passes[port]! - PASS_HIGH);
    }
    state.passes[next] = passAfter(state.passes[next]!, built.strides[next]!);
    state.turn = u32(state.turn + 1);
    state.turns[next] = state.turn;
    return outputs[next];
  },
  handlers: ticketHandlers,
  handlersFor: ticketHandlersFor,
  reconfigurable: true,
  examples: [
    example('gives more to the output with more tickets', [a, b, c, d], { 0: [a, b, c], 1: d }, { config: '3, 1', outputs: 2 }),
    example('takes turns where shares are equal', [a, b, c, d], { 0: [a, d], 1: [b, c] }, { config: '1, 1', outputs: 2 }),
  ],
});
