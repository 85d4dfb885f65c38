/* The driver of images (native/runtime) in the tests' process: one interface that sends back what it receives, and learns of notes. */
#define WL_INTERFACE_COUNT 1
#define WL_RECEIVE_LIST {1}
#define WL_INTERFACES(X) X(0, "lan", 1, 2, 0, 0, 0, 0, 1)
#define WL_WIRES(X) X(0, 0, 0)
#define WL_RING_SIZE 16
#define WL_SMALL_SLOTS 96
#define WL_JUMBO_SLOTS 8
#define WL_USES_LOW 0
#define WL_USES_TIMESTAMPS 0
#define WL_USES_ANNOTATIONS 0
#define WL_COUNTER_COUNT 1
#define WL_LOG_BYTES 0
#define WL_LEARNS 1
#define WL_STATE_PLACES(X)

#include "wl_runtime.h"
#include "wl_test_driver.h"

static struct wl_test_lesson wl_test_lessons[32];
static uint32_t wl_test_lesson_count;
static uint64_t wl_test_listed;

static void wl_graph_initialize(void) {}
static void wl_graph_learn(uint32_t interface, struct wl_packet *packet, uint8_t *end) {
  (void)interface;
  if (wl_test_lesson_count < sizeof wl_test_lessons / sizeof *wl_test_lessons) {
    struct wl_test_lesson *const lesson = &wl_test_lessons[wl_test_lesson_count++];
    const uint8_t *const data = wl_slot_data(packet);
    lesson->frames = wl_shared.counters[0];
    lesson->length = (uint32_t)(end - data);
    for (uint32_t index = 0; index < lesson->length && index < WL_NOTE_BYTES_MAX; index += 1) lesson->bytes[index] = data[index];
  }
  wl_release(packet);
}
static bool wl_graph_run_tasks(void) { return false; }
static bool wl_graph_fire_timers(void) { return false; }
static uint64_t wl_graph_next_timer(bool work) {
  (void)work;
  return WL_TIMER_NEVER;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  wl_test_listed += count;
  wl_count(0, count);
  for (uint32_t index = 0; index < count; index += 1) wl_transmit(interface, frames[index].packet, frames[index].data, frames[index].end);
}

#include "wl_native.h"
#define WL_OWN_WINDOW
/* In place of the instructions of wl_machine.h. */
#define WL_MACHINE_H
static const struct wl_test_ports *wl_test_ports;
static uint8_t wl_in(uint16_t port) { return wl_test_ports->in(wl_test_ports->context, port); }
static void wl_out(uint16_t port, uint8_t value) { wl_test_ports->out(wl_test_ports->context, port, value); }
#include "../../native/guest/wl_attach.h"
#include "../../native/guest/wl_discovery.h"
static uint64_t wl_identity;
#define WL_SERIAL_MEMORY ((uint8_t *)&wl_shared)
#define WL_SERIAL_FIRST ((uint64_t)WL_TEST_SERIAL_FIRST)
#define WL_SERIAL_END ((uint64_t)sizeof wl_shared)
#include "../../native/guest/wl_serial.h"

static void wl_test_kick(void *context, uint32_t interface) {
  (void)context;
  (void)interface;
}
static enum wl_test_sleep wl_test_slept;
static void wl_test_wait(void *context, uint64_t until_ns) {
  (void)context;
  (void)until_ns;
  wl_test_slept = wl_transmit_rings[0].available.flags & WL_VIRTQ_AVAIL_F_NO_INTERRUPT ? WL_TEST_AWAITS_FRAMES : WL_TEST_AWAITS_SLOTS;
}
static const struct wl_native_host wl_test_host = {NULL, wl_test_kick, wl_test_wait};

const struct wl_image_info *wl_test_driver_begin(uint64_t features, int bare) {
  wl_native_host = &wl_test_host;
  wl_test_lesson_count = 0;
  wl_test_listed = 0;
  wl_pool_initialize();
  wl_zero(wl_receive_rings, sizeof wl_receive_rings);
  wl_zero(wl_transmit_rings, sizeof wl_transmit_rings);
  wl_zero(wl_receive_queues, sizeof wl_receive_queues);
  wl_zero(wl_transmit_queues, sizeof wl_transmit_queues);
  wl_zero(&wl_shared, sizeof wl_shared);
  wl_device_agree(0, features, bare);
  wl_receive_initialize(0);
  wl_transmit_initialize(0);
  return wl_native_image();
}

