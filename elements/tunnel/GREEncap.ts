/**
 * Puts a GRE header in front of packets (RFC 2784); `GREEncap(ip) -> IPEncap(gre, SRC, DST)` makes a tunnel. With KEY, CHECKSUM or
 * SEQUENCE the header has these fields too (RFC 2890); sequence numbers begin at 0.
 *
 * GREDecap takes the header off again.
 */
import { bool, checksum, defineElement, example, integer, ipv4, register, u32 } from 'wirelet';
import { carried, GRE_BYTES, GRE_CHECKSUM, GRE_KEY, GRE_SEQUENCE } from './gre.js';

const inner = ipv4.make({});
const behind = (...header: number[]) => Uint8Array.from([...header, ...inner.bytes]);

export default defineElement({
  name: 'GREEncap',
  config: {
    protocol: carried({ doc: 'What the packets are: ip, ip6, ethernet, or an EtherType.' }),
    key: integer({ required: false, keyword: true, doc: 'The key, which tells tunnels between the same hosts apart.' }),
    checksum: bool({ default: false, keyword: true, doc: 'Protect header and packet by a checksum.' }),
    sequence: bool({ default: false, keyword: true, doc: 'Number the packets.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets behind a GRE header.' } },
  split: { never: 'both copies would give the same numbers to packets' },
  state: { next: register('u32') },
  build({ config }) {
    const keyed = config.key !== undefined;
    const flags = (config.checksum ? GRE_CHECKSUM : 0) | (keyed ? GRE_KEY : 0) | (config.sequence ? GRE_SEQUENCE : 0);
    const key = GRE_BYTES + (config.checksum ? 4 : 0);
    const sequence = key + (keyed ? 4 : 0);
    return { flags, keyed, key, sequence, bytes: sequence + (config.sequence ? 4 : 0), value: config.key ?? 0 };
  },
  process(packet, { config, built, state, outputs }) {
    packet.prepend(built.bytes);
    packet.storeU16(0, built.flags);
    packet.storeU16(2, config.protocol);
    if (built.keyed) packet.storeU32(built.key, built.value);
    if (config.sequence) {
      packet.storeU32(built.sequence, state.next);
      state.next = u32(state.next + 1);
    }
    if (config.checksum) packet.storeU16(GRE_BYTES, checksum.finish(checksum.sum(packet, 0, packet.length)));
    return outputs.out;
  },
  examples: [
    example('puts four bytes in front', inner, { out: behind(0, 0, 8, 0) }),
    example('carries Ethernet', Uint8Array.from([1]), { out: Uint8Array.from([0, 0, 0x65, 0x58, 1]) }, { config: 'ethernet' }),
    example('writes a key', inner, { out: behind(0x20, 0, 8, 0, 0, 0, 1, 2) }, { config: 'ip, KEY 0x102' }),
    example('numbers packets', [inner, inner], { out: [behind(0x10, 0, 8, 0, 0, 0, 0, 0), behind(0x10, 0, 8, 0, 0, 0, 0, 1)] }, { config: 'SEQUENCE true' }),
    example('writes a checksum', Uint8Array.from([1, 2, 3]), { out: Uint8Array.from([0xb0, 0, 8, 0, 0x43, 0xf6, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 2, 3]) }, { config: 'CHECKSUM true, KEY 7, SEQUENCE true' }),
    example('encapsulates nothing', new Uint8Array(), { out: Uint8Array.from([0, 0, 0x86, 0xdd]) }, { config: 'ip6' }),
    example('drops what has no room for it', inner, { drop: 'no_headroom' }, { before: 'Unstrip(114)' }),
  ],
});
