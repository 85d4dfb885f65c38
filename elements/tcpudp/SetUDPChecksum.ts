/**
 * Computes the checksum of UDP packets anew (RFC 768). What is no whole datagram leaves by `bad`:
 * a packet whose UDP length is more than it has, or a fragment (the rest of the data is elsewhere).
 */
import { checksum, checksummed, complainOnce, defineElement, example, ipv4, optional, pseudoHeaderSum, push, register, u16, udp } from 'wirelet';
import { finalDestination, FRAGMENT_BITS, sourceRoute } from '../ip/transport-offset.js';

const data = Uint8Array.from([1, 2, 3]);
const packet = (values: Parameters<typeof udp.make>[0], payload = data) => ipv4.make({}, udp.make({ source_port: 5000, destination_port: 53, ...values }, payload));
const right = checksummed(packet({}));
const long = packet({ length: 12 });
/** Source port and data whose sum makes the checksum zero, which stands for none. */
const zero = { source_port: 0xebdb - 53, destination_port: 53 };
const padded = { ...packet({}), bytes: Uint8Array.from([...packet({}).bytes, 7]) };
const FAR = 0x0a09_0909;
const routed = ipv4.make({}, checksummed(ipv4.make({ destination: FAR }, udp.make({ source_port: 1 }))).bytes.subarray(20), sourceRoute(FAR));
const cleared = ipv4.make({}, udp.make({ source_port: 1 }), sourceRoute(FAR));
const fragment = ipv4.make({ more_fragments: 1 }, udp.make({}));
const late = ipv4.make({ fragment_offset: 1 }, udp.make({}));

export default defineElement({
  name: 'SetUDPChecksum',
  ports: { inputs: { in: 'UDP packets with marked headers.' }, outputs: { out: 'The same packets with a right checksum.', bad: optional(push('Packets that are no whole datagram, as they came.')) } },
  split: 'each',
  state: { complaints: register('u8') },
  build: ({ chatter, outputs }) => ({ complaint: outputs.connected === 1 && chatter.length > 0 ? `${chatter}: fragment or short packet` : '' }),
  process(packet, { built, state, log, outputs }) {
    const header = ipv4.at(packet);
    const offset = packet.transportHeaderOffset;
    if ((header.fragment & FRAGMENT_BITS) !== 0 || packet.transportLength < udp.size || offset < 0) {
      if (built.complaint.length > 0) complainOnce(log, state, built.complaint);
      return outputs.bad;
    }
    const segment = udp.at(packet);
    const length = segment.length;
    if (length > packet.transportLength) {
      if (built.complaint.length > 0) complainOnce(log, state, built.complaint);
      return outputs.bad;
    }
    segment.checksum = 0;
    const outer = pseudoHeaderSum(header.source, finalDestination(packet), header.protocol, length);
    const sum = checksum.finish(checksum.add(outer, checksum.sum(packet, offset, length)));
    // Zero would say that there is none.
    segment.checksum = u16(sum === 0 ? 0xffff : sum);
    return outputs.out;
  },
  examples: [
    example('sets the checksum', [packet({}), packet({ checksum: 0x1234 })], { out: [right, right] }),
    example('does not say that there is none', packet(zero, new Uint8Array(0)), { out: packet({ ...zero, checksum: 0xffff }, new Uint8Array(0)) }),
    example('covers the length that the header says', padded, { out: { ...padded, bytes: Uint8Array.from([...right.bytes, 7]) } }),
    example('sorts out what is shorter than it says', long, { bad: long }),
    example('drops it where nothing takes it', [long, packet({ length: 13 })], { drop: ['bad', 'bad'] }, { outputs: 1 }),
    example('knows where a source route ends', cleared, { out: routed }),
    example('sorts out fragments', [fragment, late], { bad: [fragment, late] }),
    example('sorts out a header that is cut off', ipv4.make({}, new Uint8Array(7)), { bad: ipv4.make({}, new Uint8Array(7)) }),
  ],
});
