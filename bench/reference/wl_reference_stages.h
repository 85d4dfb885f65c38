/* Stages of connections, by hand, and how long each lasts. */
#ifndef WL_REFERENCE_STAGES_H
#define WL_REFERENCE_STAGES_H

#define SECONDS INT64_C(1000000)

enum stage { OPENING, ESTABLISHED, FIN_INSIDE, FIN_OUTSIDE, CLOSED, RESET };

/* When a connection ends that is at a stage now, with the stage: time << 3 | stage. */
WL_INLINE int64_t ends(int64_t now, uint32_t stage, bool tcp) {
  const int64_t lasts = !tcp ? 300 : stage == OPENING || stage >= CLOSED ? 240 : 7440;
  return (now + lasts * SECONDS) << 3 | stage;
}

/* The stage after a segment with such flags, from the inside or not. */
static __attribute__((noinline)) uint32_t next(uint32_t stage, uint8_t flags, bool inside) {
  const bool syn = flags & 2, fin = flags & 1;
  if (flags & 4) return RESET;
  switch (stage) {
    case OPENING: return syn && !inside ? ESTABLISHED : OPENING;
    case CLOSED: return syn && inside ? OPENING : CLOSED;
    case RESET: return syn && inside ? OPENING : ESTABLISHED;
    case ESTABLISHED: return !fin ? stage : inside ? FIN_INSIDE : FIN_OUTSIDE;
    default: return !fin || (stage == FIN_INSIDE) == inside ? stage : CLOSED;
  }
}

#endif
