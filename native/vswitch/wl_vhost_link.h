// A port whose other side is a process that speaks vhost-user: its socket, and what both roles have in common. Its other
// side may come, go and come again.
#ifndef WL_VHOST_LINK_H
#define WL_VHOST_LINK_H

#include <memory>
#include <string>

#include "../tender/wl_failure.h"
#include "wl_link.h"
#include "wl_vhost_channel.h"
#include "wl_vhost_place.h"

namespace wl {

constexpr uint64_t kVhostModern = uint64_t{1} << WL_VIRTIO_F_VERSION_1;
constexpr uint32_t kVhostOldHeaderBytes = 10; // of virtio before 1.0, without MRG_RXBUF

class VhostLink : public Link {
public:
  static constexpr uint32_t kQueues = 2; // what the driver receives, what it transmits

  // Listens, or begins to connect: that the other side is not there yet is no failure. Fails with WL4034.
  static std::unique_ptr<VhostLink> open(const VhostPlace &place, Failure &failure);
  ~VhostLink() override;

  int descriptor() const override { return kicks_.get(); }
  int lifeline() const override { return control_.get(); }
  bool tended() const override { return true; }
  void hear() override;
  bool takes() const override { return there(); }
  const char *fault() const override { return fault_.empty() ? nullptr : fault_.c_str(); }
  bool recover() override;

protected:
  static constexpr uint64_t kMalformedMax = 4096; // buffers of one connection

  // The other side has connected; a message of it; it is gone. What is wrong goes to blame().
  virtual void meet() {}
  virtual void handle(VhostMessage &message) = 0;
  virtual void part() = 0;

  void blame(std::string why) {
    if (fault_.empty()) fault_ = std::move(why);
  }
  VhostChannel &channel() { return channel_; }
  // From now on the descriptor wakes us; false: it cannot.
  bool watch_kicks(int descriptor) const;
  void forget_kicks(int descriptor) const;
  void silence_kicks() const;

private:
  bool listen(Failure &failure);
  void connect();
  void accept();
  void talk();
  void leave();
  void join(Descriptor connection);
  bool attend(int descriptor) const;

  VhostPlace place_;
  Descriptor control_, kicks_, listener_, timer_;
  VhostChannel channel_;
  std::string fault_;
};

// An eventfd of the other side, which it may have filled: ringing it never waits.
class VhostBell {
public:
  // A new one, for the other side.
  bool create();
  int get() const { return descriptor_.get(); }
  // False: it is something else.
  bool take(Descriptor descriptor);
  void drop() { descriptor_.reset(); }
  void ring() const;

private:
  Descriptor descriptor_;
};

} // namespace wl

#endif
