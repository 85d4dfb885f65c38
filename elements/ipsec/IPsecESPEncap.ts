/**
 * Puts an ESP header in front of packets and padding behind them (RFC 4303): SPI and keys are those of the packet's annotations, see RadixIPsecLookup.
 *
 * `-> IPsecESPEncap -> IPsecAES(1) -> IPsecAuthHMACSHA1(0) -> IPEncap(50, SRC, DST)` makes a tunnel. The initialization vector is of BLOCK
 * random bytes, and padding brings packets to whole blocks: of 16 bytes for AES, and of 8 where the graph has IPsecDES and no IPsecAES. The next header field says 4: the packet is an
 * IPv4 packet as it stands (tunnel mode). Other ends may be any that speak AES-CBC (RFC 3602) or DES-CBC (RFC 2405).
 */
import { ANNOTATIONS, array, copyConstant, defineElement, drop, example, integer, ipv4, u8, u32 } from 'wirelet';
import { associationsOf, EXAMPLE_ROUTES } from './association.js';
import { AES_BLOCK, blockOf, DES_BLOCK, ESP_BYTES } from './esp.js';

/** Next header: an IPv4 packet (RFC 4303, 2.6; IANA protocol numbers). */
const IPV4 = 4;
const packet = { ...ipv4.make({ destination: 0x0a00_0001 }, new Uint8Array(8)), networkHeader: 0, destinationAddress: 0x0a00_0001 };

export default defineElement({
  name: 'IPsecESPEncap',
  config: { block: integer({ required: false, min: 8, max: 16, keyword: true, doc: 'Bytes of a block of the cipher: 8 or 16.' }) },
  ports: { inputs: { in: 'Packets with the annotations of RadixIPsecLookup.' }, outputs: { out: 'The same packets between ESP header and padding.' } },
  drops: { no_association: 'The packet bears no association.', worn_out: 'The association has no sequence number left: it needs new keys (RFC 4303, 3.3.3).' },
  state: ({ elements }) => ({ sent: array('u32', Math.max(1, associationsOf(elements).length)) }),
  build({ config, elements, fail }) {
    const all = associationsOf(elements);
    const block = blockOf(config.block, elements);
    if (block !== AES_BLOCK && block !== DES_BLOCK) return fail('BLOCK: should be 8 or 16');
    return { block, count: all.length, first: all.length === 0 ? [0] : all.map(({ replay }) => replay), padding: Uint8Array.from({ length: 16 }, (_, index) => index + 1) };
  },
  process(packet, { built, state, outputs, random }) {
    const number = packet.annotationU32(ANNOTATIONS.ipsec_association.offset) - 1;
    if (number < 0 || number >= built.count) return drop('no_association');
    const sequence = built.first[number]! + state.sent[number]!;
    if (sequence > 0xffff_ffff) return drop('worn_out');
    state.sent[number] = u32(state.sent[number]! + 1);
    const length = packet.length;
    const padding = built.block - 1 - ((length + 1) % built.block);
    packet.append(padding + 2);
    copyConstant(packet, length, built.padding, 0, padding);
    packet.storeU8(length + padding, u8(padding));
    packet.storeU8(length + padding + 1, IPV4);
    packet.prepend(ESP_BYTES + built.block);
    packet.storeU32(0, packet.annotationU32(ANNOTATIONS.ipsec_spi.offset));
    packet.storeU32(4, u32(sequence));
    packet.storeU32(8, random.u32());
    packet.storeU32(12, random.u32());
    if (built.block === AES_BLOCK) {
      packet.storeU32(16, random.u32());
      packet.storeU32(20, random.u32());
    }
    return outputs.out;
  },
  examples: [example('drops what bears no association', packet, { drop: 'no_association' }, { beside: EXAMPLE_ROUTES })],
});
