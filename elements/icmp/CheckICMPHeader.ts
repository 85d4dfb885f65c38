/**
 * Lets ICMP messages with a right checksum, and a length that their type can have, pass (RFC 792); the others leave by `bad`,
 * counted by what is wrong.
 *
 * Errors quote an IP header and eight bytes behind it; timestamps have 20 bytes, information requests and replies 8.
 */
import { bool, checksum, defineElement, dropHandlers, example, icmp, ICMP_TYPE, IP_PROTOCOL, ipv4, optional, push } from 'wirelet';

const message = (type: number, bytes: number) => ipv4.make({ protocol: 1 }, icmp.make({ type }, new Uint8Array(bytes)));
const wrong = ipv4.make({ protocol: 1 }, icmp.make({ type: 8, checksum: 1 }));
const cut = ipv4.make({ protocol: 1 }, new Uint8Array(7));

export default defineElement({
  name: 'CheckICMPHeader',
  config: {
    verbose: bool({ default: false, keyword: true, doc: 'Accepted for compatibility; reasons are always counted.' }),
    details: bool({ default: false, keyword: true, doc: 'Accepted for compatibility; reasons are always counted.' }),
  },
  ports: { inputs: { in: 'ICMP packets with marked headers.' }, outputs: { out: 'Right packets.', bad: optional(push('The others, as they came.')) } },
  counters: {
    not_icmp: 'Not ICMP.',
    bad_length: 'The length is not one that the type can have.',
    bad_checksum: 'The checksum is wrong.',
  },
  process(packet, { counters, outputs }) {
    if (ipv4.at(packet).protocol !== IP_PROTOCOL.icmp) {
      counters.not_icmp.add(1);
      return outputs.bad;
    }
    const length = packet.transportLength;
    const offset = packet.transportHeaderOffset;
    if (length < icmp.size || offset < 0) {
      counters.bad_length.add(1);
      return outputs.bad;
    }
    const type = icmp.at(packet).type;
    const error = type === ICMP_TYPE.unreachable || type === ICMP_TYPE.source_quench || type === ICMP_TYPE.redirect || type === ICMP_TYPE.time_exceeded || type === ICMP_TYPE.parameter_problem;
    const timestamp = type === ICMP_TYPE.timestamp || type === ICMP_TYPE.timestamp_reply;
    const information = type === ICMP_TYPE.information_request || type === ICMP_TYPE.information_reply;
    if ((error && length < 36) || (timestamp && length !== 20) || (information && length !== 8)) {
      counters.bad_length.add(1);
      return outputs.bad;
    }
    if (checksum.sum(packet, offset, length) !== 0xffff) {
      counters.bad_checksum.add(1);
      return outputs.bad;
    }
    return outputs.out;
  },
  handlers: dropHandlers({ not_icmp: 'not ICMP', bad_length: 'bad packet length', bad_checksum: 'bad ICMP checksum' }),
  examples: [
    example('passes right messages', [message(8, 3), message(3, 28), message(13, 12), message(15, 0)], { out: [message(8, 3), message(3, 28), message(13, 12), message(15, 0)] }),
    example('finds lengths that cannot be', [message(11, 27), message(14, 13), message(16, 1), cut], { bad: [message(11, 27), message(14, 13), message(16, 1), cut] }, { counters: { bad_length: 4 } }),
    example('finds a wrong checksum', wrong, { bad: wrong }, { counters: { bad_checksum: 1 } }),
    example('drops it where nothing takes it', wrong, { drop: 'bad' }, { outputs: 1 }),
    example('finds other protocols', ipv4.make({}, new Uint8Array(8)), { bad: ipv4.make({}, new Uint8Array(8)) }, { counters: { not_icmp: 1 } }),
  ],
});
