/** Elements that end what they get and give nothing. */
import { consumed, defineElement, ethernet, example, many, push } from 'wirelet';

/** The element by its class of Click's. */
export function idle(name: string) {
  return defineElement({
    name,
    ports: {
      inputs: push(many('Packets to end.', { optional: true })),
      outputs: many('Nothing, ever.', { optional: true }),
    },
    process: () => consumed,
    pull: () => null,
    examples: [
      example('ends a packet', ethernet.make({}), {}, { inputs: 1 }),
      example('gives nothing', [], {}, { outputs: 1 }),
    ],
  });
}
