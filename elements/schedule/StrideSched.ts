/**
 * Takes packets from its inputs in proportion to their tickets, by stride scheduling: of the inputs that have a packet,
 * the one that is furthest behind its share gives the next.
 */
import { array, defineElement, ethernet, example, many, pull, u32 } from 'wirelet';
import { PASS_HIGH, PASS_NONE, passAfter, strideState, stridesOf, ticketHandlers, ticketHandlersFor, tickets } from './stride.js';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

export default defineElement({
  name: 'StrideSched',
  config: { tickets },
  ports: {
    inputs: pull(many('Packets to take.', { min: 1, count: (config) => config.tickets.length, perArgument: true })),
    outputs: { out: pull('Packets of the inputs by their shares.') },
  },
  state: ({ inputs }) => ({ ...strideState(inputs.length), asked: array('u8', inputs.length) }),
  build: ({ config, warn }) => ({ strides: stridesOf(config.tickets, warn) }),
  pull({ built, state, inputs }) {
    for (let port = 0; port < inputs.length; port += 1) state.asked[port] = 0;
    for (let count = 0; count < inputs.length; count += 1) {
      let next = 0;
      let lowest: number = PASS_NONE;
      for (let port = 0; port < inputs.length; port += 1) {
        const pass = state.passes[port]! + built.strides[port]!;
        if (state.asked[port]! !== 0 || built.strides[port]! === 0 || pass > lowest) continue;
        if (pass === lowest && state.turns[port]! <= state.turns[next]!) continue;
        lowest = pass;
        next = port;
      }
      if (lowest === PASS_NONE) break;
      state.asked[next] = 1;
      const packet = inputs[next].pull();
      // Who had nothing to give has had its turn, too.
      state.passes[next] = passAfter(state.passes[next]!, built.strides[next]!);
      state.turn = u32(state.turn + 1);
      state.turns[next] = state.turn;
      if (lowest > PASS_HIGH) {
        for (let port = 0; port < inputs.length; port += 1) state.passes[port] = Math.max(0, state.passes[port]! - PASS_HIGH);
      }
      if (packet !== null) return packet;
    }
    return null;
  },
  handlers: ticketHandlers,
  handlersFor: ticketHandlersFor,
  reconfigurable: true,
  examples: [
    example(
      'gives two turns to the input with two tickets',
      [from(1, 0), from(2, 0), from(3, 0), from(4, 0), from(5, 1), from(6, 1)],
      { out: [from(1, 0), from(2, 0), from(3, 0), from(5, 1), from(4, 0), from(6, 1)] },
      { config: '2, 1', inputs: 2, after: 'DelayUnqueue(1ms)' },
    ),
    example('takes what there is', [from(1, 1), from(2, 1)], { out: [from(1, 1), from(2, 1)] }, { config: '100, 1', inputs: 2 }),
  ],
});
