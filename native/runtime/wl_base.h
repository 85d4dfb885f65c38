/*
 * Freestanding ground under the generated C: types, loads and stores in network byte order, and the few
 * compiler builtins that the rest relies on. The same for guest and host.
 */
#ifndef WL_BASE_H
#define WL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../abi/wirelet_abi.h"

#define WL_INLINE static inline __attribute__((always_inline, unused))
/* WL_OUTLINE: code in a function of its own. WL_APART: whose size matters more than its time; gcc makes code small that it takes
 * for cold. */
#ifndef __OPTIMIZE__
/* Nothing is put in place then, and gcc keeps what nobody calls unless it might have been. */
#define WL_OUTLINE static inline __attribute__((unused))
#define WL_APART WL_OUTLINE
#define WL_COLD WL_OUTLINE
#else
#define WL_OUTLINE static __attribute__((noinline, unused))
#ifdef __clang__
#define WL_APART static __attribute__((noinline, minsize, unused))
#define WL_COLD static __attribute__((noinline, minsize, cold, unused))
#else
#define WL_APART static __attribute__((noinline, cold, unused))
#define WL_COLD WL_APART
#endif
#endif
/* A function without a result that is called where it hardly ever is: it saves all registers itself, so that its callers
 * need not keep theirs elsewhere. clang 14 loses the result of one that has any. */
#ifdef __clang__
#define WL_KEEPING __attribute__((preserve_most))
#else
#define WL_KEEPING
#endif
#define WL_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define WL_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Before a loop over frames: four at a time, so that fewer jumps are to be foreseen. */
#ifdef __clang__
#define WL_BY_FOURS _Pragma("clang loop unroll_count(4)")
#else
#define WL_BY_FOURS _Pragma("GCC unroll 4")
#endif

/* Before a loop that is to stay one: its size matters more than its time. gcc unrolls none of these at -O2. */
#ifdef __clang__
#define WL_ROLLED _Pragma("clang loop unroll(disable) vectorize(disable)")
#else
#define WL_ROLLED
#endif

/* Tells the compiler what holds; nothing is checked. */
#define WL_ASSUME(condition) do { if (!(condition)) __builtin_unreachable(); } while (0)

/* Memory order: the fields that host and guest share are accessed through these only. */
#define WL_LOAD_ACQUIRE(pointer) __atomic_load_n((pointer), __ATOMIC_ACQUIRE)
#define WL_LOAD_RELAXED(pointer) __atomic_load_n((pointer), __ATOMIC_RELAXED)
#define WL_STORE_RELEASE(pointer, value) __atomic_store_n((pointer), (value), __ATOMIC_RELEASE)
/* What was stored before is seen before anything is loaded behind it. Compilers differ: clang writes MFENCE, which takes twice
 * as long as a locked instruction and orders no more of memory that is cached. */
WL_INLINE void wl_fence(void) { __asm__ volatile("lock orl $0, (%%rsp)" : : : "memory", "cc"); }
#define WL_STORE_RELAXED(pointer, value) __atomic_store_n((pointer), (value), __ATOMIC_RELAXED)

WL_INLINE void wl_copy(void *to, const void *from, size_t bytes) { __builtin_memcpy(to, from, bytes); }
WL_INLINE void wl_move(void *to, const void *from, size_t bytes) { __builtin_memmove(to, from, bytes); }
WL_INLINE void wl_zero(void *at, size_t bytes) { __builtin_memset(at, 0, bytes); }

/* Asks for a cache line that will be wanted soon. */
WL_INLINE void wl_request(const void *at) { __builtin_prefetch(at); }

/* The number of the lowest bit that is set; one is. TZCNT where the processor has it, which BSF is read as elsewhere: AMD's
 * BSF takes several times as long, and clang emits no other for the baseline. */
WL_INLINE uint32_t wl_lowest_bit(uint32_t bits) {
  uint32_t number;
  __asm__("rep bsfl %1, %0" : "=r"(number) : "r"(bits) : "cc");
  return number;
}

/* JavaScript's Math.clz32. */
WL_INLINE uint32_t wl_clz32(uint32_t value) { return value == 0 ? 32 : (uint32_t)__builtin_clz(value); }

/* ---- network byte order, any alignment -------------------------------------------------------------- */

WL_INLINE uint8_t wl_load8(const uint8_t *at) { return *at; }
WL_INLINE uint16_t wl_load16(const uint8_t *at) {
  uint16_t word;
  __builtin_memcpy(&word, at, 2);
  return __builtin_bswap16(word);
}
WL_INLINE uint32_t wl_load32(const uint8_t *at) {
  uint32_t word;
  __builtin_memcpy(&word, at, 4);
  return __builtin_bswap32(word);
}
/* Reads two bytes more, which are there: every slot has something behind it. */
WL_INLINE uint64_t wl_load48(const uint8_t *at) {
  uint64_t word;
  __builtin_memcpy(&word, at, 8);
  return __builtin_bswap64(word) >> 16;
}
WL_INLINE void wl_store8(uint8_t *at, uint8_t value) { *at = value; }
WL_INLINE void wl_store16(uint8_t *at, uint16_t value) {
  const uint16_t word = __builtin_bswap16(value);
  __builtin_memcpy(at, &word, 2);
}
WL_INLINE void wl_store32(uint8_t *at, uint32_t value) {
  const uint32_t word = __builtin_bswap32(value);
  __builtin_memcpy(at, &word, 4);
}
/* Swapped as one word: what was loaded and is stored as it was is then not swapped at all. */
WL_INLINE void wl_store48(uint8_t *at, uint64_t value) {
  const uint64_t word = __builtin_bswap64(value << 16);
  const uint32_t first = (uint32_t)word;
  const uint16_t last = (uint16_t)(word >> 32);
  __builtin_memcpy(at, &first, 4);
  __builtin_memcpy(at + 4, &last, 2);
}

#endif