void wl_test_driver_round(void) {
  (void)wl_round();
  wl_reclaim_all();
  wl_refill(0);
}

enum wl_test_sleep wl_test_driver_sleep(void) {
  wl_test_slept = WL_TEST_AWAKE;
  wl_sleep();
  return wl_test_slept;
}

uint32_t wl_test_driver_lessons(const struct wl_test_lesson **lessons) {
  *lessons = wl_test_lessons;
  return wl_test_lesson_count;
}

uint64_t wl_test_driver_listed(void) { return wl_test_listed; }

void wl_test_driver_bare_round(void) { (void)wl_round(); }

void wl_test_driver_keep_free(uint32_t count) {
  while (wl_free_small_count > count) (void)wl_take_small();
}

int wl_test_driver_slots_are_one_each(void) {
  bool seen[WL_SLOTS] = {false};
  uint32_t count = 0;
  bool twice = false;
#define WL_SEE(slot) (twice |= seen[slot], seen[slot] = true, count += 1)
  for (uint32_t index = 0; index < wl_free_small_count; index += 1) WL_SEE(wl_free_small[index]);
  for (uint32_t index = 0; index < wl_free_jumbo_count; index += 1) WL_SEE(wl_free_jumbo[index]);
  for (uint32_t direction = 0; direction < 2; direction += 1) {
    const struct wl_buffers *buffers = direction == 0 ? &wl_receive_queues[0].buffers : &wl_transmit_queues[0].buffers;
    if (wl_devices[0].in_order) {
      for (uint16_t at = buffers->returned; at != buffers->offered; at += 1) WL_SEE(buffers->slots[at & WL_RING_MASK]);
    } else {
      for (uint32_t id = 0; id < WL_RING_SIZE; id += 1) {
        if (buffers->slots[id] != WL_NO_PACKET) WL_SEE(buffers->slots[id]);
      }
    }
  }
  return !twice && count == WL_SLOTS;
}

struct wl_control *wl_test_serial_begin(const struct wl_test_ports *ports, uint64_t identity, uint64_t *end) {
  wl_test_ports = ports;
  wl_identity = identity;
  wl_zero(&wl_serial, sizeof wl_serial);
  wl_zero(&wl_shared, sizeof wl_shared);
  wl_now_ns = 0;
  wl_serial_open();
  *end = WL_SERIAL_END;
  return &wl_shared.control;
}

bool wl_test_serial_is_open(void) { return wl_serial.open; }

uint64_t wl_test_serial_look(uint64_t now_ns) {
  /* The TSC counts for nothing here: its factor is 0. */
  wl_shared.control.epoch_ns = now_ns;
  wl_serial_look();
  return wl_serial.look_ns;
}

static const struct wl_test_firmware *wl_test_firmware;

static bool wl_own(uint64_t physical) { return physical - WL_IMAGE_BASE < WL_TEST_OWN_BYTES; }
volatile uint8_t *wl_window_map(uint32_t place, uint64_t physical) {
  uint8_t *page = wl_own(physical) ? NULL : wl_test_firmware->page(wl_test_firmware->context, physical & ~(uint64_t)(WL_PAGE_BYTES - 1));
  return place >= 512 || page == NULL ? NULL : page + (physical & (WL_PAGE_BYTES - 1));
}
uint32_t wl_pci_port_read(uint32_t address) { return wl_test_firmware->read(wl_test_firmware->context, address); }
void wl_pci_port_write(uint32_t address, uint32_t value) { wl_test_firmware->write(wl_test_firmware->context, address, value); }

uint32_t wl_test_discover(const struct wl_test_firmware *firmware, uint64_t root, uint64_t *cards, int *overlaps, int *attached) {
  wl_test_firmware = firmware;
  wl_card_count = 0;
  wl_firmware_overlaps = false;
  (void)wl_physical(WL_IMAGE_BASE); /* nothing of an earlier machine is in the window */
  wl_discover(root);
  const uint32_t count = wl_card_count;
  for (uint32_t card = 0; card < count; card += 1) cards[card] = wl_cards[card];
  *overlaps = wl_firmware_overlaps;
  *attached = wl_attach_all();
  return count;
}
