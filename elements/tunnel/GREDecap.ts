/**
 * Takes the GRE header off packets that begin with one (RFC 2784, RFC 2890): behind a StripIPHeader. Packets of another PROTOCOL or KEY, with
 * a wrong checksum, of version 1 (RFC 2637) or with flags that nobody knows leave by `other` as they came.
 */
import { checksum, defineElement, example, gre, GRE_UNKNOWN_FLAGS, integer, optional, push } from 'wirelet';

const data = [1, 2, 3];
const bytes = (...head: number[]) => Uint8Array.from([...head, ...data]);
const others = [bytes(0, 0, 0x86, 0xdd), bytes(0x40, 0, 8, 0), bytes(0, 1, 8, 0), bytes(0x80, 0, 8, 0, 0x73, 0xfc, 0, 0), Uint8Array.from([0x20, 0, 8, 0, 0, 0, 0]), Uint8Array.from([0, 0, 8])];

export default defineElement({
  name: 'GREDecap',
  config: {
    protocol: integer({ max: 0xffff, required: false, doc: 'The EtherType that packets must have; without it any.' }),
    key: integer({ required: false, keyword: true, doc: 'The key that packets must have; without it any, or none.' }),
  },
  ports: { inputs: { in: 'Packets that begin with a GRE header.' }, outputs: { out: 'What is inside.', other: optional(push('Packets that are not for this end.')) } },
  process(packet, { config, outputs }) {
    if (packet.length < gre.size) return outputs.other;
    const header = gre.at(packet);
    if (header.version !== 0 || (header.flags & GRE_UNKNOWN_FLAGS) !== 0) return outputs.other;
    if (config.protocol !== undefined && header.protocol !== config.protocol) return outputs.other;
    const size = gre.size + header.has_checksum * 4 + header.has_key * 4 + header.has_sequence * 4;
    if (packet.length < size) return outputs.other;
    if (header.has_checksum === 1 && checksum.sum(packet, 0, packet.length) !== 0xffff) return outputs.other;
    if (config.key !== undefined && (header.has_key === 0 || packet.loadU32(gre.size + header.has_checksum * 4) !== config.key)) return outputs.other;
    packet.strip(size);
    return outputs.out;
  },
  examples: [
    example('leaves what is inside', bytes(0, 0, 8, 0), { out: Uint8Array.from(data) }),
    example('knows what may follow', [bytes(0x80, 0, 8, 0, 0x73, 0xfd, 0, 0), bytes(0x30, 0, 8, 0, 0, 0, 0, 7, 0, 0, 0, 1)], { out: [Uint8Array.from(data), Uint8Array.from(data)] }),
    example('sorts out what is not for it', others, { other: others }, { config: '0x0800' }),
    example('sorts out other keys', [bytes(0x20, 0, 8, 0, 0, 0, 0, 7), bytes(0x20, 0, 8, 0, 0, 0, 0, 8), bytes(0, 0, 8, 0)], { out: Uint8Array.from(data), other: [bytes(0x20, 0, 8, 0, 0, 0, 0, 8), bytes(0, 0, 8, 0)] }, { config: 'KEY 7' }),
    example('drops them where nothing takes them', others[5]!, { drop: 'other' }, { outputs: 1 }),
  ],
});
