/*
 * The end of an appliance's C unit when a program in JavaScript drives it, round by round, in its own thread: the unit
 * is an addon of Node-API by itself. See src/run/click/native-machine.ts. The loop is that of wl_loop.h: timers due,
 * frames received, tasks. One loaded object is one appliance.
 *
 * Arguments are constants of the unit. Where one is changed, another unit is made and loaded, which goes on with what this
 * one knows: resume, take and put.
 *
 * The unit defines WL_DRIVEN_FACTS, a text, and WL_RANDOM_PLACES(X), where elements keep their random numbers.
 */
#ifndef WL_DRIVEN_H
#define WL_DRIVEN_H

#include "wl_gates.h"
#include "wl_javascript.h"

/* ---- what JavaScript calls ------------------------------------------------------------------------------ */

static void wl_driven_time(napi_env env, napi_value value) {
  double microseconds = 0;
  napi_get_value_double(env, value, &microseconds);
  const uint64_t now = (uint64_t)microseconds * 1000;
  if (now > wl_now_ns) wl_set_now(now);
}

static bool wl_driven_start(napi_env env, napi_callback_info info, napi_value *values) {
  if (wl_driven_arguments(env, info, values, 5) < 5) return false;
  napi_get_value_uint32(env, values[0], &wl_seed);
  wl_driven_time(env, values[1]);
  wl_pool_initialize();
  return true;
}

static void wl_driven_call_back(napi_env env, const napi_value *values) {
  napi_create_reference(env, values[2], 1, &wl_driven_transmit);
  napi_create_reference(env, values[3], 1, &wl_driven_log);
  napi_create_reference(env, values[4], 1, &wl_driven_gate);
}

/* begin(seed, microseconds, transmit, log, gate) */
static napi_value wl_driven_begin(napi_env env, napi_callback_info info) {
  napi_value values[5];
  if (wl_driven_start(env, info, values)) {
    wl_driven_call_back(env, values);
    wl_graph_initialize();
    wl_driven_drain();
  }
  return wl_driven_undefined(env);
}

/* resume(seed, microseconds, transmit, log, gate): as begin, but another unit did before what elements do at the start: nobody hears of it, and it is
 * not counted. State and packets are to be given afterwards. */
static napi_value wl_driven_resume(napi_env env, napi_callback_info info) {
  napi_value values[5];
  if (wl_driven_start(env, info, values)) {
    wl_graph_initialize();
    wl_driven_drain();
    wl_driven_stale = false;
    memset(wl_shared.counters, 0, sizeof wl_shared.counters);
    wl_driven_call_back(env, values);
  }
  return wl_driven_undefined(env);
}

/* setTime(microseconds): time never goes back */
static napi_value wl_driven_set_time(napi_env env, napi_callback_info info) {
  napi_value values[1];
  if (wl_driven_arguments(env, info, values, 1) == 1) wl_driven_time(env, values[0]);
  return wl_driven_undefined(env);
}

/* The frame that comes in the next round. */
static struct wl_frame wl_driven_frames[WL_BATCH_PACKETS_MAX];
static uint32_t wl_driven_interfaces[WL_BATCH_PACKETS_MAX];
static uint32_t wl_driven_frame_count;

/* receive(interface, bytes) -> whether there was room */
static napi_value wl_driven_receive(napi_env env, napi_callback_info info) {
  napi_value values[2], result;
  bool taken = false;
  uint32_t interface = 0;
  void *bytes = NULL;
  size_t length = 0;
  if (wl_driven_arguments(env, info, values, 2) == 2 && napi_get_value_uint32(env, values[0], &interface) == napi_ok &&
      napi_get_buffer_info(env, values[1], &bytes, &length) == napi_ok && interface < WL_INTERFACE_COUNT && length > 0 &&
      length <= WL_FRAME_BYTES_MAX && wl_driven_frame_count < WL_BATCH_PACKETS_MAX) {
    struct wl_packet *const packet = wl_packet_make((uint32_t)length);
    if (packet != NULL) {
      uint8_t *const data = wl_slot_data(packet);
      memcpy(data, bytes, length);
      wl_driven_frames[wl_driven_frame_count] = (struct wl_frame){packet, data, data + length};
      wl_driven_interfaces[wl_driven_frame_count] = interface;
      wl_driven_frame_count += 1;
      taken = true;
    }
  }
  napi_get_boolean(env, taken, &result);
  return result;
}

