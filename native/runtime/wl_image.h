/* What an image says about itself; see wirelet_abi.h. The including file gives the addresses. */
#ifndef WL_IMAGE_H
#define WL_IMAGE_H

#include "wl_virtqueue.h"

#define WL_IMAGE_FEATURES \
  (UINT64_C(1) << WL_VIRTIO_F_VERSION_1 | UINT64_C(1) << WL_VIRTIO_NET_F_MRG_RXBUF | UINT64_C(1) << WL_VIRTIO_F_IN_ORDER)

/* A ring's addresses as constants: pointers, which the linker fills in. */
#define WL_RING_INFO(ring) \
  { (uint64_t)(ring).descriptors, (uint64_t)&(ring).available, (uint64_t)&(ring).used, WL_RING_SIZE, 0 }
#define WL_INTERFACE_INFO(number, text, receiving, m0, m1, m2, m3, m4, m5) \
  {text, {m0, m1, m2, m3, m4, m5}, receiving, WL_IMAGE_FEATURES, WL_RING_INFO(wl_receive_rings[number]), WL_RING_INFO(wl_transmit_rings[number])},

#endif
