/*
 * The contract between an image and whoever runs it (tender, vhost-user back-end, addon), and between
 * these and the TypeScript side, which reads the same numbers (test/stages/abi.test.ts). Everything here is
 * little-endian x86-64; sizes and offsets are asserted on both sides.
 *
 * An image is an ELF64 executable, linked at WL_IMAGE_BASE, whose guest-physical addresses equal its
 * virtual addresses. Section ".wirelet.info" holds one struct wl_image_info; section ".wirelet.manifest"
 * holds the manifest for people and programs (JSON, as Brotli: RFC 7932). The tender gives the image the range
 * [base, base + memory_bytes) and nothing else. From shared_base on, the range is memory that the host
 * side shares with the guest on purpose: control block, counters, log. Rings and packets lie before it,
 * so that they can be private huge pages where the ports are threads of the tender.
 */
#ifndef WIRELET_ABI_H
#define WIRELET_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define WL_ASSERT(condition, text) static_assert(condition, text)
#else
#define WL_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define WL_ABI_VERSION 2
#define WL_IMAGE_MAGIC 0x54454c4552495721ull /* "!WIRELET" read as little-endian, high byte first */
#define WL_CONTROL_MAGIC 0x4c4f52544e4f4357ull /* "WCONTROL" */

#define WL_IMAGE_BASE 0x100000
#define WL_PAGE_BYTES 4096
#define WL_HUGE_PAGE_BYTES 0x200000
#define WL_INTERFACES_MAX 64
#define WL_INTERFACE_NAME_BYTES 32
#define WL_CORES_MAX 16 /* processors of an appliance */
#define WL_MEMORY_BYTES_MAX 0x40000000 /* 1 GiB: what one page-directory page maps */

/* ---- packets -------------------------------------------------------------------------------------- */

/* A slot is a descriptor, headroom, and room for a frame. The stride of a small slot is an odd number of
 * cache lines, so that the first lines of different packets spread over all sets of the L1 cache. */
#define WL_SLOT_HEADER_BYTES 128
#define WL_HEADROOM_BYTES 128
#define WL_SMALL_DATA_BYTES 1856
#define WL_JUMBO_DATA_BYTES 9408
#define WL_SMALL_SLOT_BYTES 2112
#define WL_JUMBO_SLOT_BYTES 9664
#define WL_FRAME_BYTES_MAX 9216
/* In the length of a used element of a receive ring: it is the beginning of a frame that another processor of the appliance takes,
 * WL_NOTE_BYTES_MAX bytes at most, for elements that learn from it. */
#define WL_NOTE 0x80000000u
#define WL_NOTE_BYTES_MAX 60
#define WL_BATCH_PACKETS_MAX 32
#define WL_ANNOTATION_BYTES 48
#define WL_VIRTIO_NET_HEADER_BYTES 12

/* ---- I/O ports that an image may touch at CPL 3 ---------------------------------------------------- */

#define WL_PORT_EXIT 0xf4     /* out byte: the appliance is done; the value is its exit status */
#define WL_PORT_WAIT 0xe0     /* out byte: sleep until a port has work or a timer is due */
#define WL_PORT_KICK 0xe2     /* out byte: value = interface; a sleeping port thread has work */
#define WL_PORT_FAULT 0xe4    /* out byte, from the fault stubs at CPL 0: the value is the vector */
#define WL_PORT_CONSOLE 0x3f8 /* the first serial port: early text, where no log can be read; control (native/guest/wl_serial.h). Also 0x3fa, 0x3fd */
#define WL_PORT_LAST 0x3ff    /* the I/O permission bitmap ends here */

/* ---- virtio-net, as images use it -------------------------------------------------------------------- */

/* Feature bits (virtio 1.2, 5.1.3 and 6). A frame longer than a receive buffer's WL_SMALL_DATA_BYTES is spread
 * over several buffers, each filled up before the next (MRG_RXBUF): num_buffers, at byte 10 of the first
 * buffer's virtio-net header, counts them; only the first has a header. Each is a used element of its own; they
 * are published together. A transmitted frame is always one descriptor: header, then frame. */
