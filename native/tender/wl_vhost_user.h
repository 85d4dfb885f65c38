// The back-end's side of a vhost-user connection that belongs to one interface of an appliance (QEMU documentation,
// "Vhost-user Protocol"). The front-end only passes on what the guest's driver set up; frames never pass through
// here. Because the image says where its rings are, all this side does with the rings' addresses is to see that the
// front-end means the same ones.
#ifndef WL_VHOST_USER_H
#define WL_VHOST_USER_H

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "../abi/wirelet_abi.h"
#include "../vswitch/wl_vhost_channel.h"
#include "wl_descriptor.h"
#include "wl_failure.h"

namespace wl {

class VhostUser {
public:
  static constexpr uint32_t kQueues = 2;     // receive, transmit

  VhostUser(const wl_interface_info &interface) : interface_(interface) {}

  // A socket in the abstract namespace (man 7 unix), under a name that the kernel picks. Fails with WL5018.
  bool listen(Failure &failure);
  const std::string &name() const { return name_; }

  // What poll() shall wait for: the listening socket, then the connection; -1 when there is nothing any more.
  int waits_for() const { return channel_.is_open() ? channel_.get() : listener_.get(); }
  int kick(uint32_t queue) const { return queues_[queue].kick.get(); }

  // waits_for() has something: takes it. `peer` is the process that may connect. Fails with WL5018: the connection is
  // of no use any more.
  bool take(int peer, Failure &failure);

  // Both queues are where the image has them, and the guest's driver may use them. Any thread may ask.
  bool ready() const { return ready_.load(std::memory_order_acquire); }
  // Features of virtio that the guest's driver uses, of those the image understands. Once it is ready; any thread may ask.
  uint64_t features() const { return features_.load(std::memory_order_acquire); }

private:
  struct Queue {
    uint32_t size = 0;
    bool placed = false, enabled = false;
    Descriptor kick;
  };

  uint64_t offered() const;
  bool accept(int peer, Failure &failure);
  bool handle(VhostMessage &message, Failure &failure);
  bool handle_queue(VhostMessage &message, Failure &failure);
  bool set_memory(const VhostMessage &message, Failure &failure);
  bool set_addresses(const VhostMessage &message, Failure &failure);
  bool answer(uint64_t value, Failure &failure);
  bool guest_address(uint64_t user, uint64_t *guest) const;

  const wl_interface_info &interface_;
  std::string name_;
  Descriptor listener_;
  VhostChannel channel_;
  std::vector<VhostRegion> regions_;
  std::array<Queue, kQueues> queues_;
  std::atomic<bool> ready_{false};
  std::atomic<uint64_t> features_{0};
};

} // namespace wl

#endif
