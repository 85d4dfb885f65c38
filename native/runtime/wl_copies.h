/* What a copy of an appliance on several processors has to know of the others: which flows are theirs. */
#ifndef WL_COPIES_H
#define WL_COPIES_H

#include "../abi/wl_deal.h"
#include "wl_control.h"

/* Whether frames with these two ports come to this copy, where they are dealt out by their ports alone. */
WL_OUTLINE uint32_t wl_ours(uint32_t a, uint32_t b) {
  const struct wl_control *control = &wl_shared.control;
  return control->cores <= 1 || wl_deal_choose(wl_deal_ports(control->seed, a, b), control->cores) == control->core;
}

#endif
