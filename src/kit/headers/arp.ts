/** ARP for IPv4 over Ethernet (RFC 826). */
import { defineHeader, field, makeHeader, type FieldValues } from '../header.js';
import { template, type PacketTemplate } from '../template.js';

const layout = defineHeader({
  name: 'arp',
  size: 28,
  fields: {
    hardware_type: field.u16(0),
    protocol_type: field.u16(2),
    hardware_length: field.u8(4),
    protocol_length: field.u8(5),
    operation: field.u16(6),
    sender_mac: field.u48(8),
    sender_address: field.u32(14),
    target_mac: field.u48(18),
    target_address: field.u32(24),
  },
});

export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

/** An ARP packet for IPv4 over Ethernet, without the Ethernet header. */
function make(values: FieldValues<typeof layout.fields>): PacketTemplate {
  const defaults = {
    hardware_type: 1,
    protocol_type: 0x0800,
    hardware_length: 6,
    protocol_length: 4,
    operation: ARP_REQUEST,
  };
  return template(makeHeader(layout, { ...defaults, ...values }));
}

export const arp = Object.freeze({ ...layout, make });
