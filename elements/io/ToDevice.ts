/**
 * Sends packets to an interface as they stand. Where its input is pushed, each packet goes out at once; where
 * it can be pulled, it takes as many as the interface has room for.
 *
 * In a graph file the name of an interface at the end of an arrow is one: `... -> lan`. An interface may
 * have any number of senders.
 */
import { bool, defineElement, integer, string, text } from 'wirelet';

const accepted = 'Accepted for compatibility.';

export default defineElement({
  name: 'ToDevice',
  device: 'send',
  config: {
    devname: string({ doc: 'The interface.' }),
    debug: bool({ default: false, keyword: true, doc: accepted }),
    method: text({ default: '', keyword: true, doc: accepted }),
    burst: integer({ default: 32, min: 1, max: 0x7fff_ffff, keyword: true, doc: accepted }),
  },
  ports: { inputs: { in: 'Frames with their Ethernet header.' } },
  build({ config, fail }) {
    if (!['', 'LINUX', 'PCAP', 'DEVBPF', 'PCAPFD', 'NETMAP'].includes(config.method)) fail(`there is no METHOD ${config.method}`, 'Leave it out.', 'bad METHOD');
    return undefined;
  },
  handlers: {
    debug: { doc: 'As it was given.', read: ({ config }) => String(config.debug), write: ({ reconfigure }, value) => reconfigure('debug', value.trim()) },
    pulls: { doc: 'Packets that were taken to be sent.', read: ({ packets }) => String(packets) },
    signal: { doc: 'Whether there may be packets to be pulled: it always looks.', read: () => 'true' },
    q: { doc: 'Whether a packet waits because the device was busy.', read: () => 'false' },
  },
  reconfigurable: true,
});
