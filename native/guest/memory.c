/*
 * The four functions that compilers call for copies and fills of lengths they do not know. Short lengths,
 * which is what packets need, are two overlapping moves; long ones are left to the processor's string moves.
 */
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

#define WL_STRING_MOVE_BYTES 512

typedef uint64_t wl_word __attribute__((may_alias, aligned(1)));
typedef uint32_t wl_half __attribute__((may_alias, aligned(1)));
typedef uint16_t wl_pair __attribute__((may_alias, aligned(1)));

/* Up to 32 bytes: everything is read before anything is written, so overlap does not matter. */
static inline void wl_copy_short(uint8_t *to, const uint8_t *from, size_t bytes) {
  if (bytes >= 16) {
    const __m128i head = _mm_loadu_si128((const __m128i *)from);
    const __m128i tail = _mm_loadu_si128((const __m128i *)(from + bytes - 16));
    _mm_storeu_si128((__m128i *)to, head);
    _mm_storeu_si128((__m128i *)(to + bytes - 16), tail);
  } else if (bytes >= 8) {
    const wl_word head = *(const wl_word *)from, tail = *(const wl_word *)(from + bytes - 8);
    *(wl_word *)to = head;
    *(wl_word *)(to + bytes - 8) = tail;
  } else if (bytes >= 4) {
    const wl_half head = *(const wl_half *)from, tail = *(const wl_half *)(from + bytes - 4);
    *(wl_half *)to = head;
    *(wl_half *)(to + bytes - 4) = tail;
  } else if (bytes >= 2) {
    const wl_pair head = *(const wl_pair *)from, tail = *(const wl_pair *)(from + bytes - 2);
    *(wl_pair *)to = head;
    *(wl_pair *)(to + bytes - 2) = tail;
  } else if (bytes == 1) {
    *to = *from;
  }
}

void *memcpy(void *to, const void *from, size_t bytes) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (bytes <= 32) {
    wl_copy_short(target, source, bytes);
    return to;
  }
  if (bytes >= WL_STRING_MOVE_BYTES) {
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(bytes) : : "memory");
    return to;
  }
  const __m128i tail = _mm_loadu_si128((const __m128i *)(source + bytes - 16));
  uint8_t *const last = target + bytes - 16;
  for (; bytes > 16; bytes -= 16, target += 16, source += 16) {
    _mm_storeu_si128((__m128i *)target, _mm_loadu_si128((const __m128i *)source));
    __asm__ volatile("" : : : "memory");
  }
  _mm_storeu_si128((__m128i *)last, tail);
  return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (bytes <= 32) {
    wl_copy_short(target, source, bytes);
    return to;
  }
  if ((uintptr_t)target - (uintptr_t)source >= bytes) {
    for (; bytes > 32; bytes -= 16, target += 16, source += 16) {
      _mm_storeu_si128((__m128i *)target, _mm_loadu_si128((const __m128i *)source));
      __asm__ volatile("" : : : "memory");
    }
    wl_copy_short(target, source, bytes);
    return to;
  }
  for (; bytes > 32; bytes -= 16) {
    _mm_storeu_si128((__m128i *)(target + bytes - 16), _mm_loadu_si128((const __m128i *)(source + bytes - 16)));
    __asm__ volatile("" : : : "memory");
  }
  wl_copy_short(target, source, bytes);
  return to;
}

void *memset(void *at, int value, size_t bytes) {
  uint8_t *target = at;
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(bytes) : "a"(value) : "memory");
  return at;
}

int memcmp(const void *left, const void *right, size_t bytes) {
  const uint8_t *a = left, *b = right;
  for (size_t index = 0; index < bytes; index += 1) {
    if (a[index] != b[index]) return a[index] - b[index];
    __asm__ volatile("" : : : "memory");
  }
  return 0;
}

/* gcc calls it, rather than write it out, where a profile says that code is cold; its own library is not there. */
int __popcountdi2(uint64_t value) {
  int count = 0;
  for (; value != 0; value &= value - 1) count += 1;
  return count;
}
