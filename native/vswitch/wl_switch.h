// The daemon that carries packets between virtual machines and devices, told what to do over a Unix socket: one
// command a line, answered by one JSON object a line.
#ifndef WL_SWITCH_H
#define WL_SWITCH_H

#include <csignal>
#include <map>

#include "../tender/wl_failure.h"
#include "wl_fabric.h"
#include "wl_ring_link.h"

namespace wl {

class Switch {
public:
  // Listens at `path`, for this user only. Fails with WL4230.
  bool listen(const std::string &path, Failure &failure);
  // Until a signal sets `stop`, or the command `quit`.
  bool serve(const volatile sig_atomic_t &stop, Failure &failure);

private:
  struct Client {
    Descriptor socket;
    std::string input, output; // what it has not taken yet
  };
  enum class Source : uint32_t { listener, client, frames, lifeline };

  // ---- events
  bool watch(Source source, uint32_t index, int descriptor);
  void take_events(int timeout_ms);
  void accept_client();
  void answer_client(uint32_t index, const std::string &text);
  void hear_client(uint32_t index);
  void hear_lifeline(uint32_t index, uint32_t events);
  // ---- ports
  bool tend_ports();
  bool rest(uint32_t index);
  void wake(uint32_t index);
  void await(uint32_t index);
  void wake_with_peer(uint32_t index);
  void check(uint32_t index, bool was_there);
  void stop(uint32_t index);
  void attach(uint32_t index, std::unique_ptr<Link> link, bool forget);
  // ---- commands (wl_switch_commands.cpp)
  std::string obey(const std::string &line);
  bool make_network(const std::vector<std::string> &words, Failure &failure);
  bool make_port(const std::vector<std::string> &words, const std::string &target, Failure &failure);
  bool remove_port(const std::vector<std::string> &words, Failure &failure);
  std::string figures() const;
  std::string stream(const std::string &port) const;
  // ---- another virtual machine at a port (wl_switch_replace.cpp)
  bool stand(const std::vector<std::string> &words, const std::string &target, Failure &failure);
  void hear_standing(uint32_t index, uint32_t events);
  bool find_ports(const std::vector<std::string> &words, std::vector<uint32_t> &found, Failure &failure) const;
  bool park(const std::vector<std::string> &words, Failure &failure);
  bool let_go(const std::vector<std::string> &words, bool turn, Failure &failure);
  std::string flight(const std::vector<std::string> &words);
  void tell(const std::string &line);

  Fabric fabric_;
  Descriptor listener_, events_;
  std::map<uint32_t, Client> clients_;
  uint32_t next_client_ = 0;
  // Rings that were asked for, by member; and those of a virtual machine that is to take another one's place.
  std::map<uint32_t, std::unique_ptr<RingLink>> awaited_, standing_;
  // Marks, in events, the member's ring that stands by.
  static constexpr uint32_t kStanding = 0x80000000;
  std::vector<uint32_t> active_;
  uint64_t now_ns_ = 0;
  bool quit_ = false;
};

} // namespace wl

#endif
