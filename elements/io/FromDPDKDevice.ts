/**
 * Receives frames from an interface and pushes them on, as FromDevice does. Configurations for FastClick name their ports so, by number or by PCI address: here the name is
 * that of an interface, and whoever starts the appliance says what it is connected to; arguments about queues, cores and descriptors are accepted and mean nothing.
 */
import { bool, defineElement, integer, push, text } from 'wirelet';

const accepted = 'Accepted for compatibility.';
const number = integer({ default: 0, max: 65_535, keyword: true, doc: accepted });
const flag = bool({ default: false, keyword: true, doc: accepted });

export default defineElement({
  name: 'FromDPDKDevice',
  device: 'receive',
  config: {
    devname: text({ doc: 'The interface: FastClick calls it PORT.' }),
    queue: integer({ default: -1, min: -1, max: 65_535, doc: accepted }),
    n_queues: integer({ default: -1, min: -1, max: 65_535, keyword: true, doc: accepted }),
    promisc: bool({ default: true, keyword: true, doc: 'Accepted for compatibility: all frames come.' }),
    burst: integer({ default: 32, min: 1, max: 1024, keyword: true, doc: accepted }),
    minthreads: number,
    maxthreads: number,
    threadoffset: number,
    minqueues: number,
    maxqueues: number,
    ndesc: number,
    mtu: number,
    numa: flag,
    mac: text({ default: '', keyword: true, doc: 'Accepted for compatibility: the interface has the address that the appliance gives it.' }),
    verbose: text({ default: '', keyword: true, doc: accepted }),
    rss_aggregate: flag,
    paint_queue: flag,
    prefetch_second: flag,
    mode: text({ default: '', keyword: true, doc: accepted }),
    scale: text({ default: '', keyword: true, doc: accepted }),
    pause: text({ default: '', keyword: true, doc: accepted }),
    active: bool({ default: true, keyword: true, doc: accepted }),
  },
  ports: { outputs: { out: push('Frames from the interface, the Ethernet header first.') } },
  handlers: {
    count: { doc: 'Frames that came.', read: ({ packets }) => String(packets) },
    hw_count: { doc: 'Frames that came.', read: ({ packets }) => String(packets) },
  },
});
