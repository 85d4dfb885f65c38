/*
 * Packets and the pool they come from. Twin of src/kit/packet.ts.
 *
 * A slot is a struct wl_packet, headroom, then room for the frame:
 *
 *     0            128             256                     256 + WL_SMALL_DATA_BYTES
 *     | descriptor | headroom      | frame as received ...  |
 *
 * While a packet is on the packet path, its data pointers are arguments of the generated functions and so
 * live in registers; the descriptor holds them only while the packet is stored (wl_packet_park). `low` is
 * the lowest offset that ever held data: bytes below it are regained as zeros.
 *
 * The unit that includes this file defines WL_SMALL_SLOTS, WL_JUMBO_SLOTS, and what the graph reads of a
 * descriptor: WL_USES_LOW (some element regains stripped bytes and some element adds headers), WL_USES_TIMESTAMPS,
 * WL_USES_ANNOTATIONS (the descriptor holds annotations on the path, too; else only while the packet is stored), each
 * 0 or 1.
 */
#ifndef WL_PACKET_H
#define WL_PACKET_H

#include "wl_base.h"

#define WL_DATA_OFFSET (WL_SLOT_HEADER_BYTES + WL_HEADROOM_BYTES)
#define WL_NO_PACKET UINT32_MAX

struct wl_packet {
  uint32_t slot;     /* number in the pool: small slots first, then jumbo slots */
  uint16_t capacity; /* end of the room for data, as an offset from the descriptor */
  uint16_t low;      /* these and the following: offsets from the descriptor */
  uint16_t data;
  uint16_t end;
  uint16_t mac; /* headers: 0 when unmarked */
  uint16_t network;
  uint16_t transport;
  uint16_t reserved;
  uint32_t next; /* slot of the next packet of the same list */
  uint32_t timestamp_seconds;
  uint32_t timestamp_nanoseconds;
  uint8_t padding[32];
  uint8_t annotations[WL_ANNOTATION_BYTES]; /* on the second cache line */
  uint8_t padding_annotations[16];
};
WL_ASSERT(sizeof(struct wl_packet) == WL_SLOT_HEADER_BYTES, "wl_packet fills the slot's header");
WL_ASSERT(offsetof(struct wl_packet, annotations) == 64, "annotations have a cache line of their own");
WL_ASSERT(WL_SMALL_SLOT_BYTES == WL_DATA_OFFSET + WL_SMALL_DATA_BYTES, "small slot");
WL_ASSERT(WL_JUMBO_SLOT_BYTES == WL_DATA_OFFSET + WL_JUMBO_DATA_BYTES, "jumbo slot");
WL_ASSERT(WL_SMALL_SLOT_BYTES % 128 == 64, "the stride is an odd number of cache lines");

#define WL_SLOTS (WL_SMALL_SLOTS + WL_JUMBO_SLOTS)

static struct {
  uint8_t small[WL_SMALL_SLOTS][WL_SMALL_SLOT_BYTES];
  uint8_t jumbo[WL_JUMBO_SLOTS][WL_JUMBO_SLOT_BYTES];
  uint8_t behind[64]; /* for reads of whole words (wl_load48) */
} wl_pool __attribute__((aligned(64), section(".bss.wl_pool")));

/* The run's time in nanoseconds since 1970; constant within a round of the loop. */
static uint64_t wl_now_ns;
/* The same in microseconds, for elements: a division for each packet that asks would be much. */
static int64_t wl_now_us;

/* TIME_RANGE of src/kit/element.ts: what the compiler's proofs rely on. */
#define WL_MICROSECONDS_MAX (INT64_C(1) << 52)

WL_INLINE void wl_set_now(uint64_t nanoseconds) {
  const uint64_t microseconds = nanoseconds / 1000;
  wl_now_ns = nanoseconds;
  wl_now_us = microseconds < (uint64_t)WL_MICROSECONDS_MAX ? (int64_t)microseconds : WL_MICROSECONDS_MAX;
}

static uint32_t wl_free_small[WL_SMALL_SLOTS];
static uint32_t wl_free_jumbo[WL_JUMBO_SLOTS ? WL_JUMBO_SLOTS : 1];
static uint32_t wl_free_small_count;
static uint32_t wl_free_jumbo_count;

WL_INLINE struct wl_packet *wl_packet_at(uint32_t slot) {
  if (WL_JUMBO_SLOTS == 0 || slot < WL_SMALL_SLOTS) return (struct wl_packet *)wl_pool.small[slot];
  return (struct wl_packet *)wl_pool.jumbo[slot - WL_SMALL_SLOTS];
}

