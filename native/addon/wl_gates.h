/*
 * Elements of the control side among compiled ones (src/compile/c-gates.ts): they work in JavaScript, which is called right where a packet comes to them,
 * and calls back right when they send or take one. So all happens in the order that it has where all elements are JavaScript. What printed before is handed over
 * before. A packet goes to and fro as the bytes of its slot (src/run/click/slot-image.ts).
 */
#ifndef WL_GATES_H
#define WL_GATES_H

#include "wl_javascript.h"

/* function (kind, instance, port, packet) -> what the kind says */
static napi_ref wl_driven_gate;

enum { WL_GATE_PUSH, WL_GATE_PULL, WL_GATE_RUN, WL_GATE_ENTER, WL_GATE_TAKE };

/* The packet in a new slot; NULL when there is none. */
static struct wl_packet *wl_gate_slot(napi_env env, napi_value value) {
  void *bytes = NULL;
  size_t length = 0;
  if (napi_get_buffer_info(env, value, &bytes, &length) != napi_ok) return NULL;
  struct wl_packet *const packet = length == WL_SMALL_SLOT_BYTES   ? wl_take_small()
                                   : length == WL_JUMBO_SLOT_BYTES ? wl_take_jumbo()
                                                                   : NULL;
  if (packet == NULL) return NULL;
  const uint32_t slot = packet->slot;
  memcpy(packet, bytes, length);
  packet->slot = slot;
  return packet;
}

/* The bytes of a packet, which ends here. */
static napi_value wl_gate_bytes(napi_env env, struct wl_packet *packet) {
  napi_value value;
  void *copy;
  const napi_status status = packet == NULL ? napi_ok : napi_create_buffer_copy(env, packet->capacity, packet, &copy, &value);
  if (packet != NULL) wl_release(packet);
  return packet != NULL && status == napi_ok ? value : wl_driven_undefined(env);
}

static napi_value wl_gate_call(uint32_t kind, uint32_t instance, uint32_t port, struct wl_packet *packet) {
  const napi_env env = wl_driven_env;
  napi_value values[4];
  wl_driven_drain();
  napi_create_uint32(env, kind, &values[0]);
  napi_create_uint32(env, instance, &values[1]);
  napi_create_uint32(env, port, &values[2]);
  values[3] = wl_gate_bytes(env, packet);
  return wl_driven_call(wl_driven_gate, 4, values);
}

/* ---- what the graph calls ------------------------------------------------------------------------------ */

static void wl_gate_give(uint32_t kind, uint32_t instance, uint32_t port, struct wl_packet *packet) {
  napi_handle_scope scope;
  napi_open_handle_scope(wl_driven_env, &scope);
  wl_gate_call(kind, instance, port, packet);
  napi_close_handle_scope(wl_driven_env, scope);
}

/* A packet; none; or, where the answer is true, none, but there may be more behind one that went another way. */
static struct wl_packet *wl_gate_get(uint32_t kind, uint32_t instance, uint32_t port, struct wl_packet *given) {
  napi_handle_scope scope;
  bool astray = false;
  napi_open_handle_scope(wl_driven_env, &scope);
  const napi_value answer = wl_gate_call(kind, instance, port, given);
  struct wl_packet *const packet = answer == NULL ? NULL : wl_gate_slot(wl_driven_env, answer);
  if (answer != NULL && packet == NULL) napi_get_value_bool(wl_driven_env, answer, &astray);
  napi_close_handle_scope(wl_driven_env, scope);
  return astray ? wl_astray() : packet;
}

/* A packet comes to an input of an element of the control side. */
static void wl_gate_push(uint32_t instance, uint32_t port, struct wl_packet *packet) { wl_gate_give(WL_GATE_PUSH, instance, port, packet); }

/* Somebody pulls from its output. */
static struct wl_packet *wl_gate_pull(uint32_t instance, uint32_t port) { return wl_gate_get(WL_GATE_PULL, instance, port, NULL); }

