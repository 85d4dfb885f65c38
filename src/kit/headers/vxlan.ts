/** VXLAN (RFC 7348, 5). */
import { defineHeader, field } from '../header.js';

export const vxlan = defineHeader({
  name: 'vxlan',
  size: 8,
  fields: {
    flags: field.u8(0),
    /** The network, in the upper 24 bits, and a reserved byte. */
    network: field.u32(4),
  },
});

/** The network identifier is valid. */
export const VXLAN_VALID = 0x08;