WL_INLINE uint8_t *wl_slot_data(struct wl_packet *packet) { return (uint8_t *)packet + WL_DATA_OFFSET; }
/* What a descriptor says of a small slot whose frame lies where it was received: where its virtio-net header is. */
WL_INLINE uint64_t wl_slot_address(uint32_t slot) { return (uint64_t)(uintptr_t)(wl_pool.small[slot] + WL_DATA_OFFSET - WL_VIRTIO_NET_HEADER_BYTES); }

/* Fills the free lists. Descriptors are written when a slot is first taken, so that unused slots cost no memory. */
static void wl_pool_initialize(void) {
  for (uint32_t index = 0; index < WL_SMALL_SLOTS; index += 1) wl_free_small[index] = WL_SMALL_SLOTS - 1 - index;
  for (uint32_t index = 0; index < WL_JUMBO_SLOTS; index += 1) wl_free_jumbo[index] = WL_SLOTS - 1 - index;
  wl_free_small_count = WL_SMALL_SLOTS;
  wl_free_jumbo_count = WL_JUMBO_SLOTS;
}

/* How many small slots were taken ever: the free list is a stack, so that they are the first of the pool, and what they
 * are is written into their descriptors. */
static uint32_t wl_small_known;

WL_KEEPING WL_COLD void wl_meet_slot(uint32_t slot) {
  struct wl_packet *packet = (struct wl_packet *)wl_pool.small[slot];
  packet->slot = slot;
  packet->capacity = WL_SMALL_SLOT_BYTES;
  wl_small_known = slot + 1;
}

/* A free small slot; NULL when there is none. */
WL_INLINE struct wl_packet *wl_take_small(void) {
  if (WL_UNLIKELY(wl_free_small_count == 0)) return NULL;
  wl_free_small_count -= 1;
  const uint32_t slot = wl_free_small[wl_free_small_count];
  if (WL_UNLIKELY(slot >= wl_small_known)) wl_meet_slot(slot);
  return (struct wl_packet *)wl_pool.small[slot];
}

WL_INLINE struct wl_packet *wl_take_jumbo(void) {
  if (WL_UNLIKELY(wl_free_jumbo_count == 0)) return NULL;
  wl_free_jumbo_count -= 1;
  const uint32_t slot = wl_free_jumbo[wl_free_jumbo_count];
  struct wl_packet *packet = wl_packet_at(slot);
  packet->slot = slot;
  packet->capacity = WL_JUMBO_SLOT_BYTES;
  return packet;
}

WL_INLINE void wl_release_slot(uint32_t slot) {
  if (WL_JUMBO_SLOTS == 0 || WL_LIKELY(slot < WL_SMALL_SLOTS)) {
    wl_free_small[wl_free_small_count] = slot;
    wl_free_small_count += 1;
  } else {
    wl_free_jumbo[wl_free_jumbo_count] = slot;
    wl_free_jumbo_count += 1;
  }
}

WL_INLINE void wl_release(struct wl_packet *packet) { wl_release_slot(packet->slot); }

/* The state of a packet that was just received or made, apart from its data pointers. What the graph never
 * reads is never written: the descriptor's cache lines then stay out of the packet path. */
WL_INLINE void wl_packet_reset(struct wl_packet *packet) {
  if (WL_USES_LOW) packet->low = WL_DATA_OFFSET;
  if (WL_USES_TIMESTAMPS) packet->timestamp_seconds = packet->timestamp_nanoseconds = 0;
  if (WL_USES_ANNOTATIONS) wl_zero(packet->annotations, WL_ANNOTATION_BYTES);
}

/* Where the annotation is that says whether the frame was sent to a group address (src/kit/packet.ts). */
#define WL_ANNOTATION_PACKET_TYPE 19

/* Whether a frame was sent to a group address, which has the lowest bit of its first byte set (IEEE 802.3, 3.2.3). */
WL_INLINE uint32_t wl_packet_type(const uint8_t *data, const uint8_t *end) { return WL_LIKELY(end - data > 0) ? data[0] & 1 : 0; }

/* wl_packet_reset for a frame that an interface received now. */
WL_INLINE void wl_packet_received(struct wl_packet *packet, const uint8_t *end) {
  const uint8_t *data = wl_slot_data(packet);
  WL_ASSUME(end - data >= 0 && end - data <= WL_JUMBO_DATA_BYTES);
  wl_packet_reset(packet);
  if (WL_USES_ANNOTATIONS) packet->annotations[WL_ANNOTATION_PACKET_TYPE] = (uint8_t)wl_packet_type(data, end);
  if (WL_USES_TIMESTAMPS) {
    packet->timestamp_seconds = (uint32_t)(wl_now_ns / 1000000000u);
    packet->timestamp_nanoseconds = (uint32_t)(wl_now_ns % 1000000000u);
  }
}

