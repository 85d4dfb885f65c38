/** IPv6 (RFC 8200). */
import type { Address6 } from '../address6.js';
import { defineHeader, field, makeHeader, type FieldValues } from '../header.js';
import { bytesOf, template, type PacketTemplate } from '../template.js';

const layout = defineHeader({
  name: 'ipv6',
  size: 40,
  anchor: 'network',
  fields: {
    version: field.bits(0, 1, 4, 4),
    traffic_class: field.bits(0, 2, 4, 8),
    flow_label: field.bits(0, 4, 0, 20),
    /** Bytes behind the header. */
    payload_length: field.u16(4),
    next_header: field.u8(6),
    hop_limit: field.u8(7),
    /** The words of the addresses, the highest first. */
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

const SOURCE: Address6 = [0x2001_0db8, 0, 0, 1];
const DESTINATION: Address6 = [0x2001_0db8, 0, 0, 2];

/** An IPv6 packet around `payload`, its header marked. The length is filled in unless given. */
function make(
  { source = SOURCE, destination = DESTINATION, ...values }: FieldValues<typeof layout.fields> & { source?: Address6; destination?: Address6 },
  payload: PacketTemplate | Uint8Array = new Uint8Array(),
): PacketTemplate {
  const header = makeHeader(layout, {
    version: 6,
    payload_length: bytesOf(payload).length,
    next_header: 17,
    hop_limit: 64,
    source_0: source[0], source_1: source[1], source_2: source[2], source_3: source[3],
    destination_0: destination[0], destination_1: destination[1], destination_2: destination[2], destination_3: destination[3],
    ...values,
  });
  return template(header, payload, { networkHeader: 0, transportHeader: layout.size });
}

export const ipv6 = Object.freeze({ ...layout, make });