#define WL_VIRTIO_NET_F_MRG_RXBUF 15
#define WL_VIRTIO_NET_F_STATUS 16
#define WL_VIRTIO_NET_S_LINK_UP 1
#define WL_VIRTIO_F_VERSION_1 32
#define WL_VIRTIO_F_IN_ORDER 35
#define WL_VIRTQ_DESC_F_NEXT 1
#define WL_VIRTQ_DESC_F_WRITE 2
#define WL_VIRTQ_AVAIL_F_NO_INTERRUPT 1
#define WL_VIRTQ_USED_F_NO_NOTIFY 1

/* ---- the image's description for those who run it --------------------------------------------------- */

struct wl_ring_info { /* one split virtqueue, guest-physical addresses; the image keeps all of it in its range */
  uint64_t descriptors; /* 16 bytes * size, 16-byte aligned */
  uint64_t available;   /* 6 + 2 * size bytes, 2-byte aligned */
  uint64_t used;        /* 6 + 8 * size bytes, 4-byte aligned */
  uint32_t size;        /* a power of two, 2..32768 */
  uint32_t reserved;
};
WL_ASSERT(sizeof(struct wl_ring_info) == 32, "wl_ring_info");

struct wl_interface_info {
  char name[WL_INTERFACE_NAME_BYTES]; /* NUL-terminated */
  uint8_t mac[6];
  uint16_t receives; /* 1: the graph takes frames from this interface */
  uint64_t features; /* virtio features that the guest understands */
  struct wl_ring_info receive;
  struct wl_ring_info transmit;
};
WL_ASSERT(sizeof(struct wl_interface_info) == 112, "wl_interface_info");

struct wl_image_info {
  uint64_t magic; /* WL_IMAGE_MAGIC */
  uint32_t abi_version;
  uint32_t info_bytes;   /* of this struct that there are: to the end of the last interface, at least */
  uint64_t base;         /* WL_IMAGE_BASE */
  uint64_t memory_bytes; /* everything, a multiple of the page size */
  uint64_t shared_base;  /* first byte of the shared part; page-aligned; it reaches to the end */
  uint64_t entry;        /* 64-bit entry at CPL 3: RDI = control block, RSP = stack_top */
  uint64_t stack_top;
  uint64_t page_tables;  /* CR3 */
  uint64_t gdt;
  uint64_t idt;
  uint64_t tss;
  uint16_t gdt_limit;
  uint16_t idt_limit;
  uint16_t tss_limit;
  uint16_t interface_count;
  uint64_t control;  /* struct wl_control, in the shared part */
  uint64_t counters; /* uint64_t[counter_count], in the shared part */
  uint32_t counter_count;
  uint32_t log_bytes; /* size of the log ring, a power of two, or 0 */
  uint64_t log;       /* in the shared part */
  struct wl_interface_info interfaces[WL_INTERFACES_MAX];
};
WL_ASSERT(offsetof(struct wl_image_info, control) == 96, "wl_image_info.control");
WL_ASSERT(offsetof(struct wl_image_info, interfaces) == 128, "wl_image_info.interfaces");

/* ---- the control block ------------------------------------------------------------------------------ */

/* flags, set by the host before the guest starts (tender) or before `start` is set (PVH boot) */
#define WL_CLOCK_VIRTUAL 1u /* time is clock_ns, not the TSC */
#define WL_STEPPED 2u       /* work only on request: see step_request */
#define WL_NO_WAIT 4u       /* never sleep: spin (benchmarks) */
#define WL_ATTENDED 8u      /* somebody reads the log and the transmit rings: wait for room, lose nothing */
#define WL_BARE_FRAMES 16u  /* the virtio-net header of a frame in one buffer is neither written nor read, unless it fills
                               the buffer: room for it there is, but its cache line need not move between processors */
#define WL_AMONG_OTHERS 32u /* who takes what is sent may be waiting for this guest to take what it sent: not for ever */

/* state, written by the guest */
#define WL_STATE_BOOTING 0u
#define WL_STATE_READY 1u   /* devices are set up; waits for `start` if it was booted through PVH */
#define WL_STATE_RUNNING 2u
#define WL_STATE_STOPPED 3u /* stop was seen; rings are quiet */
#define WL_STATE_PANICKED 4u

