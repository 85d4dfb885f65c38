/** TCP (RFC 9293). */
import { defineHeader, field, makeHeader, type FieldValues } from '../header.js';
import { template, type PacketTemplate } from '../template.js';

const layout = defineHeader({
  name: 'tcp',
  size: 20,
  anchor: 'transport',
  fields: {
    source_port: field.u16(0),
    destination_port: field.u16(2),
    sequence: field.u32(4),
    acknowledgement: field.u32(8),
    /** Header length in 32-bit words. */
    data_offset: field.bits(12, 1, 4, 4),
    flags: field.u8(13),
    window: field.u16(14),
    checksum: field.u16(16),
    urgent: field.u16(18),
  },
});

/** A segment around `payload`; the checksum is as given. */
function make(
  values: FieldValues<typeof layout.fields>,
  payload: PacketTemplate | Uint8Array = new Uint8Array(),
): PacketTemplate {
  return template(makeHeader(layout, { data_offset: 5, ...values }), payload);
}

export const tcp = Object.freeze({ ...layout, make });

/** Bits of the flags byte (RFC 9293, 3.1; RFC 3168). */
export const TCP_FLAG = Object.freeze({
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
});
