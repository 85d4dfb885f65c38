/* The driver's side of a crossing as images have it: one interface that sends back what it receives. */
#define WL_INTERFACE_COUNT 1
#define WL_RECEIVE_LIST {1}
#define WL_INTERFACES(X) X(0, "lan", 1, 2, 0, 0, 0, 0, 1)
#define WL_WIRES(X) X(0, 0, 0)
#define WL_RING_SIZE WL_CROSSING_RING
#define WL_SMALL_SLOTS 576
#define WL_JUMBO_SLOTS 8
#define WL_USES_LOW 0
#define WL_USES_TIMESTAMPS 0
#define WL_USES_ANNOTATIONS 0
#define WL_COUNTER_COUNT 1
#define WL_LOG_BYTES 0
#define WL_LEARNS 0
#define WL_STATE_PLACES(X)

#include "wl_crossing.h"
#include "wl_runtime.h"

static void wl_graph_initialize(void) {}
static void wl_graph_learn(uint32_t interface, struct wl_packet *packet, uint8_t *end) {
  (void)interface, (void)end;
  wl_release(packet);
}
static bool wl_graph_run_tasks(void) { return false; }
static bool wl_graph_fire_timers(void) { return false; }
static uint64_t wl_graph_next_timer(bool work) {
  (void)work;
  return WL_TIMER_NEVER;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  for (uint32_t index = 0; index < count; index += 1) wl_transmit(interface, frames[index].packet, wl_slot_data(frames[index].packet), frames[index].end);
  wl_count(0, count);
}

#include "wl_native.h"

static void wl_crossing_nobody(void *context, uint64_t value) {
  (void)context;
  (void)value;
}
static void wl_crossing_kick(void *context, uint32_t interface) { wl_crossing_nobody(context, interface); }
static const struct wl_native_host wl_crossing_host = {NULL, wl_crossing_kick, wl_crossing_nobody};

const struct wl_image_info *wl_crossing_begin(uint64_t features, int bare) {
  wl_shared.control.flags = WL_ATTENDED; /* nothing is dropped */
  wl_native_host = &wl_crossing_host;
  wl_pool_initialize();
  wl_device_agree(0, features, bare);
  wl_receive_initialize(0);
  wl_transmit_initialize(0);
  /* Slots that were never used are offered few at a time; all are used once before anything is measured. */
  for (uint32_t turn = 0; turn < WL_RING_SIZE; turn += 1) wl_receive_refill(0);
  return wl_native_image();
}

uint32_t wl_crossing_round(void) {
  const uint64_t before = wl_shared.counters[0];
  (void)wl_round();
  return (uint32_t)(wl_shared.counters[0] - before);
}
