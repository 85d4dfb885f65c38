/**
 * What a FromDevice with these arguments does with the frames that it received, and where its outputs come from: it stands behind each that has more than one output, or
 * one of the arguments.
 *
 * With FORCE_IP, frames with an IPv4 header, also behind VLAN tags, leave by the first output with that header marked, all others by the second. Frames are cut
 * to SNAPLEN bytes; the extra length annotation tells how many are missing. With PROTOCOL, frames of other Ethernet types are dropped, with BPF_FILTER those that
 * tcpdump would not print with that expression; tcpdump compiles it when the graph is built.
 */
import { ANNOTATIONS, array, bool, defineElement, drop, ethernet, example, integer, ipv4, optional, push, text } from 'wirelet';
import { compileFilter } from '../host/compile-filter.js';
import { isWanted, NO_FILTER, WORDS } from './packet-filter.js';

const ETHERNET = 14;
const TYPE_IP = 0x0800;
const TYPE_VLAN = 0x8100;
const TAG = 4;
const packet = ethernet.make({ type: TYPE_IP }, ipv4.make({}, new Uint8Array(2)));
const tagged = ethernet.make({ type: TYPE_VLAN }, Uint8Array.from([0, 1, 8, 0, ...ipv4.make({}).bytes]));
const arp = ethernet.make({ type: 0x0806 });

export default defineElement({
  name: 'ReceivedFrames',
  config: {
    force_ip: bool({ default: false, keyword: true, doc: 'Whether only IPv4 packets leave by the first output.' }),
    snaplen: integer({ default: 65_535, min: 14, max: 65_535, keyword: true, doc: 'Bytes of a frame, at most.' }),
    protocol: integer({ default: 0, max: 65_535, keyword: true, doc: 'The Ethernet type of frames; 0: any.' }),
    bpf_filter: text({ default: '', keyword: true, doc: 'Which frames: an expression of tcpdump; empty: all.' }),
  },
  ports: { inputs: { in: push('Frames.') }, outputs: { out: push('Frames, or IPv4 packets.'), other: optional(push('Other frames, with FORCE_IP.')) } },
  drops: { other_protocol: 'Its Ethernet type is not PROTOCOL.', filtered: 'BPF_FILTER does not take it.' },
  split: 'each',
  state: { words: array('u32', WORDS) },
  build({ config, fail }) {
    const filter = config.bpf_filter === '' ? NO_FILTER : compileFilter(config.bpf_filter);
    return typeof filter === 'string' ? fail(`BPF_FILTER: ${filter}`, 'Write an expression as tcpdump takes it, such as "tcp port 80", and install tcpdump; or put an IPFilter behind the device.') : filter;
  },
  process(packet, { config, built, state, outputs }) {
    if (config.bpf_filter !== '' && !isWanted(built, state, packet)) return drop('filtered');
    if (config.protocol !== 0 && (packet.length < ETHERNET || packet.loadU16(12) !== config.protocol)) return drop('other_protocol');
    if (packet.length > config.snaplen) {
      packet.setAnnotationU32(ANNOTATIONS.extra_length.offset, Math.max(0, packet.length - config.snaplen));
      packet.truncate(config.snaplen);
    }
    if (!config.force_ip) return outputs.out;
    let at = ETHERNET;
    if (packet.length >= at + TAG && packet.loadU16(12) === TYPE_VLAN) at += TAG;
    if (packet.length < at + ipv4.size || packet.loadU16(at - 2) !== TYPE_IP) return outputs.other;
    const first = packet.loadU8(at);
    const size = (first & 15) * 4;
    if (first >>> 4 !== 4 || size < ipv4.size || packet.length < at + size) return outputs.other;
    packet.markNetworkHeader(at);
    packet.markTransportHeader(at + size);
    return outputs.out;
  },
  examples: [
    example('passes frames on', [packet, arp], { out: [packet, arp] }),
    example('marks IPv4 headers', [packet, tagged, arp], { out: [ipv4.make({}, new Uint8Array(2)), ipv4.make({})], other: arp }, { config: 'FORCE_IP true', after: 'StripToNetworkHeader', outputs: 2 }),
    example('cuts frames', packet, { out: Uint8Array.from([0, 0, 0, 16, ...packet.bytes.subarray(0, 20)]) }, { config: 'SNAPLEN 20', after: 'ExampleAnnotations(28, 4)', outputs: 1 }),
    example('drops frames of other types', [packet, arp], { out: arp, drop: 'other_protocol' }, { config: 'PROTOCOL 0x0806' }),
  ],
});
