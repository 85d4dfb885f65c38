/* What a hand-written job shares with compiled graphs: buffers and the loop, nothing else. */
#ifndef WL_REFERENCE_H
#define WL_REFERENCE_H

#ifndef WL_INTERFACE_COUNT
#define WL_INTERFACE_COUNT 2
#endif
#define WL_RECEIVE_LIST {1, 0}
#define WL_INTERFACES(X)
#define WL_RING_SIZE 256
#define WL_SMALL_SLOTS 832
#define WL_JUMBO_SLOTS 8
#define WL_USES_LOW 0
#define WL_USES_TIMESTAMPS 0
#define WL_USES_ANNOTATIONS 0
#define WL_COUNTER_COUNT 16
#define WL_LOG_BYTES 0
#include "wl_runtime.h"

#ifndef WL_REFERENCE_KEYED
static void wl_graph_initialize(void) {}
#endif

#endif
