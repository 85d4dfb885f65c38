/**
 * Lets TCP packets with a right length and checksum pass (RFC 9293, 3.1); the others leave by `bad`, counted by what is wrong.
 *
 * A fragment cannot be checked, and counts as one with a wrong checksum: put an IPReassembler in front.
 */
import { bool, checksum, checksummed, complain, defineElement, dropHandlers, example, IP_PROTOCOL, ipv4, optional, pseudoHeaderSum, push, register, tcp, type PacketTemplate } from 'wirelet';
import { finalDestination, FRAGMENT_BITS } from '../ip/transport-offset.js';

const segment = tcp.make({ source_port: 5000, destination_port: 80, sequence: 1, flags: 2 }, Uint8Array.from([1, 2, 3]));
const good = checksummed(ipv4.make({ protocol: 6 }, segment));
const wrong = ipv4.make({ protocol: 6 }, segment);
const lying = (data_offset: number) => checksummed(ipv4.make({ protocol: 6 }, tcp.make({ data_offset })));
const cut: PacketTemplate = { ...good, bytes: good.bytes.subarray(0, 42) };
const padded: PacketTemplate = { ...good, bytes: Uint8Array.from([...good.bytes, 9]) };
const fragment = checksummed(ipv4.make({ protocol: 6, more_fragments: 1 }, segment));

export default defineElement({
  name: 'CheckTCPHeader',
  config: {
    verbose: bool({ default: false, keyword: true, doc: "Under Click's driver, a line for each wrong packet, not only for the first." }),
    details: bool({ default: false, keyword: true, doc: 'Show the reasons in the handler drop_details; counters tell them anyway.' }),
  },
  ports: { inputs: { in: 'TCP packets with marked headers.' }, outputs: { out: 'Right packets.', bad: optional(push('The others, as they came.')) } },
  counters: {
    not_tcp: 'Not TCP.',
    fragment: 'A fragment.',
    bad_length: 'The header is said to be shorter than 20 bytes or longer than the packet, or the packet is shorter than it says.',
    bad_checksum: 'The checksum is wrong.',
  },
  split: 'each',
  state: { complaints: register('u8') },
  build: ({ chatter }) => ({ chatter }),
  process(packet, { config, built, state, counters, outputs, log }) {
    if (!packet.hasNetworkHeader || ipv4.at(packet).protocol !== IP_PROTOCOL.tcp) {
      counters.not_tcp.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'TCP header', 'not TCP');
      return outputs.bad;
    }
    const header = ipv4.at(packet);
    const length = header.total_length - header.header_length * 4;
    const offset = packet.transportHeaderOffset;
    if (length < tcp.size || length > packet.transportLength || offset < 0) {
      counters.bad_length.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'TCP header', 'bad packet length');
      return outputs.bad;
    }
    const size = tcp.at(packet).data_offset * 4;
    if (size < tcp.size || size > length) {
      counters.bad_length.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'TCP header', 'bad packet length');
      return outputs.bad;
    }
    if ((header.fragment & FRAGMENT_BITS) !== 0) {
      counters.fragment.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'TCP header', 'bad TCP checksum');
      return outputs.bad;
    }
    const outer = pseudoHeaderSum(header.source, finalDestination(packet), IP_PROTOCOL.tcp, length);
    if (checksum.add(outer, checksum.sum(packet, offset, length)) !== 0xffff) {
      counters.bad_checksum.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'TCP header', 'bad TCP checksum');
      return outputs.bad;
    }
    return outputs.out;
  },
  ...dropHandlers({ not_tcp: 'not TCP', fragment: 'bad TCP checksum', bad_length: 'bad packet length', bad_checksum: 'bad TCP checksum' }),
  examples: [
    example('passes a right packet', good, { out: good }),
    example('does not count what lies behind the packet', padded, { out: padded }),
    example('finds a wrong checksum', wrong, { bad: wrong }, { counters: { bad_checksum: 1 } }),
    example('drops it where nothing takes it', wrong, { drop: 'bad' }, { outputs: 1 }),
    example('finds headers that cannot be', [lying(4), lying(6)], { bad: [lying(4), lying(6)] }, { counters: { bad_length: 2 } }),
    example('finds a packet that is cut off', cut, { bad: cut }, { counters: { bad_length: 1 } }),
    example('finds fragments', fragment, { bad: fragment }, { counters: { fragment: 1 } }),
    example('finds other protocols', ipv4.make({}, new Uint8Array(20)), { bad: ipv4.make({}, new Uint8Array(20)) }, { counters: { not_tcp: 1 } }),
  ],
});
