/**
 * Sets the aggregate annotation of IPv4 packets to a field of theirs; with INCREMENTAL its bits are put behind those of what
 * the annotation is. Packets that lack the field leave by the second output or, where nothing is connected, are dropped.
 *
 * A field is one with a name (`ip src`, `tcp dport`, `ip ttl`, ...) or a place (`ip[OFFSET:LENGTH]`, `transp[FIRST-LAST]`,
 * `payload{...}` with bits), perhaps with a mask: `/8` for the highest eight bits, `& 0xF0` for some others. It lies in a word of 32 bits, which the packet must have.
 */
import { ANNOTATIONS, bool, defineElement, example, IP_PROTOCOL, ipv4, optional, push, tcp, u32, udp, unmarked } from 'wirelet';
import { aggregateField, fieldText, headerName, IP, PAYLOAD, TCP_OR_UDP, TRANSPORT } from './aggregate-field.js';

/** Where the addresses lie in the header, in bits (RFC 791, 3.1). */
const ADDRESSES_BIT = 96;
const ADDRESSES_END_BIT = 160;
const WORD_BITS = 32;

const datagram = ipv4.make({ source: 0x12345678, destination: 0xc0000201, protocol: 17 }, udp.make({ source_port: 0x1234, destination_port: 53 }, Uint8Array.from([0xab, 0xcd, 0, 0])));
const segment = ipv4.make({ protocol: 6 }, tcp.make({ source_port: 80, flags: 0x12 }, Uint8Array.from([0xab, 0, 0, 0])));
const shown = (aggregate: number, { bytes }: { bytes: Uint8Array }) => Uint8Array.from([aggregate >>> 24, (aggregate >>> 16) & 255, (aggregate >>> 8) & 255, aggregate & 255, ...bytes]);
const after = 'ExampleAnnotations(20, 4)';

export default defineElement({
  name: 'AggregateIP',
  config: {
    field: aggregateField,
    incremental: bool({ default: false, keyword: true, doc: 'Whether the annotation is kept in front of the field.' }),
    unshift_ip_addr: bool({ default: false, keyword: true, doc: 'Whether the highest bits of an address stay where they are in an address.' }),
  },
  ports: { inputs: { in: 'IPv4 packets.' }, outputs: { out: 'Packets with the field.', lacking: optional(push('Packets without it.')) } },
  build({ config, fail }) {
    const { base, protocol, offset, length } = config.field;
    if (length === WORD_BITS && config.incremental) fail('a field of 32 bits leaves no room for others', undefined, "'INCREMENTAL' is incompatible with field length 32");
    const behind = WORD_BITS - 1 - ((offset + length - 1) % WORD_BITS);
    const address = base === IP && offset >= ADDRESSES_BIT && offset < ADDRESSES_END_BIT;
    return { scale: config.unshift_ip_addr && address ? 2 ** behind : 1, base, protocol, first: Math.trunc(offset / WORD_BITS) * 4, below: 2 ** behind, size: 2 ** length };
  },
  process(packet, { config, built, outputs }) {
    if (!packet.hasNetworkHeader || packet.networkLength < 20) return outputs.lacking;
    const begin = packet.networkHeaderOffset;
    if (begin < 0) return outputs.lacking;
    const header = ipv4.at(packet);
    let at = begin;
    if (built.base >= TRANSPORT) {
      if (header.fragment_offset !== 0) return outputs.lacking;
      const { protocol } = header;
      if (built.protocol >= 0 && protocol !== built.protocol) return outputs.lacking;
      if (built.protocol === TCP_OR_UDP && protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) return outputs.lacking;
      at = at + 4 * header.header_length;
      if (built.base === PAYLOAD) {
        if (protocol === IP_PROTOCOL.tcp) {
          if (packet.length < at + 20) return outputs.lacking;
          at = at + 4 * (packet.loadU8(at + 12) >>> 4);
        } else if (protocol === IP_PROTOCOL.udp) {
          at = at + 8;
        } else {
          return outputs.lacking;
        }
      }
    }
    at = at + built.first;
    if (packet.length < at + 4) return outputs.lacking;
    const found = Math.trunc(packet.loadU32(at) / built.below) % built.size;
    const { offset } = ANNOTATIONS.aggregate;
    packet.setAnnotationU32(offset, config.incremental ? u32(Math.imul(packet.annotationU32(offset), built.size) + found) : u32(found * built.scale));
    return outputs.out;
  },
  handlers: {
    field: { doc: 'The field.', read: ({ config }) => fieldText(config.field) },
    header: { doc: 'The header that it is in.', read: ({ config }) => headerName(config.field) },
    bit_offset: { doc: 'Its first bit.', read: ({ config }) => String(config.field.offset) },
    bit_length: { doc: 'Its bits.', read: ({ config }) => String(config.field.length) },
  },
  examples: [
    example('takes a whole field', datagram, { out: shown(0x12345678, datagram) }, { config: 'ip src', after }),
    example('takes its highest bits', datagram, { out: shown(0x123, datagram) }, { config: 'ip src/12', after }),
    example('leaves the bits of an address in their place, if it shall', datagram, { out: shown(0x12300000, datagram) }, { config: 'ip src/12, UNSHIFT_IP_ADDR true', after }),
    example('takes bits under a mask', datagram, { out: shown(0x45, datagram) }, { config: 'ip src & 0x000FF000', after }),
    example('takes bytes by place', datagram, { out: shown(0x3456, datagram) }, { config: 'ip[13:2]', after }),
    example('takes bits by place', segment, { out: shown(0x12, segment) }, { config: 'tcp{104-111}', after }),
    example('takes ports of any protocol that has them', [datagram, segment], { out: [shown(0x1234, datagram), shown(80, segment)] }, { config: 'sport', after }),
    example('takes payload', [datagram, segment], { out: [shown(0xab, datagram), shown(0xab, segment)] }, { config: 'data[0]', after }),
    example('puts a field behind another', datagram, { out: shown(0x11c0, datagram) }, { config: 'ip dst/8, INCREMENTAL true', before: 'AggregateIP(ip proto)', after }),
    example('sorts out other protocols', segment, { lacking: segment }, { config: 'udp sport' }),
    example('drops them when nothing takes them', segment, { drop: 'lacking' }, { config: 'udp sport', outputs: 1 }),
    example('sorts out later fragments', ipv4.make({ protocol: 17, fragment: 1 }, new Uint8Array(20)), { lacking: ipv4.make({ protocol: 17, fragment: 1 }, new Uint8Array(20)) }, { config: 'sport' }),
    example('sorts out packets that are cut short', ipv4.make({ protocol: 17 }, new Uint8Array(1)), { lacking: ipv4.make({ protocol: 17 }, new Uint8Array(1)) }, { config: 'sport' }),
    example('leaves bits in the midst of an address in their place, too', datagram, { out: shown(0x00345000, datagram) }, { config: 'ip src & 0x00FFF000, UNSHIFT_IP_ADDR true', after }),
    example('sorts out what is no IP packet', unmarked(datagram), { lacking: datagram }, { config: 'ip src' }),
  ],
});
