/**
 * Lets UDP packets with a right length and checksum pass (RFC 768); the others leave by `bad`, counted by what is wrong.
 * A checksum of zero says that there is none, and is right. A fragment cannot be checked, and counts as one with a wrong checksum: put an IPReassembler in front.
 */
import { bool, checksum, checksummed, complain, defineElement, dropHandlers, example, IP_PROTOCOL, ipv4, optional, pseudoHeaderSum, push, register, udp } from 'wirelet';
import { finalDestination, FRAGMENT_BITS, sourceRoute } from '../ip/transport-offset.js';

const data = Uint8Array.from([1, 2, 3]);
const plain = ipv4.make({}, udp.make({ source_port: 5000, destination_port: 53 }, data));
const good = checksummed(plain);
const wrong = ipv4.make({}, udp.make({ source_port: 5000, destination_port: 53, checksum: 0x1234 }, data));
const lying = (length: number) => ipv4.make({}, udp.make({ length }, data));
const padded = { ...good, bytes: Uint8Array.from([...good.bytes, 9, 9]) };
const FAR = 0x0a09_0909;
/** On a source route to FAR, and at its end. */
const routed = ipv4.make({}, checksummed(ipv4.make({ destination: FAR }, udp.make({ source_port: 1 }))).bytes.subarray(20), sourceRoute(FAR));
const arrived = ipv4.make({}, checksummed(ipv4.make({}, udp.make({ source_port: 1 }))).bytes.subarray(20), sourceRoute(FAR, 8));
const fragment = ipv4.make({ more_fragments: 1 }, udp.make({}));
const late = ipv4.make({ fragment_offset: 1 }, udp.make({}));

export default defineElement({
  name: 'CheckUDPHeader',
  config: {
    verbose: bool({ default: false, keyword: true, doc: "Under Click's driver, a line for each wrong packet, not only for the first." }),
    details: bool({ default: false, keyword: true, doc: 'Show the reasons in the handler drop_details; counters tell them anyway.' }),
  },
  ports: { inputs: { in: 'UDP packets with marked headers.' }, outputs: { out: 'Right packets.', bad: optional(push('The others, as they came.')) } },
  counters: {
    not_udp: 'Not UDP.',
    fragment: 'A fragment.',
    bad_length: 'The length is less than 8 bytes, or more than the packet has.',
    bad_checksum: 'The checksum is wrong.',
  },
  split: 'each',
  state: { complaints: register('u8') },
  build: ({ chatter }) => ({ chatter }),
  process(packet, { config, built, state, counters, outputs, log }) {
    if (!packet.hasNetworkHeader || ipv4.at(packet).protocol !== IP_PROTOCOL.udp) {
      counters.not_udp.add(1);
      if (built.chatter.length > 0) complain(log, state, '', config.verbose, 'UDP header', 'not UDP');
      return outputs.bad;
    }
    const header = ipv4.at(packet);
    const space = packet.transportLength;
    const offset = packet.transportHeaderOffset;
    if (space < udp.size || offset < 0) {
      counters.bad_length.add(1);
      if (built.chatter.length > 0) complain(log, state, '', config.verbose, 'UDP header', 'bad packet length');
      return outputs.bad;
    }
    const segment = udp.at(packet);
    const length = segment.length;
    if (length < udp.size || length > space || length > header.total_length - header.header_length * 4) {
      counters.bad_length.add(1);
      if (built.chatter.length > 0) complain(log, state, '', config.verbose, 'UDP header', 'bad packet length');
      return outputs.bad;
    }
    if ((header.fragment & FRAGMENT_BITS) !== 0) {
      counters.fragment.add(1);
      if (built.chatter.length > 0) complain(log, state, '', config.verbose, 'UDP header', 'bad UDP checksum');
      return outputs.bad;
    }
    if (segment.checksum !== 0) {
      const outer = pseudoHeaderSum(header.source, finalDestination(packet), IP_PROTOCOL.udp, length);
      if (checksum.add(outer, checksum.sum(packet, offset, length)) !== 0xffff) {
        counters.bad_checksum.add(1);
        if (built.chatter.length > 0) complain(log, state, '', config.verbose, 'UDP header', 'bad UDP checksum');
        return outputs.bad;
      }
    }
    return outputs.out;
  },
  ...dropHandlers({ not_udp: 'not UDP', fragment: 'bad UDP checksum', bad_length: 'bad packet length', bad_checksum: 'bad UDP checksum' }),
  examples: [
    example('passes a right packet', good, { out: good }),
    example('passes one without a checksum', plain, { out: plain }),
    example('does not count what lies behind the packet', padded, { out: padded }),
    example('finds a wrong checksum', wrong, { bad: wrong }, { counters: { bad_checksum: 1 } }),
    example('drops it where nothing takes it', wrong, { drop: 'bad' }, { outputs: 1 }),
    example('finds a length beyond the end', [lying(12), lying(7)], { bad: [lying(12), lying(7)] }, { counters: { bad_length: 2 } }),
    example('finds a header that is cut off', ipv4.make({}, new Uint8Array(7)), { bad: ipv4.make({}, new Uint8Array(7)) }, { counters: { bad_length: 1 } }),
    example('finds other protocols', ipv4.make({ protocol: 6 }, new Uint8Array(20)), { bad: ipv4.make({ protocol: 6 }, new Uint8Array(20)) }, { counters: { not_udp: 1 } }),
    example('finds fragments', [fragment, late], { bad: [fragment, late] }, { counters: { fragment: 2 } }),
    example('knows where a source route ends', [routed, arrived], { out: [routed, arrived] }),
    example('finds what has no marked header', good.bytes, { bad: good.bytes }, { counters: { not_udp: 1 } }),
  ],
});
