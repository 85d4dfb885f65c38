/*
 * Elements of the control side among compiled ones (src/compile/c-gates.ts): they work in JavaScript, which is called right where a packet comes to them,
 * and calls back right when they send or take one. So all happens in the order that it has where all elements are JavaScript. What printed before is handed over
 * before. A packet goes to and fro as the bytes of its slot (src/run/click/slot-image.ts).
 */
#ifndef WL_GATES_H
#define WL_GATES_H

/* function (kind, instance, port, packet) -> what the kind says */
static napi_ref wl_driven_gate;

enum { WL_GATE_PUSH, WL_GATE_PULL, WL_GATE_RUN };

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

/* A packet comes to an input. */
static void wl_gate_push(uint32_t instance, uint32_t port, struct wl_packet *packet) {
  napi_handle_scope scope;
  napi_open_handle_scope(wl_driven_env, &scope);
  wl_gate_call(WL_GATE_PUSH, instance, port, packet);
  napi_close_handle_scope(wl_driven_env, scope);
}

/* Somebody pulls from an output: a packet; none; or true: one went another way, there may be more. */
static struct wl_packet *wl_gate_pull(uint32_t instance, uint32_t port) {
  napi_handle_scope scope;
  bool astray = false;
  napi_open_handle_scope(wl_driven_env, &scope);
  const napi_value answer = wl_gate_call(WL_GATE_PULL, instance, port, NULL);
  struct wl_packet *const packet = answer == NULL ? NULL : wl_gate_slot(wl_driven_env, answer);
  if (answer != NULL && packet == NULL) napi_get_value_bool(wl_driven_env, answer, &astray);
  napi_close_handle_scope(wl_driven_env, scope);
  return astray ? wl_astray() : packet;
}

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

/* emit(instance, output, packet): sends a packet to an output of an element of the control side */
static napi_value wl_driven_emit(napi_env env, napi_callback_info info) {
  napi_value values[3];
  uint32_t instance = 0, output = 0;
  if (wl_driven_arguments(env, info, values, 3) == 3) {
    napi_get_value_uint32(env, values[0], &instance);
    napi_get_value_uint32(env, values[1], &output);
    struct wl_packet *const packet = wl_gate_slot(env, values[2]);
    if (packet != NULL) wl_gate_emit(instance, output, packet);
    wl_driven_drain();
  }
  return wl_driven_undefined(env);
}

/* pull(instance, input) -> a packet from what is before it, or undefined */
static napi_value wl_driven_pull(napi_env env, napi_callback_info info) {
  napi_value values[2];
  uint32_t instance = 0, input = 0;
  if (wl_driven_arguments(env, info, values, 2) < 2) return wl_driven_undefined(env);
  napi_get_value_uint32(env, values[0], &instance);
  napi_get_value_uint32(env, values[1], &input);
  struct wl_packet *const packet = wl_gate_ask(instance, input);
  wl_driven_drain();
  return wl_gate_bytes(env, packet);
}

#endif
