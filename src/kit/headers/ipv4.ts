/** IPv4 (RFC 791). */
import { checksum, sumOfBytes } from '../checksum.js';
import { defineHeader, field, makeHeader, type FieldValues } from '../header.js';
import type { u32 } from '../integers.js';
import { writeU16 } from '../packet.js';
import { bytesOf, template, type PacketTemplate } from '../template.js';

const layout = defineHeader({
  name: 'ipv4',
  size: 20,
  anchor: 'network',
  fields: {
    version: field.bits(0, 1, 4, 4),
    /** Header length in 32-bit words. */
    header_length: field.bits(0, 1, 0, 4),
    tos: field.u8(1),
    dscp: field.bits(1, 1, 2, 6),
    ecn: field.bits(1, 1, 0, 2),
    total_length: field.u16(2),
    identification: field.u16(4),
    /** The three flags and the fragment offset in one word. */
    fragment: field.u16(6),
    dont_fragment: field.bits(6, 2, 14, 1),
    more_fragments: field.bits(6, 2, 13, 1),
    /** In units of 8 bytes. */
    fragment_offset: field.bits(6, 2, 0, 13),
    ttl: field.u8(8),
    protocol: field.u8(9),
    checksum: field.u16(10),
    source: field.u32(12),
    destination: field.u32(16),
  },
});

/** Whether `address` is in 224.0.0.0/4 (RFC 1112). */
function isMulticast(address: u32): boolean {
  return address >>> 28 === 0xe;
}

/**
 * An IPv4 packet around `payload`, its header marked. Length and checksum are filled in unless given;
 * `options` must be a multiple of 4 bytes.
 */
function make(
  values: FieldValues<typeof layout.fields>,
  payload: PacketTemplate | Uint8Array = new Uint8Array(),
  options: Uint8Array = new Uint8Array(),
): PacketTemplate {
  const size = layout.size + options.length;
  const header = makeHeader(
    layout,
    {
      version: 4,
      header_length: size / 4,
      total_length: size + bytesOf(payload).length,
      ttl: 64,
      protocol: 17,
      source: 0x0a00_0001,
      destination: 0x0a00_0002,
      ...values,
    },
    size,
  );
  header.set(options, layout.size);
  if (values.checksum === undefined) writeU16(header, 10, checksum.finish(sumOfBytes(header)));
  return template(header, payload, { networkHeader: 0, transportHeader: size });
}

export const ipv4 = Object.freeze({ ...layout, isMulticast, make });

/** IP protocol numbers that the elements know (IANA protocol-numbers). */
export const IP_PROTOCOL = Object.freeze({ icmp: 1, igmp: 2, tcp: 6, udp: 17, gre: 47, esp: 50 });
