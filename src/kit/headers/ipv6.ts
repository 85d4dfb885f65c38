/** IPv6 (RFC 8200). */
import { parseIpv6 } from '../address6.js';
import { defineHeader, field, makeHeader, type FieldValues } from '../header.js';
import { writeU32 } from '../packet.js';
import { bytesOf, template, type PacketTemplate } from '../template.js';

const layout = defineHeader({
  name: 'ipv6',
  size: 40,
  anchor: 'network',
  fields: {
    version: field.bits(0, 1, 4, 4),
    traffic_class: field.bits(0, 2, 4, 8),
    /** Bytes behind the header, extension headers included. */
    payload_length: field.u16(4),
    next_header: field.u8(6),
    hop_limit: field.u8(7),
    /** The 32-bit words of the addresses, the first one first. */
    source_0: field.u32(8),
    source_1: field.u32(12),
    source_2: field.u32(16),
    source_3: field.u32(20),
    destination_0: field.u32(24),
    destination_1: field.u32(28),
    destination_2: field.u32(32),
    destination_3: field.u32(36),
  },
});

/** Where the addresses stand in the header. */
const SOURCE = 8;
const DESTINATION = 24;

function writeAddress(bytes: Uint8Array, at: number, text: string): void {
  const address = parseIpv6(text);
  if (address === undefined) throw new RangeError(`${text} is not an IPv6 address`);
  address.forEach((word, index) => writeU32(bytes, at + index * 4, word));
}

/**
 * An IPv6 packet around `payload`, its header marked, between addresses given as text. The length is filled in unless given.
 */
function make(
  values: FieldValues<typeof layout.fields> & { readonly source?: string; readonly destination?: string },
  payload: PacketTemplate | Uint8Array = new Uint8Array(),
): PacketTemplate {
  const { source = '2001:db8::1', destination = '2001:db8::2', ...fields } = values;
  const header = makeHeader(layout, { version: 6, payload_length: bytesOf(payload).length, next_header: 17, hop_limit: 64, ...fields });
  writeAddress(header, SOURCE, source);
  writeAddress(header, DESTINATION, destination);
  return template(header, payload, { networkHeader: 0, transportHeader: layout.size });
}

export const ipv6 = Object.freeze({ ...layout, make });

/** Values of `next_header` besides those that IPv4 has as protocols (IANA protocol-numbers). */
export const IPV6_NEXT_HEADER = Object.freeze({ hop_by_hop: 0, routing: 43, fragment: 44, authentication: 51, icmp6: 58, none: 59, destination_options: 60 });
