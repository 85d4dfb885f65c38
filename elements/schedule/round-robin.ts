/** A scheduler that takes packets from its inputs in turn. */
import { below, defineElement, ethernet, example, integer, many, pull, register } from 'wirelet';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

/** How many inputs are used. */
const max = integer({ required: false, min: 1, max: 0x7fff_ffff, doc: 'How many inputs are used, the first ones; default: all.' });
/** The first packet is on its way when the others come. */
const late = { inputs: 3, after: 'DelayUnqueue(1ms)' } as const;

/** The scheduler, with the name of a class of Click's; `limited`: it has an argument for how many inputs are used. */
export function roundRobin(name: string, limited = false) {
  return defineElement({
    name,
    config: limited ? { max } : {},
    ports: { inputs: pull(many('Packets to take.', { min: 1 })), outputs: { out: pull('Packets of the inputs in turn.') } },
    state: ({ inputs }) => ({ next: register(below(inputs.length)) }),
    build: ({ config, inputs }) => ({ used: Math.min((config as { readonly max?: number }).max ?? inputs.length, inputs.length) }),
    pull({ built, state, inputs }) {
      let port = state.next;
      for (let count = 0; count < inputs.length; count += 1) {
        if (count >= built.used) break;
        const packet = inputs[port].pull();
        const following = port + 1;
        port = following < built.used ? following : 0;
        if (packet !== null) {
          state.next = port;
          return packet;
        }
      }
      return null;
    },
    examples: [
      example(
        'takes from the inputs in turn',
        [from(1, 0), from(2, 0), from(3, 0), from(4, 1), from(5, 2)],
        { out: [from(1, 0), from(4, 1), from(5, 2), from(2, 0), from(3, 0)] },
        late,
      ),
      example('passes over inputs that have nothing', [from(1, 1), from(2, 1)], { out: [from(1, 1), from(2, 1)] }, { inputs: 3 }),
      example('has nothing when no input has', [], {}, { inputs: 2 }),
      ...(limited ? [example('takes from the first inputs only when told so', [from(1, 0), from(2, 0), from(3, 1), from(4, 2)], { out: [from(1, 0), from(3, 1), from(2, 0)] }, { ...late, config: '2' })] : []),
    ],
  });
}
