/** Ethernet II (IEEE 802.3, clause 3) and its 802.1Q tag. */
import { defineHeader, field, makeHeader, type FieldValues } from '../header.js';
import type { u48 } from '../integers.js';
import { template, type PacketTemplate } from '../template.js';

const layout = defineHeader({
  name: 'ethernet',
  size: 14,
  fields: {
    destination: field.u48(0),
    source: field.u48(6),
    /** EtherType, or below 0x600 a length. */
    type: field.u16(12),
  },
});

/** Whether `address` is a group (multicast or broadcast) address: bit 0 of its first byte. */
function isGroup(address: u48): boolean {
  return Math.trunc(address / 0x1_00_0000_0000) % 2 === 1;
}

/** A frame with the given header fields around `payload`. */
function make(
  values: FieldValues<typeof layout.fields>,
  payload: PacketTemplate | Uint8Array = new Uint8Array(),
): PacketTemplate {
  const defaults = { destination: 0x02_00_00_00_00_02, source: 0x02_00_00_00_00_01, type: 0x0800 };
  return template(makeHeader(layout, { ...defaults, ...values }), payload);
}

export const ethernet = Object.freeze({ ...layout, isGroup, make });

export const ETHERNET_BROADCAST: u48 = 0xffff_ffff_ffff;

/** EtherTypes that the elements know (IEEE registration authority). */
export const ETHERTYPE = Object.freeze({
  ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, pppoe_discovery: 0x8863, pppoe_session: 0x8864,
});

/** An 802.1Q tag, as it follows the two addresses. */
export const vlan = defineHeader({
  name: 'vlan',
  size: 4,
  fields: {
    protocol: field.u16(0),
    priority: field.bits(2, 2, 13, 3),
    drop_eligible: field.bits(2, 2, 12, 1),
    identifier: field.bits(2, 2, 0, 12),
  },
});
