/**
 * Sends packets to an interface, as ToDevice does. Configurations for FastClick name its ports so, such as `netmap:eth0`: here the name is that of an interface, and arguments
 * about queues are accepted and mean nothing.
 */
import { bool, defineElement, integer, text } from 'wirelet';

const accepted = 'Accepted for compatibility.';
const number = integer({ default: -1, min: -1, max: 65_535, keyword: true, doc: accepted });

export default defineElement({
  name: 'ToNetmapDevice',
  device: 'send',
  config: {
    devname: text({ doc: 'The interface.' }),
    queue: integer({ default: -1, min: -1, max: 65_535, doc: accepted }),
    n_queues: integer({ default: -1, min: -1, max: 65_535, doc: accepted }),
    iqueue: number,
    blocking: bool({ default: true, keyword: true, doc: accepted }),
    burst: integer({ default: 32, min: 0, max: 1024, keyword: true, doc: accepted }),
    maxthreads: number,
    verbose: number,
  },
  ports: { inputs: { in: 'Frames with their Ethernet header.' } },
  handlers: { count: { doc: 'Packets that were sent.', read: ({ packets }) => String(packets) } },
});
