/**
 * Takes the GRE header off packets that begin with one (RFC 2784), key and sequence number included (RFC 2890):
 * `StripIPHeader -> GREDecap(ip)` is the end of a tunnel. Packets that carry something else or have another key leave by `other`,
 * packets with a wrong header by `bad`.
 *
 * With KEY, packets without a key have another one. Sequence numbers are not looked at: packets may overtake each other.
 */
import { checksum, defineElement, example, integer, ipv4, optional, push } from 'wirelet';
import { carried, GRE_BYTES, GRE_CHECKSUM, GRE_KEY, GRE_SEQUENCE, GRE_UNKNOWN } from './gre.js';

const inner = ipv4.make({}).bytes;
const behind = (...header: number[]) => Uint8Array.from([...header, ...inner]);
const checked = Uint8Array.from([0xb0, 0, 8, 0, 0x43, 0xf6, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 2, 3]);
const wrong = Uint8Array.from([...checked.subarray(0, 18), 4]);

export default defineElement({
  name: 'GREDecap',
  config: {
    protocol: carried({ doc: 'What the packets carry: ip, ip6, ethernet, or an EtherType.' }),
    key: integer({ required: false, keyword: true, doc: 'The key that packets have; without it, any or none.' }),
  },
  ports: {
    inputs: { in: 'Packets that begin with a GRE header.' },
    outputs: { out: 'What they carry.', other: optional(push('Packets that carry something else or have another key, as they came.')), bad: optional(push('Packets with a wrong header, as they came.')) },
  },
  counters: { bad_header: 'The header is cut off, or has fields that are not known.', bad_checksum: 'The checksum is wrong.' },
  process(packet, { config, counters, outputs }) {
    if (packet.length < GRE_BYTES) {
      counters.bad_header.add(1);
      return outputs.bad;
    }
    const flags = packet.loadU16(0);
    const key = GRE_BYTES + ((flags & GRE_CHECKSUM) !== 0 ? 4 : 0);
    const keyed = (flags & GRE_KEY) !== 0;
    const bytes = key + (keyed ? 4 : 0) + ((flags & GRE_SEQUENCE) !== 0 ? 4 : 0);
    if ((flags & GRE_UNKNOWN) !== 0 || packet.length < bytes) {
      counters.bad_header.add(1);
      return outputs.bad;
    }
    if ((flags & GRE_CHECKSUM) !== 0 && checksum.sum(packet, 0, packet.length) !== 0xffff) {
      counters.bad_checksum.add(1);
      return outputs.bad;
    }
    if (packet.loadU16(2) !== config.protocol) return outputs.other;
    if (config.key !== undefined) {
      if (!keyed) return outputs.other;
      if (packet.loadU32(key) !== config.key) return outputs.other;
    }
    packet.strip(bytes);
    return outputs.out;
  },
  examples: [
    example('takes the header off', behind(0, 0, 8, 0), { out: inner }),
    example('takes all its fields off', checked, { out: Uint8Array.from([1, 2, 3]) }),
    example('knows its key', [behind(0x20, 0, 8, 0, 0, 0, 0, 9), behind(0x20, 0, 8, 0, 0, 0, 0, 8), behind(0, 0, 8, 0)], { out: inner, other: [behind(0x20, 0, 8, 0, 0, 0, 0, 8), behind(0, 0, 8, 0)] }, { config: 'KEY 9' }),
    example('sorts out what carries something else', behind(0, 0, 0x86, 0xdd), { other: behind(0, 0, 0x86, 0xdd) }),
    example('finds a wrong checksum', wrong, { bad: wrong }, { counters: { bad_checksum: 1 } }),
    example('finds fields and versions that it does not know', [behind(0x40, 0, 8, 0), behind(0, 1, 8, 0)], { bad: [behind(0x40, 0, 8, 0), behind(0, 1, 8, 0)] }, { counters: { bad_header: 2 } }),
    example('finds a header that is cut off', [Uint8Array.from([0, 0, 8]), checked.subarray(0, 15)], { bad: [Uint8Array.from([0, 0, 8]), checked.subarray(0, 15)] }, { counters: { bad_header: 2 } }),
    example('leaves nothing of a header alone', Uint8Array.from([0, 0, 8, 0]), { out: new Uint8Array() }),
  ],
});
