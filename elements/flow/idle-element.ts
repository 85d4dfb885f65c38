/** Elements that end what they get and give nothing. */
import { consumed, defineElement, ethernet, example, many } from 'wirelet';

/** The element by its class of Click's. */
export function idle(name: string) {
  return defineElement({
    name,
    ports: {
      inputs: many('Packets to end; where they would have to be pulled, none ever are.', { optional: true }),
      outputs: many('Nothing, ever.', { optional: true }),
    },
    separatePorts: true,
    process: () => consumed,
    pull: () => null,
    examples: [
      example('ends a packet', ethernet.make({}), {}, { inputs: 1 }),
      example('gives nothing', [], {}, { outputs: 1 }),
    ],
  });
}