/* leave(): arguments have changed while this unit works */
static napi_value wl_driven_leave(napi_env env, napi_callback_info info) {
  wl_driven_arguments(env, info, NULL, 0);
  wl_driven_stale = true;
  return wl_driven_undefined(env);
}

/* fire() -> whether a timer was due: with it a round begins */
static napi_value wl_driven_fire(napi_env env, napi_callback_info info) {
  napi_value result;
  wl_driven_arguments(env, info, NULL, 0);
  const bool fired = wl_graph_fire_timers();
  wl_driven_drain();
  napi_get_boolean(env, fired, &result);
  return result;
}

/* round(task) -> whether there was anything to do for frames and the tasks from that one on; or, where it was to be left, the task to go on with */
static napi_value wl_driven_round(napi_env env, napi_callback_info info) {
  napi_value values[1], result;
  uint32_t first = 0;
  if (wl_driven_arguments(env, info, values, 1) == 1) napi_get_value_uint32(env, values[0], &first);
  wl_driven_next = first;
  bool worked = false;
  for (uint32_t index = 0; index < wl_driven_frame_count; index += 1) {
    wl_graph_receive(wl_driven_interfaces[index], &wl_driven_frames[index], 1);
    worked = true;
  }
  wl_driven_frame_count = 0;
  worked |= wl_graph_run_tasks();
  wl_driven_drain();
  if (wl_driven_stale && wl_driven_next > first) napi_create_uint32(env, wl_driven_next, &result);
  else napi_get_boolean(env, worked, &result);
  return result;
}

/* nextTimer(work) -> microseconds, or undefined */
static napi_value wl_driven_next_timer(napi_env env, napi_callback_info info) {
  napi_value values[1], result;
  bool work = false;
  if (wl_driven_arguments(env, info, values, 1) == 1) napi_get_value_bool(env, values[0], &work);
  const uint64_t next = wl_graph_next_timer(work);
  if (next == WL_TIMER_NEVER) return wl_driven_undefined(env);
  napi_create_double(env, (double)(next / 1000), &result);
  return result;
}

/* A queue's place; or a place of lists, and the number of one of them. */
struct wl_driven_store {
  struct wl_queue *queue;
  struct wl_lists *lists;
  uint32_t list;
};

/* The store that (place, list) name: list is -1 for a queue. */
static struct wl_driven_store wl_driven_store(napi_env env, const napi_value *values) {
  struct wl_driven_store store = {NULL, NULL, 0};
  void *place = NULL;
  size_t size = 0;
  int32_t list = -1;
  if (napi_get_arraybuffer_info(env, values[0], &place, &size) != napi_ok) return store;
  if (napi_get_value_int32(env, values[1], &list) != napi_ok) return store;
  if (list < 0 && size == sizeof(struct wl_queue)) store.queue = place;
  if (list >= 0 && size == sizeof(struct wl_lists)) store.lists = place, store.list = (uint32_t)list;
  return store;
}

/* take(place, list, last) -> the first or last packet of that store as bytes, which put of another unit knows; or undefined. It ends here. */
static napi_value wl_driven_take(napi_env env, napi_callback_info info) {
  napi_value values[3], result;
  bool last = false;
  struct wl_packet *packet = NULL;
  if (wl_driven_arguments(env, info, values, 3) == 3) {
    const struct wl_driven_store store = wl_driven_store(env, values);
    napi_get_value_bool(env, values[2], &last);
    if (store.queue != NULL) packet = last ? wl_queue_dequeue_last(store.queue) : wl_queue_dequeue(store.queue);
    if (store.lists != NULL) packet = wl_lists_take(store.lists, store.list);
  }
  return wl_gate_bytes(env, packet);
}