/* stop, written by the host */
#define WL_STOP_NOT 0u
#define WL_STOP_END 1u  /* finish the round, then WL_PORT_EXIT */
#define WL_STOP_HOLD 2u /* finish the round, set `held`, and do nothing until it changes: see wl_loop.h */

struct wl_interface_counters { /* written by the guest only */
  uint64_t rx_packets;
  uint64_t rx_bytes;
  uint64_t rx_drops; /* frames the driver could not take: too long, no buffer, malformed completion */
  uint64_t tx_packets;
  uint64_t tx_bytes;
  uint64_t tx_drops; /* frames the transmit ring had no room for, or longer than WL_FRAME_BYTES_MAX */
  uint64_t reserved[2];
};
WL_ASSERT(sizeof(struct wl_interface_counters) == 64, "wl_interface_counters");

#define WL_TRAP_RECORDS 8

/* Copies of frames at the edges of interfaces, for whoever looks at them (native/runtime/wl_tap.h). */
#define WL_TAP_BYTES 0x10000
#define WL_TAP_INTERFACES_MAX 32

struct wl_tap_record { /* then `stored` bytes of the frame, then zero to seven up to a multiple of 8 */
  uint32_t stored;
  uint32_t length;  /* of the frame */
  uint32_t edge;    /* twice the interface's number; 1 more for frames that leave */
  uint32_t number;  /* counts all records, modulo 2^32 */
  uint64_t time_ns; /* since 1970 */
};
WL_ASSERT(sizeof(struct wl_tap_record) == 24, "wl_tap_record");

struct wl_tap { /* written by the guest only */
  uint64_t reserved; /* bytes that are written or being written, ever */
  uint64_t head;     /* bytes that can be read, ever; the last WL_TAP_BYTES of them are there */
  uint64_t unused[6];
  uint8_t bytes[WL_TAP_BYTES];
};
WL_ASSERT(offsetof(struct wl_tap, bytes) == 64, "wl_tap.bytes");

/*
 * How a stepped run works (captures without real time; equal in all ways of running):
 *   host:  while next_timer_ns is before the next frame's time: steps with clock_ns = next_timer_ns, no frame;
 *          then puts that frame on its receive ring and steps with clock_ns = the frame's time. A step begins
 *          with step_request = step_done + 1 (release).
 *   guest: sees step_request != step_done; takes clock_ns as now; makes rounds of { timers due, receive,
 *          tasks } until a round finds nothing to do or WL_STEP_ROUNDS_MAX are spent; writes next_timer_ns,
 *          next_work_ns, busy, then step_done = step_request (release)
 *   host:  meanwhile drains transmit rings and log, stamping frames with clock_ns; a step that ends busy is
 *          followed by another at the same time, WL_STEPS_AT_ONCE_MAX of them; for who still does not rest, each
 *          further one is WL_STEP_NS later, or at the time of the next frame if that is sooner: so that time goes on
 *          also for an appliance that always has work. When the frames are spent it steps from timer to timer as
 *          long as the guest is busy or next_work_ns is not WL_TIMER_NEVER: that is idle.
 */
#define WL_STEP_ROUNDS_MAX 1024
#define WL_STEPS_AT_ONCE_MAX 64
#define WL_STEP_NS 10000000u
#define WL_TIMER_NEVER 0xffffffffffffffffull