/* The same for an element whose code here is of arguments that were changed meanwhile: other code goes on. */
static void wl_gate_enter(uint32_t instance, uint32_t port, struct wl_packet *packet) { wl_gate_give(WL_GATE_ENTER, instance, port, packet); }
static struct wl_packet *wl_gate_take_anew(uint32_t instance, uint32_t port) { return wl_gate_get(WL_GATE_TAKE, instance, port, NULL); }
static struct wl_packet *wl_gate_through_anew(uint32_t instance, uint32_t port, struct wl_packet *packet) { return wl_gate_get(WL_GATE_TAKE, instance, port, packet); }

/* An element's turn among the tasks; whether there was work. */
static bool wl_gate_run(uint32_t instance) {
  napi_handle_scope scope;
  bool worked = false;
  napi_open_handle_scope(wl_driven_env, &scope);
  const napi_value answer = wl_gate_call(WL_GATE_RUN, instance, 0, NULL);
  if (answer != NULL) napi_get_value_bool(wl_driven_env, answer, &worked);
  napi_close_handle_scope(wl_driven_env, scope);
  return worked;
}

/* ---- what JavaScript calls ------------------------------------------------------------------------------ */

/* hasTask(instance): it has its turn among the tasks from now on */
static napi_value wl_driven_has_task(napi_env env, napi_callback_info info) {
  napi_value values[1];
  uint32_t instance = 0;
  if (wl_driven_arguments(env, info, values, 1) == 1 && napi_get_value_uint32(env, values[0], &instance) == napi_ok &&
      instance < sizeof wl_gate_tasks / sizeof wl_gate_tasks[0]) {
    wl_gate_tasks[instance] = true;
  }
  return wl_driven_undefined(env);
}

static napi_value wl_gate_entry(napi_env env, napi_callback_info info, void (*enter)(uint32_t, uint32_t, struct wl_packet *)) {
  napi_value values[3];
  uint32_t instance = 0, port = 0;
  if (wl_driven_arguments(env, info, values, 3) == 3) {
    napi_get_value_uint32(env, values[0], &instance);
    napi_get_value_uint32(env, values[1], &port);
    struct wl_packet *const packet = wl_gate_slot(env, values[2]);
    if (packet != NULL) enter(instance, port, packet);
    wl_driven_drain();
  }
  return wl_driven_undefined(env);
}

static napi_value wl_gate_answer(napi_env env, napi_callback_info info, struct wl_packet *(*ask)(uint32_t, uint32_t)) {
  napi_value values[3];
  uint32_t instance = 0, port = 0;
  const size_t count = wl_driven_arguments(env, info, values, 3);
  if (count < 2) return wl_driven_undefined(env);
  napi_get_value_uint32(env, values[0], &instance);
  napi_get_value_uint32(env, values[1], &port);
  wl_driven_given = count > 2 ? wl_gate_slot(env, values[2]) : NULL;
  struct wl_packet *const packet = ask(instance, port);
  wl_driven_drain();
  return wl_gate_bytes(env, packet);
}

/* emit(instance, output, packet): sends a packet to an output of an element of the control side */
static napi_value wl_driven_emit(napi_env env, napi_callback_info info) { return wl_gate_entry(env, info, wl_gate_emit); }

/* enter(instance, input, packet): hands a packet to an input of any element */
static napi_value wl_driven_enter(napi_env env, napi_callback_info info) { return wl_gate_entry(env, info, wl_gate_entered); }

/* pull(instance, input) -> a packet from what is before it, or undefined */
static napi_value wl_driven_pull(napi_env env, napi_callback_info info) { return wl_gate_answer(env, info, wl_gate_ask); }

/* answer(instance, output, packet) -> a packet that is pulled from that output of any element, or undefined; where one is given, what it makes of that */
static napi_value wl_driven_answer(napi_env env, napi_callback_info info) { return wl_gate_answer(env, info, wl_gate_taken); }

#endif
