// The other end of native/abi/wl_channel_abi.h: a thread that reads and writes the guest's memory for whoever controls it.
#ifndef WL_CHANNEL_H
#define WL_CHANNEL_H

#include <pthread.h>
#include <vector>

#include "../abi/wl_channel_abi.h"
#include "wl_machine.h"

namespace wl {

class Channel {
public:
  // What there is of a processor of the guest.
  struct End {
    const GuestMemory &memory;
    wl_control *control;
    const Machine &machine;
    const Bells &bells;
  };
  // The descriptor stays the caller's. `held`: the guest begins held, and goes on after kHoldMsMax if nobody takes care of it.
  Channel(std::vector<End> ends, int descriptor, bool held)
      : ends_(std::move(ends)), descriptor_(descriptor), held_until_ns_(held ? clock_ns(CLOCK_MONOTONIC) + uint64_t{kHoldMsMax} * 1000000 : 0) {}
  // Lets a held guest go on, and ends the thread.
  ~Channel();
  // `confine`: the thread gives up all system calls that it does not need. Fails with WL5012.
  bool start(bool confine, Failure &failure);
  // Until the other side has closed, or so many nanoseconds are over.
  void linger(uint64_t nanoseconds) const;

private:
  static constexpr uint32_t kHoldMsMax = 10000;

  void serve();
  bool await_request();
  uint32_t answer(const wl_channel_request &request);
  uint32_t hold(uint32_t milliseconds);
  uint32_t release();
  uint32_t drop(const wl_channel_request &request);
  uint8_t *place(uint64_t offset, uint64_t bytes, const End **end) const;
  bool running() const;
  void ring() const;
  template <typename Done> bool await(Done done, uint64_t nanoseconds) const;
  bool receive(void *at, size_t bytes) const;
  bool send(const void *at, size_t bytes) const;

  const std::vector<End> ends_;
  const int descriptor_;
  uint64_t held_until_ns_; // CLOCK_MONOTONIC; 0: not held
  Bell quit_;
  pthread_t thread_{};
  bool started_ = false, confine_ = false;
  std::atomic<bool> left_{false};
  uint8_t bytes_[sizeof(wl_channel_reply) + WL_CHANNEL_BYTES_MAX];
};

} // namespace wl

#endif
