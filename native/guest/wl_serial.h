/*
 * Control of an appliance that another VMM than ours runs, by its first serial port: the requests of wl_channel_abi.h in frames of
 * their own (struct wl_serial_frame), served by the appliance itself between two rounds, a few bytes at a time. The registers are
 * those of the 16550 (PC16550D, table 2). With our own VMM nothing of it is done.
 */
#ifndef WL_SERIAL_H
#define WL_SERIAL_H

#include "../abi/wl_channel_abi.h"
#include "wl_machine.h"

#define WL_SERIAL_FIFO (WL_PORT_CONSOLE + 2)
#define WL_SERIAL_FIFO_NEW 0xc7 /* on both ways, empty; 14 bytes may come at once */
#define WL_SERIAL_LINE (WL_PORT_CONSOLE + 5)
#define WL_SERIAL_RECEIVED 0x01
#define WL_SERIAL_ROOM 0x20 /* for as many bytes as a FIFO has */
#define WL_SERIAL_NONE 0xff /* there is no port */

#define WL_SERIAL_CHECK_BYTES 4
typedef uint32_t __attribute__((aligned(1), may_alias)) wl_serial_check_word;

/* Between two looks at a port at which nothing happens. */
#define WL_SERIAL_LOOK_NS 10000000u
/* After the last byte it does not rest for so long: who asks, asks again. */
#define WL_SERIAL_AWAKE_NS 5000000u
/* A request that is not whole, or a reply that nobody takes, is forgotten after that. */
#define WL_SERIAL_STALE_NS 1000000000u
/* Bytes of a look, and how many times as long as that took the appliance then works, at least. */
#define WL_SERIAL_BYTES 16
#define WL_SERIAL_SHARE 4

/* The buffer: the command line of PVH is in it before. */
static union {
  char line[WL_SERIAL_FRAME_BYTES];
  uint8_t bytes[WL_SERIAL_FRAME_BYTES];
  struct wl_serial_frame frame;
} wl_serial_buffer;

static struct wl_serial {
  uint64_t look_ns;  /* when to look next */
  uint64_t moved_ns; /* when the last byte came or went */
  uint32_t at;       /* bytes of the request that are there, or of the reply that have gone */
  uint32_t bytes;    /* of the reply; 0: there is none */
  uint8_t zeros;     /* of the reply, that are to be counted next */
  bool open;
} wl_serial;

/* The address is in a register from here on: a field of it then takes half the code. */
#define WL_SERIAL_AT(pointer) __asm__("" : "+r"(pointer))

/* Tests are their own machine. */
#ifndef WL_OWN_WINDOW
/* boot.S; src/image/link-guest.ts fills it in. */
extern const uint64_t wl_identity;
extern uint8_t wl_stack[], wl_memory_bytes[];
#define WL_SERIAL_MEMORY ((uint8_t *)WL_IMAGE_BASE)
#define WL_SERIAL_FIRST ((uint64_t)wl_stack - WL_IMAGE_BASE)
#define WL_SERIAL_END ((uint64_t)wl_memory_bytes)
#endif

/* Whether somebody is asking just now. */
static bool wl_serial_awake(void) { return wl_now_ns - wl_serial.moved_ns < WL_SERIAL_AWAKE_NS; }

WL_APART void wl_serial_now(void) { wl_clock_read(); }

/* FNV-1a of 32 bits over the first `bytes` of the frame. */
WL_APART uint32_t wl_serial_check(uint32_t bytes) {
  uint32_t check = 0x811c9dc5;
  WL_ROLLED
  for (uint32_t at = 0; at < bytes; at += 1) check = (check ^ wl_serial_buffer.bytes[at]) * 0x01000193;
  return check;
}

/* Does what the frame asks for; what becomes of that. */
WL_INLINE uint32_t wl_serial_answer(struct wl_serial_frame *frame) {
  const struct wl_control *const control = &wl_shared.control;
  const uint32_t length = frame->length;
  if (frame->image != wl_identity) return WL_CHANNEL_OTHER_IMAGE;
  if (length > WL_SERIAL_BYTES_MAX || frame->offset - WL_SERIAL_FIRST > WL_SERIAL_END - WL_SERIAL_FIRST - length) return WL_CHANNEL_OUTSIDE;
  uint8_t *const place = WL_SERIAL_MEMORY + frame->offset;
  const bool writes = frame->kind == WL_CHANNEL_WRITE;
  if (writes) {
    /* Of line 1; of what begins before it, a huge number. */
    const uint64_t within = (uint64_t)(place - (const uint8_t *)&control->step_request);
    const uint64_t line = offsetof(struct wl_control, step_done) - offsetof(struct wl_control, step_request);
    if (WL_LOAD_RELAXED(&control->stop) != WL_STOP_HOLD && (within > line || length > line - within)) return WL_CHANNEL_NOT_HELD;
  } else if (frame->kind != WL_CHANNEL_READ) {
    return WL_CHANNEL_UNKNOWN;
  }
  wl_copy(writes ? place : frame->bytes, writes ? frame->bytes : place, length);
  return WL_CHANNEL_OK;
}

