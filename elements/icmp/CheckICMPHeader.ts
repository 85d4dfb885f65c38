/**
 * Lets ICMP messages with a right checksum, and a length that their type can have, pass (RFC 792); the others leave by `bad`,
 * counted by what is wrong.
 *
 * Errors quote an IP header and eight bytes behind it; timestamps have 20 bytes, information requests and replies 8. What lies
 * behind the packet's own length does not count. A fragment cannot be checked, and counts as one with a wrong checksum: put an IPReassembler in front.
 */
import { bool, checksum, complain, defineElement, dropHandlers, example, icmp, ICMP_TYPE, IP_PROTOCOL, ipv4, optional, push, register } from 'wirelet';
import { FRAGMENT_BITS } from '../ip/transport-offset.js';

const message = (type: number, bytes: number) => ipv4.make({ protocol: 1 }, icmp.make({ type }, new Uint8Array(bytes)));
const wrong = ipv4.make({ protocol: 1 }, icmp.make({ type: 8, checksum: 1 }));
const cut = ipv4.make({ protocol: 1 }, new Uint8Array(7));
const echo = message(8, 3);
const padded = { ...echo, bytes: Uint8Array.from([...echo.bytes, 5]) };
const lying = (total_length: number) => ipv4.make({ protocol: 1, total_length }, icmp.make({ type: 8 }, new Uint8Array(3)));
const fragment = ipv4.make({ protocol: 1, more_fragments: 1 }, icmp.make({ type: 8 }));

export default defineElement({
  name: 'CheckICMPHeader',
  config: {
    verbose: bool({ default: false, keyword: true, doc: "Under Click's driver, a line for each wrong packet, not only for the first." }),
    details: bool({ default: false, keyword: true, doc: 'Show the reasons in the handler drop_details; counters tell them anyway.' }),
  },
  ports: { inputs: { in: 'ICMP packets with marked headers.' }, outputs: { out: 'Right packets.', bad: optional(push('The others, as they came.')) } },
  counters: {
    not_icmp: 'Not ICMP.',
    fragment: 'A fragment.',
    bad_length: 'The length is not one that the type can have, or more than the packet has.',
    bad_checksum: 'The checksum is wrong.',
  },
  split: 'each',
  state: { complaints: register('u8') },
  build: ({ chatter }) => ({ chatter }),
  process(packet, { config, built, state, counters, outputs, log }) {
    if (!packet.hasNetworkHeader || ipv4.at(packet).protocol !== IP_PROTOCOL.icmp) {
      counters.not_icmp.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'ICMP header', 'not ICMP');
      return outputs.bad;
    }
    const header = ipv4.at(packet);
    const length = header.total_length - header.header_length * 4;
    const offset = packet.transportHeaderOffset;
    if (length < icmp.size || length > packet.transportLength || offset < 0) {
      counters.bad_length.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'ICMP header', 'bad packet length');
      return outputs.bad;
    }
    const type = icmp.at(packet).type;
    const error = type === ICMP_TYPE.unreachable || type === ICMP_TYPE.source_quench || type === ICMP_TYPE.redirect || type === ICMP_TYPE.time_exceeded || type === ICMP_TYPE.parameter_problem;
    const timestamp = type === ICMP_TYPE.timestamp || type === ICMP_TYPE.timestamp_reply;
    const information = type === ICMP_TYPE.information_request || type === ICMP_TYPE.information_reply;
    if ((error && length < 36) || (timestamp && length !== 20) || (information && length !== 8)) {
      counters.bad_length.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'ICMP header', 'bad packet length');
      return outputs.bad;
    }
    if ((header.fragment & FRAGMENT_BITS) !== 0) {
      counters.fragment.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'ICMP header', 'bad ICMP checksum');
      return outputs.bad;
    }
    if (checksum.sum(packet, offset, length) !== 0xffff) {
      counters.bad_checksum.add(1);
      if (built.chatter.length > 0) complain(log, state, built.chatter, config.verbose, 'ICMP header', 'bad ICMP checksum');
      return outputs.bad;
    }
    return outputs.out;
  },
  ...dropHandlers({ not_icmp: 'not ICMP', fragment: 'bad ICMP checksum', bad_length: 'bad packet length', bad_checksum: 'bad ICMP checksum' }),
  examples: [
    example('passes right messages', [message(8, 3), message(3, 28), message(13, 12), message(15, 0)], { out: [message(8, 3), message(3, 28), message(13, 12), message(15, 0)] }),
    example('finds lengths that cannot be', [message(11, 27), message(14, 13), message(16, 1), cut], { bad: [message(11, 27), message(14, 13), message(16, 1), cut] }, { counters: { bad_length: 4 } }),
    example('does not count what lies behind the packet', padded, { out: padded }),
    example('finds lengths that lie', [lying(32), lying(27)], { bad: [lying(32), lying(27)] }, { counters: { bad_length: 2 } }),
    example('finds fragments', fragment, { bad: fragment }, { counters: { fragment: 1 } }),
    example('finds a wrong checksum', wrong, { bad: wrong }, { counters: { bad_checksum: 1 } }),
    example('drops it where nothing takes it', wrong, { drop: 'bad' }, { outputs: 1 }),
    example('finds other protocols', ipv4.make({}, new Uint8Array(8)), { bad: ipv4.make({}, new Uint8Array(8)) }, { counters: { not_icmp: 1 } }),
  ],
});
