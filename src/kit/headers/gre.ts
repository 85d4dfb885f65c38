/** Generic Routing Encapsulation (RFC 2784), with key and sequence number (RFC 2890). */
import { defineHeader, field } from '../header.js';

/** The part that every header has; checksum, key and sequence number follow where the flags say so, in that order, four bytes each. */
export const gre = defineHeader({
  name: 'gre',
  size: 4,
  fields: {
    flags: field.u16(0),
    has_checksum: field.bits(0, 2, 15, 1),
    has_key: field.bits(0, 2, 13, 1),
    has_sequence: field.bits(0, 2, 12, 1),
    version: field.bits(0, 2, 0, 3),
    /** EtherType of what is inside. */
    protocol: field.u16(2),
  },
});

/** Flags that a receiver must know, or drop the packet (RFC 2784, 2.3): all of the first five but those of RFC 2890. */
export const GRE_UNKNOWN_FLAGS = 0x4c00;
