/**
 * Ends packets, as they should end: they count as arrived here, not as dropped.
 *
 * Put it where a graph wants nothing to do with some packets, under a name that says why.
 */
import { consumed, defineElement, ethernet, example } from 'wirelet';

export default defineElement({
  name: 'Discard',
  ports: { inputs: { in: 'Packets to end.' } },
  process: () => consumed,
  examples: [example('ends a packet', ethernet.make({}), {})],
});
