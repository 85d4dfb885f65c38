/*
 * JavaScript as an appliance that it drives sees it: the environment of the call at hand, what is called there, and what calls
 * bring along and take back. Frames that are sent, and lines that are printed, go there.
 */
#ifndef WL_JAVASCRIPT_H
#define WL_JAVASCRIPT_H

#include <node_api.h>
#include <stdlib.h>
#include <string.h>

static napi_env wl_driven_env;
static napi_ref wl_driven_transmit; /* function (interface, bytes) */
static napi_ref wl_driven_log;      /* function (text) */

/* ---- what the graph calls ------------------------------------------------------------------------------ */

/* Calls into JavaScript; what it throws is thrown once the round is over. What it answers, or NULL. */
static napi_value wl_driven_call(napi_ref reference, size_t count, const napi_value *values) {
  napi_value function, global, result;
  if (reference == NULL || napi_get_reference_value(wl_driven_env, reference, &function) != napi_ok) return NULL;
  napi_get_global(wl_driven_env, &global);
  return napi_call_function(wl_driven_env, global, function, count, values, &result) == napi_ok ? result : NULL;
}

static void wl_transmit(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  napi_handle_scope scope;
  napi_open_handle_scope(wl_driven_env, &scope);
  napi_value values[2];
  void *copy;
  napi_create_uint32(wl_driven_env, interface, &values[0]);
  if (napi_create_buffer_copy(wl_driven_env, (size_t)(end - data), data, &copy, &values[1]) == napi_ok) {
    wl_driven_call(wl_driven_transmit, 2, values);
  }
  napi_close_handle_scope(wl_driven_env, scope);
  wl_release(packet);
}

static uint32_t wl_transmit_room(uint32_t interface) {
  (void)interface;
  return WL_BATCH_PACKETS_MAX;
}

/* Hands the lines in the ring over. Called when a round is over, and when a line finds no room. */
static void wl_driven_drain(void) {
#if WL_LOG_BYTES
  struct wl_control *control = &wl_shared.control;
  const uint32_t length = control->log_head - control->log_tail;
  if (length == 0 || length > WL_LOG_BYTES) return;
  char *const text = malloc(length);
  if (text == NULL) return;
  for (uint32_t index = 0; index < length; index += 1) {
    text[index] = (char)wl_shared.log[(control->log_tail + index) & (WL_LOG_BYTES - 1)];
  }
  control->log_tail = control->log_head;
  napi_handle_scope scope;
  napi_open_handle_scope(wl_driven_env, &scope);
  napi_value value;
  if (napi_create_string_utf8(wl_driven_env, text, length, &value) == napi_ok) wl_driven_call(wl_driven_log, 1, &value);
  napi_close_handle_scope(wl_driven_env, scope);
  free(text);
#endif
}

/* ---- what calls bring and take ------------------------------------------------------------------------------ */

static napi_value wl_driven_undefined(napi_env env) {
  napi_value value;
  napi_get_undefined(env, &value);
  return value;
}

static size_t wl_driven_arguments(napi_env env, napi_callback_info info, napi_value *values, size_t most) {
  size_t count = most;
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  wl_driven_env = env;
  return count < most ? count : most;
}

#endif
