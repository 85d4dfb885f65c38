/* The driver of images, for tests that play its device. */
#ifndef WL_TEST_DRIVER_H
#define WL_TEST_DRIVER_H

#include "../../native/abi/wirelet_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Begins anew, with these features of virtio; where the rings are. */
const struct wl_image_info *wl_test_driver_begin(uint64_t features, int bare);
/* A round of the main loop, in which all comes back that the device has used. */
void wl_test_driver_round(void);
/* Whether each slot of the pool is in exactly one place: free, or with the device. */
int wl_test_driver_slots_are_one_each(void);

#ifdef __cplusplus
}
#endif

#endif
