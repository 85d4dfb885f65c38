/** The segment routing header of IPv6 (RFC 8754, 2). */

export const SRH_BYTES = 8;
export const SEGMENT_BYTES = 16;
/** `Routing Type` of segment routing. */
export const SEGMENT_ROUTING = 4;
export const IPV6_BYTES = 40;
/** Bytes of extension headers that may be in front of it, and of headers with it, are not looked for beyond. */
export const SEGMENTS_MAX = 5;
