/** ICMP for IPv4 (RFC 792, RFC 1191). */
import { checksum, sumOfBytes } from '../checksum.js';
import { defineHeader, field, makeHeader, type FieldValues } from '../header.js';
import { bytesOf, template, type PacketTemplate } from '../template.js';
import { writeU16 } from '../packet.js';

const layout = defineHeader({
  name: 'icmp',
  size: 8,
  anchor: 'transport',
  fields: {
    type: field.u8(0),
    code: field.u8(1),
    checksum: field.u16(2),
    /** What these four bytes mean depends on the type. */
    rest: field.u32(4),
    identifier: field.u16(4),
    sequence: field.u16(6),
    /** Byte of the header that a parameter problem is about. */
    pointer: field.u8(4),
    next_hop_mtu: field.u16(6),
    gateway: field.u32(4),
  },
});

/** An ICMP message around `payload`; the checksum is filled in unless given. */
function make(
  values: FieldValues<typeof layout.fields>,
  payload: PacketTemplate | Uint8Array = new Uint8Array(),
): PacketTemplate {
  const message = template(makeHeader(layout, values), payload);
  if (values.checksum === undefined) {
    writeU16(message.bytes, 2, checksum.finish(sumOfBytes(bytesOf(message))));
  }
  return message;
}

export const icmp = Object.freeze({ ...layout, make });

/** Message types (IANA icmp-parameters). */
export const ICMP_TYPE = Object.freeze({
  echo_reply: 0,
  unreachable: 3,
  source_quench: 4,
  redirect: 5,
  echo: 8,
  time_exceeded: 11,
  parameter_problem: 12,
  timestamp: 13,
  timestamp_reply: 14,
  information_request: 15,
  information_reply: 16,
});
