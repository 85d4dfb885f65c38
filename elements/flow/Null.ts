/**
 * Passes packets on as they are: a name for a place in a graph, or the start of an element of your own.
 */
import { defineElement, ethernet, example } from 'wirelet';

export default defineElement({
  name: 'Null',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  process: (_packet, { outputs }) => outputs.out,
  examples: [example('passes a packet on', ethernet.make({}), { out: ethernet.make({}) })],
});
