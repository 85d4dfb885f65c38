// What runs an image: a VM, a confined process, or a thread. All of them look the same from here.
#ifndef WL_MACHINE_INTERFACE_H
#define WL_MACHINE_INTERFACE_H

#include <array>
#include <atomic>

#include "wl_bell.h"
#include "wl_guest_memory.h"
#include "wl_observer.h"
#include "wl_tsc.h"

namespace wl {

// How a guest ended.
enum class Ended {
  running,
  exited,   // out to WL_PORT_EXIT
  panicked, // a fault: the panic record of the control block is filled in
  broken,   // the machine itself failed; see failure()
};

// Bells between the guest and the thread that tends its ports.
struct Bells {
  Bell guest;  // wakes a guest that sleeps at WL_PORT_WAIT
  Bell driver; // wakes the driver: a kick, the guest's end, a request to stop
  // By interface: what is rung instead of `driver` where a switch tends the rings. Set before the guest starts.
  std::array<const Bell *, WL_INTERFACES_MAX> outside{};

  void kick(uint8_t interface) const {
    const Bell *const bell = interface < outside.size() ? outside[interface] : nullptr;
    (bell != nullptr ? *bell : driver).ring();
  }
};

class Machine {
public:
  virtual ~Machine() = default;
  // Ticks of the TSC a second if the machine knows; 0 if it does not.
  virtual uint64_t tsc_hz() const { return 0; }
  // What the guest's TSC reads more than the host's.
  virtual uint64_t tsc_offset() const { return 0; }
  // Whether it loads the image and wants the control block after its start instead of before.
  virtual bool boots_itself() const { return false; }
  // What the guest's driver of an interface agreed to, if it boots itself and has started: features of virtio, of those
  // that the image understands.
  virtual uint64_t agreed_features(uint32_t) const { return 0; }
  // Private memory of other processes that it keeps, in bytes.
  virtual uint64_t private_bytes() const { return 0; }
  // Loads nothing, unless it boots itself: memory holds the image, and the control block is set. Returns once the guest runs.
  virtual bool start(Failure &failure) = 0;
  // Ends the guest wherever it is; it was asked to stop before. Safe when it has ended already.
  virtual void kill() = 0;
  // Waits for the guest's end.
  virtual void join() = 0;

  // Any thread may ask. Not `running` only after all the guest wrote can be read.
  Ended ended() const { return ended_.load(std::memory_order_acquire); }
  // What the machine knows of them, after the guest's end.
  const Registers &registers() const { return registers_; }
  // Why it is broken.
  const Failure &failure() const { return failure_; }

protected:
  std::atomic<Ended> ended_{Ended::running};
  Failure failure_;
  Registers registers_;
};

} // namespace wl

#endif
