/** A scheduler that takes packets from its inputs in turn. */
import { below, defineElement, ethernet, example, many, pull, register } from 'wirelet';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

/** The scheduler, with the name of a class of Click's. */
export function roundRobin(name: string) {
  return defineElement({
    name,
    ports: { inputs: pull(many('Packets to take.', { min: 1 })), outputs: { out: pull('Packets of the inputs in turn.') } },
    state: ({ inputs }) => ({ next: register(below(inputs.length)) }),
    pull({ state, inputs }) {
      let port = state.next;
      for (let count = 0; count < inputs.length; count += 1) {
        const packet = inputs[port].pull();
        const following = port + 1;
        port = following < inputs.length ? following : 0;
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
        // The first packet is on its way when the others come.
        { inputs: 3, after: 'DelayUnqueue(1ms)' },
      ),
      example('passes over inputs that have nothing', [from(1, 1), from(2, 1)], { out: [from(1, 1), from(2, 1)] }, { inputs: 3 }),
      example('has nothing when no input has', [], {}, { inputs: 2 }),
    ],
  });
}
