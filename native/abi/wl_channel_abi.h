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
#define WL_CHANNEL_OTHER_IMAGE 6u /* by a serial port: the appliance is not of the image that the request names */

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

/*
 * Control by the first serial port of a machine, which the appliance serves itself (native/guest/wl_serial.h), where no host of ours does.
 * A request is a frame, then the bytes of a write, then 32 bits of FNV-1a over all these; the reply is a frame with the status for the kind, then the
 * bytes of a read, then the same check, and each run of zeros in it goes as one zero and a byte that says how many they are. What lies
 * between frames is noise: text of firmware, or of the appliance when it cannot start. A request that is not whole in a second is
 * noise, too, as is one whose check is wrong. A request to another image is answered by WL_CHANNEL_OTHER_IMAGE, by any image.
 *
 * Only WL_CHANNEL_READ and WL_CHANNEL_WRITE are served, of the appliance's data (not of tables of the processor, code and constants). Line 1 of the
 * control block can be written at any time, the rest while `stop` is WL_STOP_HOLD: so holding, letting go, taps, the log's tail and
 * packets that queues shall end are writes, too. Who holds says in hold_silent_ms for how long that shall last after the last byte.
 */
#define WL_SERIAL_BEGIN 0xf5u       /* the first byte of each identity, and none of its others; UTF-8 never has it */
#define WL_SERIAL_BYTES_MAX 4032    /* of memory in one request or reply */
#define WL_SERIAL_FRAME_BYTES 4096  /* of the buffer of the appliance */

struct wl_serial_frame {
  uint64_t image;  /* identity: of the image that is asked; of the one that answers */
  uint16_t kind;   /* or status */
  uint16_t number; /* of the request, and of its reply */
  uint32_t length;
  uint64_t offset; /* in a reply: what time it is there, in nanoseconds since 1970 */
  uint8_t bytes[];
};
WL_ASSERT(sizeof(struct wl_serial_frame) == 24, "wl_serial_frame");
WL_ASSERT(sizeof(struct wl_serial_frame) + WL_SERIAL_BYTES_MAX + 4 <= WL_SERIAL_FRAME_BYTES, "a frame has room for its bytes and the check");

#endif
