/*
 * How a program controls a running appliance: requests and replies over a stream socket that the host of the appliance
 * (tender, addon) was given. One request after another, each answered. Everything is little-endian; src/run/control/
 * channel.ts is the other side. Offsets are from the appliance's first byte: addresses less WL_IMAGE_BASE in a VM; with
 * several processors the number of the one whose memory is meant stands above them. All are held and let go together.
 */
#ifndef WL_CHANNEL_ABI_H
#define WL_CHANNEL_ABI_H

#include "wirelet_abi.h"

#define WL_CHANNEL_BYTES_MAX 0x10000 /* of memory in one request or reply */

#define WL_CHANNEL_CORE_SHIFT 48 /* of `offset`: the number of the processor is in the bits from here on */

#define WL_CHANNEL_READ 1u    /* `length` bytes of memory at `offset`; the guest may go on meanwhile */
#define WL_CHANNEL_WRITE 2u   /* the same, written: they follow the request. The guest must be held */
#define WL_CHANNEL_HOLD 3u    /* holds the guest between two rounds, for `length` milliseconds at most */
#define WL_CHANNEL_RELEASE 4u /* lets it go on */
#define WL_CHANNEL_DROP 5u    /* ends the first `length` packets of the queue at `offset`. The guest must be held */
#define WL_CHANNEL_TAP 6u     /* `offset` becomes tap_edges, `length` tap_frame_bytes of the control block */

#define WL_CHANNEL_OK 0u
#define WL_CHANNEL_OUTSIDE 1u   /* the range is not the appliance's, or longer than WL_CHANNEL_BYTES_MAX */
#define WL_CHANNEL_NOT_HELD 2u  /* nobody holds the guest, or no longer */
#define WL_CHANNEL_NO_ANSWER 3u /* the guest did not come to the end of a round in time */
#define WL_CHANNEL_ENDED 4u     /* the guest has ended, or is about to */
#define WL_CHANNEL_UNKNOWN 5u   /* there is no such request */

struct wl_channel_request {
  uint32_t kind;
  uint32_t length;
  uint64_t offset;
};
WL_ASSERT(sizeof(struct wl_channel_request) == 16, "wl_channel_request");

struct wl_channel_reply { /* `length` bytes follow: those of a read */
  uint32_t status;
  uint32_t length;
};
WL_ASSERT(sizeof(struct wl_channel_reply) == 8, "wl_channel_reply");

#endif
