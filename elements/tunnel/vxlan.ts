/** The VXLAN header (RFC 7348, 5): flags, and from the fifth byte on the 24 bits of the network's number. */

export const VXLAN_BYTES = 8;
/** In the first byte: the network's number is valid, as it always has to be. */
export const VXLAN_VNI_FLAG = 0x08;
