/*
 * A virtio interface with both sides on one core: the driver of the images' runtime (wl_crossing_driver.c), or one
 * written by hand (bench/reference/virtio-crossing.c), and who plays its device (wl_crossing_bench.cpp).
 */
#ifndef WL_CROSSING_H
#define WL_CROSSING_H

#include "../../native/abi/wirelet_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WL_CROSSING_FRAME_BYTES 60 /* 64 with the check sequence */
#define WL_CROSSING_BATCH 32
#define WL_CROSSING_RING 256

/* Sets the rings up for these features of virtio (bits as in the ABI), with bare frames or not; where they are. */
const struct wl_image_info *wl_crossing_begin(uint64_t features, int bare);
/* A round of the driver: sends back what came in. Frames that it sent. */
uint32_t wl_crossing_round(void);

#ifdef __cplusplus
}
#endif

#endif