struct wl_control {
  /* -- line 0: set by the host before the start, then constant -- */
  uint64_t magic; /* WL_CONTROL_MAGIC, by the host: the rest of this line is valid */
  uint32_t abi_version;
  uint32_t flags;
  uint64_t tsc_hz;
  uint64_t tsc_base; /* TSC value at epoch_ns */
  uint64_t epoch_ns; /* nanoseconds since 1970 at tsc_base */
  uint32_t seed;     /* for hash keys and random numbers */
  uint32_t start;    /* 1: a guest booted through PVH may begin */
  uint64_t features; /* of virtio, for all interfaces: some of those the image understands; not read after a PVH boot */
  uint32_t core;     /* which of the appliance's processors this is, from 0 on: each has an image of its own */
  uint32_t cores;    /* how many there are */
  /* -- line 1: written by the host while the guest runs -- */
  uint64_t step_request;
  uint64_t clock_ns;
  uint32_t stop;           /* WL_STOP_ */
  uint32_t log_tail;       /* bytes of the log the host has read, modulo 2^32 */
  uint64_t hold_queue;     /* a held guest ends the first hold_count packets of the struct wl_queue at this address ... */
  uint32_t hold_count;
  uint32_t hold_request;   /* ... when this is not hold_done */
  uint64_t tap_edges;        /* bit 2n: frames from interface n are copied; bit 2n+1: frames to it */
  uint32_t tap_frame_bytes;  /* so many bytes of each at most */
  uint32_t hold_silent_ms;   /* a guest that serves its control itself goes on when nobody has asked for so long (wl_channel_abi.h) */
  uint64_t links_down;       /* bit n: interface n leads nowhere now; what virtio_net_config.status says (virtio 1.2, 5.1.4), without an exit */
  /* -- line 2: written by the guest while it runs -- */
  uint64_t step_done;
  uint64_t next_timer_ns;  /* earliest timer, or WL_TIMER_NEVER */
  uint64_t next_work_ns;   /* the same without background timers (expiry, housekeeping): none means idle */
  uint32_t busy;           /* stepped: 1 if the last step ended with work left; else 1 if the last round found work */
  uint32_t state;
  uint32_t log_head;       /* bytes of the log ever written, modulo 2^32 */
  uint32_t log_lost;       /* lines dropped because the log was full */
  uint32_t waiting;        /* 1: about to sleep at, or asleep in, WL_PORT_WAIT */
  uint32_t packets_free;   /* small slots that are free, as of the last round */
  uint64_t rounds;         /* of the main loop, ever */
  uint32_t held;           /* 1: between two rounds, until `stop` is not WL_STOP_HOLD any more */
  uint32_t hold_done;      /* the last hold_request that was done */
  /* -- line 3: time stamps (TSC) and what is seldom written, by the guest -- */
  uint64_t tsc_entry;      /* first instruction of C code */
  uint64_t tsc_ready;      /* devices and state set up */
  uint64_t tsc_first_receive;
  uint64_t tsc_first_transmit;
  uint32_t no_room;        /* 1: in the midst of a round it waits for room on a transmit ring */
  uint32_t reserved_guest;
  uint64_t reserved_stamps[3];
  /* -- line 4, 5: a fault, by the tender (KVM) or the fault stub (PVH boot) -- */
  uint64_t panic_vector;
  uint64_t panic_error;
  uint64_t panic_address;  /* CR2 for a page fault */
  uint64_t panic_rip;
  uint64_t panic_rsp;
  uint64_t panic_rax; /* these two the fault stub itself uses; the other registers are as they were at the fault */
  uint64_t panic_rcx;
  uint64_t panic_flags;
  uint64_t trap_count;     /* packet traps ever */
  uint32_t trap_sites[WL_TRAP_RECORDS]; /* the last ones: site of trap n at index n % WL_TRAP_RECORDS */
  uint64_t trap_reserved[3];
  /* -- line 6..: port counters -- */
  struct wl_interface_counters interfaces[WL_INTERFACES_MAX];
};
WL_ASSERT(offsetof(struct wl_control, step_request) == 64, "wl_control line 1");
WL_ASSERT(offsetof(struct wl_control, step_done) == 128, "wl_control line 2");
WL_ASSERT(offsetof(struct wl_control, no_room) == 224, "wl_control no_room");
WL_ASSERT(offsetof(struct wl_control, tsc_entry) == 192, "wl_control line 3");
WL_ASSERT(offsetof(struct wl_control, panic_vector) == 256, "wl_control line 4");
WL_ASSERT(offsetof(struct wl_control, trap_count) == 320, "wl_control line 5");
WL_ASSERT(offsetof(struct wl_control, interfaces) == 384, "wl_control line 6");

#endif
