/**
 * Receives frames from an interface and pushes them on, in batches and in order.
 *
 * In a graph file the name of an interface at the beginning of an arrow is one: `lan -> ...`. An interface
 * has one receiver at most.
 */
import { defineElement, push, text } from 'wirelet';

export default defineElement({
  name: 'FromDevice',
  device: 'receive',
  config: { devname: text({ doc: 'The interface.' }) },
  ports: { outputs: { out: push('Frames from the interface, the Ethernet header first.') } },
});
