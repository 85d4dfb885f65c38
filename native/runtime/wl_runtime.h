/* Everything the generated code calls, in one include. Freestanding: no libc, no allocation. */
#ifndef WL_RUNTIME_H
#define WL_RUNTIME_H

#include "wl_base.h"
#include "wl_checksum.h"
#include "wl_classify.h"
#include "wl_clock.h"
#include "wl_control.h"
#include "wl_copies.h"
#include "wl_graph.h"
#include "wl_hash.h"
#include "wl_link_state.h"
#include "wl_log.h"
#include "wl_packet.h"
#include "wl_packet_store.h"
#include "wl_random.h"
/* Its instructions for lanes take a tenth of what a small graph takes the compiler. */
#if !defined WL_USES_TABLES || WL_USES_TABLES
#include "wl_table.h"
#endif

#endif
