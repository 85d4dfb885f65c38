/** UDP (RFC 768). */
import { defineHeader, field, makeHeader, type FieldValues } from '../header.js';
import { bytesOf, template, type PacketTemplate } from '../template.js';

const layout = defineHeader({
  name: 'udp',
  size: 8,
  anchor: 'transport',
  fields: {
    source_port: field.u16(0),
    destination_port: field.u16(2),
    length: field.u16(4),
    /** Zero: not computed. */
    checksum: field.u16(6),
  },
});

/** A datagram around `payload`; the checksum stays zero (none) unless given. */
function make(
  values: FieldValues<typeof layout.fields>,
  payload: PacketTemplate | Uint8Array = new Uint8Array(),
): PacketTemplate {
  const length = layout.size + bytesOf(payload).length;
  return template(makeHeader(layout, { length, ...values }), payload);
}

export const udp = Object.freeze({ ...layout, make });
