/** A scheduler that takes packets from the first input that has one. */
import { defineElement, ethernet, example, many, pull } from 'wirelet';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

/** The scheduler, with the name of a class of Click's. */
export function priority(name: string) {
  return defineElement({
    name,
    ports: { inputs: pull(many('Packets to take; the first input goes before all others.', { min: 1 })), outputs: { out: pull('Packets by rank of their inputs.') } },
    pull({ inputs }) {
      for (let port = 0; port < inputs.length; port += 1) {
        const packet = inputs[port].pull();
        if (packet !== null) return packet;
      }
      return null;
    },
    examples: [
      example(
        'takes from the first input that has something',
        [from(1, 1), from(2, 2), from(3, 1), from(4, 0)],
        { out: [from(1, 1), from(4, 0), from(3, 1), from(2, 2)] },
        { inputs: 3, after: 'DelayUnqueue(1ms)' },
      ),
      example('takes what there is', from(1, 2), { out: from(1, 2) }, { inputs: 3 }),
    ],
  });
}
