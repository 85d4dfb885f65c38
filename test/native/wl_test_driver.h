/* The driver of images, for tests that play its device. */
#ifndef WL_TEST_DRIVER_H
#define WL_TEST_DRIVER_H

#include <stdbool.h>

#include "../../native/abi/wirelet_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Begins anew, with these features of virtio; where the rings are. */
const struct wl_image_info *wl_test_driver_begin(uint64_t features, int bare);
/* A round of the main loop, in which all comes back that the device has used. */
void wl_test_driver_round(void);
/* A round of the main loop, and no more. */
void wl_test_driver_bare_round(void);
/* The main loop has nothing to do: whether it slept, and which calls it asked for. */
enum wl_test_sleep { WL_TEST_AWAKE, WL_TEST_AWAITS_FRAMES, WL_TEST_AWAITS_SLOTS };
enum wl_test_sleep wl_test_driver_sleep(void);
/* Frames that the graph was given as a list since the beginning: others went straight from one ring to the other. */
uint64_t wl_test_driver_listed(void);
/* Takes all free slots but `count` out of the pool, as packets in queues do. */
void wl_test_driver_keep_free(uint32_t count);
/* Whether each slot of the pool is in exactly one place: free, or with the device. */
int wl_test_driver_slots_are_one_each(void);
/* What an element learnt of a note. */
struct wl_test_lesson {
  uint64_t frames; /* that the graph had received before */
  uint32_t length;
  uint8_t bytes[WL_NOTE_BYTES_MAX];
};
/* What was learnt since the beginning, 32 lessons at most; how many. */
uint32_t wl_test_driver_lessons(const struct wl_test_lesson **lessons);

/* The ports of a machine of another VMM. */
struct wl_test_ports {
  void *context;
  uint8_t (*in)(void *context, uint16_t port);
  void (*out)(void *context, uint16_t port, uint8_t value);
};
/* What can be read and written by the serial port begins there, within the shared part of the driver's memory. */
#define WL_TEST_SERIAL_FIRST 32
/* An appliance begins to listen at its serial port; its control block, which is the first of its memory, and where that ends. */
struct wl_control *wl_test_serial_begin(const struct wl_test_ports *ports, uint64_t identity, uint64_t *end);
bool wl_test_serial_is_open(void);
/* It looks at the port at that time; when it wants to look again. */
uint64_t wl_test_serial_look(uint64_t now_ns);

/* A machine of another VMM, as the discovery of devices sees it. */
struct wl_test_firmware {
  void *context;
  uint8_t *(*page)(void *context, uint64_t physical); /* NULL: nothing is there */
  uint32_t (*read)(void *context, uint32_t address);  /* PCI's configuration by ports */
  void (*write)(void *context, uint32_t address, uint32_t value);
};
/* The image's own memory begins at WL_IMAGE_BASE. */
#define WL_TEST_OWN_BYTES 0x200000
/* Looks for cards (64 at most) from ACPI's root on, and makes one the interface; how many there are. */
uint32_t wl_test_discover(const struct wl_test_firmware *firmware, uint64_t root, uint64_t *cards, int *overlaps, int *attached);

#ifdef __cplusplus
}
#endif

#endif
