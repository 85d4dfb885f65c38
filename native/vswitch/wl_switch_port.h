// An interface whose rings a switch tends: another process, which is given memory and bells when it asks for them.
#ifndef WL_SWITCH_PORT_H
#define WL_SWITCH_PORT_H

#include <string>

#include "../tender/wl_bell.h"
#include "wl_handover.h"
#include "wl_port.h"

namespace wl {

class SwitchPort final : public Port {
public:
  // `control` is set before the first receive().
  // `polls`: the guest never sleeps, and wants its rings watched all the time.
  // Listens at `path` for a switch of the same user; the file stays for whoever chose it to remove. Fails with WL4033.
  static std::unique_ptr<SwitchPort> listen(const std::string &path, const wl_interface_info &interface, const wl_control &control, const GuestMemory &memory, const Bell &guest, bool polls, Failure &failure);

  // Rung by kicks of the guest.
  const Bell &bell() const { return bell_; }

  // Gives the rings to a switch that has come. One that comes later takes the place of an earlier one.
  uint32_t receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) override;
  void transmit(SentFrames &, uint64_t, PortFigures &) override {}
  Source source() const override { return Source::world; }
  int descriptor() const override { return listener_.get(); }
  bool outside() const override { return true; }

private:
  SwitchPort(Descriptor listener, const Handover &handover, const wl_control &control, int memory, int guest)
      : listener_(std::move(listener)), handover_(handover), control_(control), memory_(memory), guest_(guest) {}
  bool give(int connection) const;

  Descriptor listener_, connection_;
  Bell bell_;
  const Handover handover_; // but for what is agreed on later
  const wl_control &control_;
  const int memory_, guest_;
  const uid_t user_ = geteuid();
};

} // namespace wl

#endif
