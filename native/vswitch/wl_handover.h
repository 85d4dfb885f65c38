// What a VMM tells a switch about an interface whose rings the switch is to tend, over a stream socket. With the
// message come three descriptors (SCM_RIGHTS): the memory, the bell that wakes the guest, the bell that a guest's kick
// rings. The connection stays open as long as the rings may be used.
#ifndef WL_HANDOVER_H
#define WL_HANDOVER_H

#include "../abi/wirelet_abi.h"

namespace wl {

constexpr uint64_t kHandoverMagic = 0x524556444e414857u; // "WHANDVER"
constexpr uint32_t kHandoverVersion = 1;
constexpr int kHandoverFiles = 3;

struct Handover {
  uint64_t magic;
  uint32_t version;
  uint32_t receives; // 1: the graph takes frames from the interface
  uint64_t base;     // guest-physical address of the file's first byte
  uint64_t bytes;    // of the file
  uint64_t features; // of virtio, agreed on
  uint64_t flags;    // kHandoverBare, kHandoverPolls
  wl_ring_info receive;
  wl_ring_info transmit;
};
static_assert(sizeof(Handover) == 112);

constexpr uint64_t kHandoverBare = 1;  // the rings are used as WL_BARE_FRAMES says
constexpr uint64_t kHandoverPolls = 2; // the guest never sleeps, and wants its rings watched all the time

} // namespace wl

#endif
