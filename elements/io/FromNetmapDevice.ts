/**
 * Receives frames from an interface and pushes them on, as FromDevice does. Configurations for FastClick name its ports so, such as `netmap:eth0`: here the name is that of
 * an interface; arguments about queues and threads are accepted and mean nothing.
 */
import { bool, defineElement, integer, push, text } from 'wirelet';

const accepted = 'Accepted for compatibility.';
const number = integer({ default: -1, min: -1, max: 65_535, keyword: true, doc: accepted });

export default defineElement({
  name: 'FromNetmapDevice',
  device: 'receive',
  config: {
    devname: text({ doc: 'The interface.' }),
    queue: integer({ default: -1, min: -1, max: 65_535, doc: accepted }),
    n_queues: integer({ default: -1, min: -1, max: 65_535, doc: accepted }),
    promisc: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: all frames come.' }),
    burst: integer({ default: 32, min: 1, max: 1024, keyword: true, doc: accepted }),
    maxthreads: number,
    threadoffset: number,
    verbose: number,
    numa: bool({ default: true, keyword: true, doc: accepted }),
  },
  ports: { outputs: { out: push('Frames from the interface, the Ethernet header first.') } },
  handlers: { count: { doc: 'Frames that came.', read: ({ packets }) => String(packets) } },
});
