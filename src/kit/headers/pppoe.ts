/** PPP over Ethernet (RFC 2516, 4), behind the Ethernet header. */
import { defineHeader, field } from '../header.js';

export const pppoe = defineHeader({
  name: 'pppoe',
  size: 6,
  fields: {
    /** Version 1 and type 1. */
    version_type: field.u8(0),
    /** 0 in a session. */
    code: field.u8(1),
    session: field.u16(2),
    /** Bytes behind this header. */
    length: field.u16(4),
  },
});

/** PPP protocol numbers (RFC 1332, RFC 5072). */
export const PPP_PROTOCOL = Object.freeze({ ipv4: 0x0021, ipv6: 0x0057, lcp: 0xc021 });
