/**
 * Receives frames from an interface and pushes them on, in batches and in order.
 *
 * In a graph file the name of an interface at the beginning of an arrow is one: `lan -> ...`. An interface
 * has one receiver at most. With FORCE_IP only IPv4 packets leave by the first output, their headers marked, and others by a second one; SNAPLEN cuts
 * frames, PROTOCOL drops those of other types, and BPF_FILTER those that tcpdump would not print: a ReceivedFrames behind it does these. Click's other arguments say how it opens a device; here whoever
 * starts the appliance connects the interface, and every frame comes with its Ethernet header.
 */
import { bool, defineElement, integer, push, register, string, text } from 'wirelet';

const accepted = 'Accepted for compatibility.';
/** Ways to open a device that Click has. */
const METHODS = ['', 'LINUX', 'PCAP', 'NETMAP'];

export default defineElement({
  name: 'FromDevice',
  device: 'receive',
  config: {
    devname: string({ doc: 'The interface.' }),
    promisc: bool({ default: false, doc: 'Accepted for compatibility: all frames come.' }),
    snaplen: integer({ default: 9216, min: 14, max: 65_535, doc: 'Bytes of a frame, at most.' }),
    sniffer: bool({ default: true, keyword: true, doc: accepted }),
    force_ip: bool({ default: false, keyword: true, doc: 'Whether only IPv4 packets leave by the first output.' }),
    method: text({ default: '', keyword: true, doc: accepted }),
    capture: text({ default: '', keyword: true, doc: accepted }),
    bpf_filter: text({ default: '', keyword: true, doc: 'Which frames: an expression of tcpdump, which compiles it; empty: all. Not with a METHOD other than PCAP.' }),
    protocol: integer({ default: 0, max: 65_535, keyword: true, doc: 'The Ethernet type of frames; 0: any.' }),
    outbound: bool({ default: false, keyword: true, doc: accepted }),
    headroom: integer({ default: 116, max: 8190, keyword: true, doc: 'Accepted for compatibility: there are 116 bytes in front of frames.' }),
    encap: text({ default: 'ETHER', keyword: true, doc: 'ETHER.' }),
    burst: integer({ default: 32, min: 1, max: 0x7fff_ffff, keyword: true, doc: accepted }),
    timestamp: bool({ default: true, keyword: true, doc: accepted }),
    active: bool({ default: true, keyword: true, doc: accepted }),
  },
  ports: { outputs: { out: push('Frames from the interface, the Ethernet header first.') } },
  state: () => ({ base: register('u53') }),
  build({ config, fail, warn }) {
    for (const method of [config.method, config.capture]) if (!METHODS.includes(method)) fail(`there is no METHOD ${method}`, 'Leave it out: whoever starts the appliance says what the interface is connected to.', 'bad METHOD');
    const isOther = [config.method, config.capture].some((method) => method !== '' && method !== 'PCAP');
    if (config.bpf_filter !== '' && isOther) warn('BPF_FILTER is ignored with a METHOD other than PCAP', 'Leave METHOD out.', undefined, 'not using METHOD PCAP, BPF filter ignored');
    if (!/^ETHER(NET)?$/i.test(config.encap)) fail(`ENCAP ${config.encap} is not possible here: frames are Ethernet frames`);
    return {};
  },
  handlers: {
    count: { doc: 'Frames that came.', read: ({ packets, state }) => String(Math.max(0, packets - state.base)) },
    reset_counts: { doc: 'Counts from 0.', write: ({ packets, state }) => void (state.base = packets) },
    kernel_drops: { doc: 'Frames that got lost before they came; not known here.', read: () => '??' },
    encap: { doc: 'What packets begin with.', read: () => 'ETHER' },
  },
});