/* Takes a byte of a request; with the last one the reply is there. */
WL_INLINE void wl_serial_take(struct wl_serial *serial, uint8_t byte) {
  struct wl_serial_frame *frame = &wl_serial_buffer.frame;
  WL_SERIAL_AT(frame);
  uint8_t *const begin = (uint8_t *)frame;
  /* Text never has the byte with which a frame begins. */
  if (serial->at == 0 && byte != WL_SERIAL_BEGIN) return;
  begin[serial->at++] = byte;
  if (serial->at < sizeof *frame) return;
  uint32_t bytes = sizeof *frame;
  if (frame->kind == WL_CHANNEL_WRITE && frame->length <= WL_SERIAL_BYTES_MAX) bytes += frame->length;
  if (serial->at < bytes + WL_SERIAL_CHECK_BYTES) return;
  serial->at = 0;
  if (*(wl_serial_check_word *)(begin + bytes) != wl_serial_check(bytes)) return;
  const uint32_t status = wl_serial_answer(frame);
  if (frame->kind != WL_CHANNEL_READ || status != WL_CHANNEL_OK) frame->length = 0;
  frame->kind = (uint16_t)status;
  frame->image = wl_identity;
  frame->offset = wl_now_ns;
  bytes = sizeof *frame + frame->length;
  *(wl_serial_check_word *)(begin + bytes) = wl_serial_check(bytes);
  serial->bytes = bytes + WL_SERIAL_CHECK_BYTES;
}

/* The next byte of the reply as it goes: zeros are one, and how many they are. */
WL_INLINE uint8_t wl_serial_next(struct wl_serial *serial) {
  const uint8_t *const at = wl_serial_buffer.bytes + serial->at;
  const uint8_t zeros = serial->zeros;
  serial->zeros = 0;
  if (zeros != 0) {
    serial->at += zeros;
    return zeros;
  }
  if (*at != 0) {
    serial->at += 1;
  } else {
    do serial->zeros += 1;
    while (serial->zeros < UINT8_MAX && serial->at + serial->zeros < serial->bytes && at[serial->zeros] == 0);
  }
  return *at;
}

/* Serves who asks, if it is time to. */
WL_COLD void wl_serial_look(void) {
  struct wl_serial *serial = &wl_serial;
  WL_SERIAL_AT(serial);
  wl_serial_now();
  const uint64_t now = wl_now_ns;
  if (now < serial->look_ns) return;
  const uint64_t silent_ns = now - serial->moved_ns;
  struct wl_control *const control = &wl_shared.control;
  if (control->stop == WL_STOP_HOLD && silent_ns >= control->hold_silent_ms * UINT64_C(1000000)) WL_STORE_RELAXED(&control->stop, WL_STOP_NOT);
  if (silent_ns >= WL_SERIAL_STALE_NS) serial->at = serial->bytes = serial->zeros = 0;
  for (uint32_t count = WL_SERIAL_BYTES; count > 0; count -= 1) {
    if (serial->bytes == 0) {
      if (!(wl_in(WL_SERIAL_LINE) & WL_SERIAL_RECEIVED)) break;
      wl_serial_take(serial, wl_in(WL_PORT_CONSOLE));
      /* Who only makes noise keeps nobody awake. */
      if (serial->at + serial->bytes == 0) continue;
      count = serial->bytes == 0 ? count : 1; /* room for a reply is looked for before it begins */
    } else {
      if (count == WL_SERIAL_BYTES && !(wl_in(WL_SERIAL_LINE) & WL_SERIAL_ROOM)) break;
      wl_out(WL_PORT_CONSOLE, wl_serial_next(serial));
      if (serial->at == serial->bytes) serial->at = serial->bytes = 0;
    }
    serial->moved_ns = now;
  }
  wl_serial_now();
  serial->look_ns = wl_now_ns + (wl_serial_awake() ? (wl_now_ns - now) * WL_SERIAL_SHARE : WL_SERIAL_LOOK_NS);
}

/* From now on somebody may ask, if there is a port. */
WL_APART void wl_serial_open(void) {
  if (wl_in(WL_SERIAL_LINE) == WL_SERIAL_NONE) return;
  wl_out(WL_SERIAL_FIFO, WL_SERIAL_FIFO_NEW);
  wl_serial.open = true;
}

#endif
