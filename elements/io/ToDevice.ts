/**
 * Sends packets to an interface as they stand. Where its input is pushed, each packet goes out at once; where
 * it can be pulled, it takes as many as the interface has room for.
 *
 * In a graph file the name of an interface at the end of an arrow is one: `... -> lan`. An interface may
 * have any number of senders.
 */
import { defineElement, text } from 'wirelet';

export default defineElement({
  name: 'ToDevice',
  device: 'send',
  config: { devname: text({ doc: 'The interface.' }) },
  ports: { inputs: { in: 'Frames with their Ethernet header.' } },
});