/* put(place, list, bytes) -> whether there was room for that packet */
static napi_value wl_driven_put(napi_env env, napi_callback_info info) {
  napi_value values[3], result;
  bool done = false;
  if (wl_driven_arguments(env, info, values, 3) == 3) {
    const struct wl_driven_store store = wl_driven_store(env, values);
    const bool room = store.queue != NULL ? !wl_queue_full(store.queue) : store.lists != NULL && !wl_lists_full(store.lists);
    struct wl_packet *const packet = room ? wl_gate_slot(env, values[2]) : NULL;
    done = packet != NULL;
    if (done && store.queue != NULL) wl_queue_enqueue(store.queue, packet);
    else if (done) wl_lists_append(store.lists, store.list, packet);
  }
  napi_get_boolean(env, done, &result);
  return result;
}

/* ---- the module ------------------------------------------------------------------------------------------ */

static void wl_driven_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

#define WL_DRIVEN_PLACE(place) {&place, sizeof place},
struct wl_driven_place {
  void *address;
  size_t size;
};
static const struct wl_driven_place wl_driven_places[] = {WL_STATE_PLACES(WL_DRIVEN_PLACE) {wl_shared.counters, sizeof wl_shared.counters}};
static const struct wl_driven_place wl_driven_randoms[] = {WL_RANDOM_PLACES(WL_DRIVEN_PLACE) {NULL, 0}};

/* The memory of the object lives as long as the process: modules are not unloaded. */
static void wl_driven_memory(napi_env env, napi_value exports, const char *name, const struct wl_driven_place *places, uint32_t count) {
  napi_value list, value;
  napi_create_array_with_length(env, count, &list);
  for (uint32_t index = 0; index < count; index += 1) {
    napi_create_external_arraybuffer(env, places[index].address, places[index].size, NULL, NULL, &value);
    napi_set_element(env, list, index, value);
  }
  napi_set_named_property(env, exports, name, list);
}

static napi_value wl_driven_initialize(napi_env env, napi_value exports) {
  napi_value value;
  wl_driven_memory(env, exports, "places", wl_driven_places, sizeof wl_driven_places / sizeof wl_driven_places[0]);
  /* Without the one that ends the list. */
  wl_driven_memory(env, exports, "randoms", wl_driven_randoms, sizeof wl_driven_randoms / sizeof wl_driven_randoms[0] - 1);
  napi_create_string_utf8(env, WL_DRIVEN_FACTS, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, exports, "facts", value);
  wl_driven_function(env, exports, "begin", wl_driven_begin);
  wl_driven_function(env, exports, "resume", wl_driven_resume);
  wl_driven_function(env, exports, "setTime", wl_driven_set_time);
  wl_driven_function(env, exports, "receive", wl_driven_receive);
  wl_driven_function(env, exports, "fire", wl_driven_fire);
  wl_driven_function(env, exports, "round", wl_driven_round);
  wl_driven_function(env, exports, "leave", wl_driven_leave);
  wl_driven_function(env, exports, "hasTask", wl_driven_has_task);
  wl_driven_function(env, exports, "emit", wl_driven_emit);
  wl_driven_function(env, exports, "enter", wl_driven_enter);
  wl_driven_function(env, exports, "pull", wl_driven_pull);
  wl_driven_function(env, exports, "answer", wl_driven_answer);
  wl_driven_function(env, exports, "nextTimer", wl_driven_next_timer);
  wl_driven_function(env, exports, "take", wl_driven_take);
  wl_driven_function(env, exports, "put", wl_driven_put);
  return exports;
}

NAPI_MODULE(wirelet_driven, wl_driven_initialize)

#endif
