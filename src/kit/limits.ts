/**
 * Limits that the packet path relies on in all three ways of running. native/abi/wirelet_abi.h states
 * the same numbers for C; test/stages/abi.test.ts holds the two together.
 */

/** Bytes of a packet slot's descriptor, before the headroom. */
export const SLOT_HEADER_BYTES = 128;
/** Bytes in front of a received frame, the last 12 of them reserved for the virtio-net header. */
export const HEADROOM_BYTES = 128;
/** Size of the virtio-net header (virtio 1.2, 5.1.6). */
export const VIRTIO_NET_HEADER_BYTES = 12;
/** Most bytes a packet in a small slot can hold, counted from the received frame's first byte. */
export const SMALL_DATA_BYTES = 1856;
/** Most bytes a packet in a jumbo slot can hold, counted from the received frame's first byte. */
export const JUMBO_DATA_BYTES = 9408;
/** Longest frame an interface takes. */
export const FRAME_BYTES_MAX = 9216;
/** Packets moved from ring to ring in one go, at most. */
export const BATCH_PACKETS_MAX = 32;
/** Interfaces of one appliance, at most. */
export const INTERFACES_MAX = 64;
/** Annotation bytes of a packet, as in Click. */
export const ANNOTATION_BYTES = 48;
