/*
 * Lines of text for people, written by elements such as Print into a ring that the host reads. A line is
 * put together in a buffer and published whole. When the host attends to the log (WL_ATTENDED) the writer
 * waits for room; else a line that does not fit is lost and counted.
 */
#ifndef WL_LOG_H
#define WL_LOG_H

#include "wl_control.h"

#if WL_LOG_BYTES

/* Longest line; what exceeds it is cut. A jumbo frame in hex fits. */
#define WL_LOG_LINE_BYTES 24576
WL_ASSERT(WL_LOG_BYTES >= 2 * WL_LOG_LINE_BYTES, "the log holds a line while another is read");

static char wl_log_line[WL_LOG_LINE_BYTES];

static void wl_log_put(char character) {
  if (wl_log_length < WL_LOG_LINE_BYTES - 1) wl_log_line[wl_log_length++] = character;
}

static void wl_log_text(const char *text, uint32_t length) {
  for (uint32_t index = 0; index < length; index += 1) wl_log_put(text[index]);
}

static void wl_log_decimal(int64_t value, uint32_t width) {
  char digits[24];
  uint32_t count = 0;
  uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
  do digits[count++] = (char)('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (value < 0) digits[count++] = '-';
  for (uint32_t pad = count; pad < width; pad += 1) wl_log_put(' ');
  while (count > 0) wl_log_put(digits[--count]);
}

static void wl_log_hexadecimal(uint64_t value, uint32_t digits, const char *names) {
  char reversed[24];
  uint32_t count = 0;
  do reversed[count++] = names[value & 15];
  while ((value >>= 4) != 0 || count < digits);
  while (count > 0) wl_log_put(reversed[--count]);
}

static void wl_log_hex(const uint8_t *at, uint32_t count) {
  static const char digits[] = "0123456789abcdef";
  for (uint32_t index = 0; index < count; index += 1) {
    if (index > 0 && index % 4 == 0) wl_log_put(' ');
    wl_log_put(digits[at[index] >> 4]);
    wl_log_put(digits[at[index] & 15]);
  }
}

static void wl_log_ascii(const uint8_t *at, uint32_t count) {
  for (uint32_t index = 0; index < count; index += 1) {
    if (index % 8 == 0) wl_log_put(' ');
    wl_log_put(at[index] >= 32 && at[index] < 127 ? (char)at[index] : '.');
  }
}

#ifdef WL_LOG_DRAIN
/* Whoever reads the ring does so in this very thread, and has to be called: addon/wl_driven.h. */
static void WL_LOG_DRAIN(void);
#endif

static void wl_log_end(void) {
  struct wl_control *control = &wl_shared.control;
  wl_log_put('\n');
  const uint32_t head = control->log_head;
#ifdef WL_LOG_DRAIN
  if (WL_LOG_BYTES - (head - control->log_tail) < wl_log_length) WL_LOG_DRAIN();
#endif
  while (WL_LOG_BYTES - (head - WL_LOAD_ACQUIRE(&control->log_tail)) < wl_log_length) {
    if (!(control->flags & WL_ATTENDED) || WL_LOAD_RELAXED(&control->stop) == WL_STOP_END) {
      WL_STORE_RELAXED(&control->log_lost, control->log_lost + 1);
      wl_log_length = 0;
      return;
    }
    __builtin_ia32_pause();
  }
  for (uint32_t index = 0; index < wl_log_length; index += 1) {
    wl_shared.log[(head + index) & (WL_LOG_BYTES - 1)] = (uint8_t)wl_log_line[index];
  }
  WL_STORE_RELEASE(&control->log_head, head + wl_log_length);
  wl_log_length = 0;
}

#endif
#endif