/* A packet of `length` bytes whose contents the caller writes next; NULL when no slot is free. */
WL_INLINE struct wl_packet *wl_packet_make(uint32_t length) {
  struct wl_packet *packet = length <= WL_SMALL_DATA_BYTES ? wl_take_small()
                             : length <= WL_JUMBO_DATA_BYTES ? wl_take_jumbo() : NULL;
  if (WL_UNLIKELY(packet == NULL)) return NULL;
  wl_packet_reset(packet);
  return packet;
}

/* The same for code that is to be small. */
WL_APART void wl_release_apart(struct wl_packet *packet) { wl_release(packet); }
WL_APART struct wl_packet *wl_packet_make_apart(uint32_t length) { return wl_packet_make(length); }

/* ---- the data pointers of a packet on the path ------------------------------------------------------ */

WL_INLINE uint16_t wl_offset(const struct wl_packet *packet, const uint8_t *at) {
  return at == NULL ? 0 : (uint16_t)(at - (const uint8_t *)packet);
}

/* A pointer into a packet, moved into its copy. */
WL_INLINE uint8_t *wl_moved(uint8_t *at, ptrdiff_t by) { return at == NULL ? NULL : at + by; }

WL_INLINE uint8_t *wl_pointer(struct wl_packet *packet, uint16_t offset) {
  return offset == 0 ? NULL : (uint8_t *)packet + offset;
}

/* The two for where a packet's data begins and ends: it always has both. */
WL_INLINE uint16_t wl_place(const struct wl_packet *packet, const uint8_t *at) { return (uint16_t)(at - (const uint8_t *)packet); }
WL_INLINE uint8_t *wl_at(struct wl_packet *packet, uint16_t place) { return (uint8_t *)packet + place; }

/* Takes `count` bytes back at the front: what was stripped, and zeros below what ever was data. */
WL_INLINE uint8_t *wl_unstrip(struct wl_packet *packet, uint8_t *data, uint32_t count) {
  uint8_t *start = data - count;
  uint8_t *low = (uint8_t *)packet + (WL_USES_LOW ? packet->low : WL_DATA_OFFSET);
  if (WL_UNLIKELY(start < low)) {
    wl_zero(start, (size_t)((low < data ? low : data) - start));
    if (WL_USES_LOW) packet->low = (uint16_t)(start - (uint8_t *)packet);
  }
  return start;
}

/* Adds `count` zero bytes at the front. */
WL_INLINE uint8_t *wl_prepend(struct wl_packet *packet, uint8_t *data, uint32_t count) {
  uint8_t *start = data - count;
  wl_zero(start, count);
  const uint16_t offset = (uint16_t)(start - (uint8_t *)packet);
  if (WL_USES_LOW && offset < packet->low) packet->low = offset;
  return start;
}

/* Whether `count` bytes fit in front of `data`, the virtio-net header kept free. */
WL_INLINE bool wl_has_headroom(const struct wl_packet *packet, const uint8_t *data, uint64_t count) {
  /* Nothing is taken from the difference, so that a compiler knows it where it knows where the data begins. */
  return count + (WL_SLOT_HEADER_BYTES + WL_VIRTIO_NET_HEADER_BYTES) <= (uint64_t)(data - (const uint8_t *)packet);
}

/* Whether `count` bytes fit behind `end`. */
WL_INLINE bool wl_has_tailroom(const struct wl_packet *packet, const uint8_t *end, uint64_t count) {
  return count <= (uint64_t)packet->capacity - (uint64_t)(end - (const uint8_t *)packet);
}

WL_INLINE void wl_copy_timestamp(struct wl_packet *to, const struct wl_packet *from) {
  if (!WL_USES_TIMESTAMPS) return;
  to->timestamp_seconds = from->timestamp_seconds;
  to->timestamp_nanoseconds = from->timestamp_nanoseconds;
}

/* A copy of everything from `low` to `end`, marks and annotations included; NULL when no slot is free. The
 * copy's data pointers are the original's, moved by (copy - packet). */
static inline __attribute__((unused)) struct wl_packet *wl_packet_clone(struct wl_packet *packet, const uint8_t *data, const uint8_t *end) {
  struct wl_packet *copy = packet->capacity == WL_SMALL_SLOT_BYTES ? wl_take_small() : wl_take_jumbo();
  if (copy == NULL) return NULL;
  wl_copy_timestamp(copy, packet);
  if (WL_USES_ANNOTATIONS) wl_copy(copy->annotations, packet->annotations, WL_ANNOTATION_BYTES);
  if (WL_USES_LOW) copy->low = packet->low;
  const uint16_t low = WL_USES_LOW ? packet->low : WL_DATA_OFFSET;
  const uint16_t start = wl_offset(packet, data);
  const uint16_t from = low < start ? low : start;
  wl_copy((uint8_t *)copy + from, (const uint8_t *)packet + from, (size_t)(wl_offset(packet, end) - from));
  return copy;
}

#endif
