/**
 * Takes packets from its inputs in turn, N of each: an input is left when it gave N packets without a break, or has none.
 */
import { below, defineElement, ethernet, example, integer, many, pull, register } from 'wirelet';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });
/** The first packet is on its way when the others come. */
const late = { inputs: 2, after: 'DelayUnqueue(1ms)' } as const;

export default defineElement({
  name: 'RoundRobinMultiSched',
  config: {
    n: integer({ default: 1, min: 1, max: 0x7fff_ffff, doc: 'Packets of an input, one behind the other.' }),
    max: integer({ required: false, min: 1, max: 0x7fff_ffff, doc: 'How many inputs are used, the first ones; default: all.' }),
  },
  ports: { inputs: pull(many('Packets to take.', { min: 1 })), outputs: { out: pull('Packets of the inputs in turn.') } },
  state: ({ config, inputs }) => ({ next: register(below(inputs.length)), taken: register(below(config.n)) }),
  build: ({ config, inputs }) => ({ used: Math.min(config.max ?? inputs.length, inputs.length), last: config.n - 1 }),
  pull({ built, state, inputs }) {
    let port = state.next;
    let taken = state.taken;
    for (let count = 0; count < inputs.length; count += 1) {
      if (count >= built.used) break;
      const packet = inputs[port].pull();
      const following = port + 1 < built.used ? port + 1 : 0;
      if (packet !== null) {
        state.next = taken < built.last ? port : following;
        state.taken = taken < built.last ? taken + 1 : 0;
        return packet;
      }
      port = following;
      taken = 0;
    }
    state.taken = 0;
    return null;
  },
  examples: [
    example('takes two of each', [from(1, 0), from(2, 0), from(3, 0), from(4, 1), from(5, 1), from(6, 1)], { out: [from(1, 0), from(2, 0), from(4, 1), from(5, 1), from(3, 0), from(6, 1)] }, { ...late, config: '2' }),
    example('goes on where an input has no more', [from(1, 0), from(2, 1), from(3, 1)], { out: [from(1, 0), from(2, 1), from(3, 1)] }, { ...late, config: '2' }),
    example('takes one of each unless told otherwise', [from(1, 0), from(2, 0), from(3, 1)], { out: [from(1, 0), from(3, 1), from(2, 0)] }, late),
    example('has nothing when no input has', [], {}, { inputs: 2 }),
  ],
});
