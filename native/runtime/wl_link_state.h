/* Where interfaces lead: what elements may ask about their links (virtio 1.2, 5.1.4). */
#ifndef WL_LINK_STATE_H
#define WL_LINK_STATE_H

#include "wl_control.h"
#include "wl_graph.h"

/* Rings there must be, even of an appliance without interfaces. */
#define WL_RINGS (WL_INTERFACE_COUNT ? WL_INTERFACE_COUNT : 1)

/* The field `status` of another VMM's device that has one (VIRTIO_NET_F_STATUS); NULL: the control block alone says it. */
static const volatile uint16_t *wl_device_status[WL_RINGS];

/*
 * Whether the interface leads somewhere, 1 or 0, as far as the host knows. Only elements that ask pay for it: where a device
 * has to be read, that is an exit. A field of two bytes is read whole, whatever the configuration's generation (virtio 1.2, 2.5.1).
 */
WL_OUTLINE uint32_t wl_link_up(uint32_t interface) {
  if (interface >= WL_INTERFACE_COUNT) return 0;
  if (WL_LOAD_RELAXED(&wl_shared.control.links_down) >> interface & 1) return 0;
  return wl_device_status[interface] == NULL || (*wl_device_status[interface] & WL_VIRTIO_NET_S_LINK_UP) != 0;
}

#endif
