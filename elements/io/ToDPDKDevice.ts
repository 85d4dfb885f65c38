/**
 * Sends packets to an interface, as ToDevice does. Configurations for FastClick name their ports so: here the name is that of an interface, and arguments about queues and
 * time-outs are accepted and mean nothing.
 */
import { bool, defineElement, integer, text } from 'wirelet';

const accepted = 'Accepted for compatibility.';
const flag = bool({ default: false, keyword: true, doc: accepted });
const number = integer({ default: 0, max: 65_535, keyword: true, doc: accepted });

export default defineElement({
  name: 'ToDPDKDevice',
  device: 'send',
  config: {
    devname: text({ doc: 'The interface: FastClick calls it PORT.' }),
    queue: integer({ default: -1, min: -1, max: 65_535, doc: accepted }),
    n_queues: integer({ default: -1, min: -1, max: 65_535, keyword: true, doc: accepted }),
    iqueue: number,
    blocking: flag,
    burst: integer({ default: 32, min: 0, max: 1024, keyword: true, doc: accepted }),
    timeout: number,
    maxqueues: number,
    ndesc: number,
    verbose: text({ default: '', keyword: true, doc: accepted }),
    numa: flag,
    alloc: bool({ default: true, keyword: true, doc: accepted }),
    ipco: flag,
    tco: flag,
    uco: flag,
  },
  ports: { inputs: { in: 'Frames with their Ethernet header.' } },
  handlers: { count: { doc: 'Packets that were sent.', read: ({ packets }) => String(packets) } },
});
