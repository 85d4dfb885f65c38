#include "wl_vhost_link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include "wl_vhost_back_end.h"
#include "wl_vhost_front_end.h"

namespace wl {

namespace {

constexpr long kRetryNs = 250000000; // between attempts to connect
constexpr uint32_t kMessagesAtOnce = 64;

bool reach(const std::string &path, Descriptor &connection) {
  connection.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return ::connect(connection.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
}

} // namespace

std::unique_ptr<VhostLink> VhostLink::open(const VhostPlace &place, Failure &failure) {
  std::unique_ptr<VhostLink> link;
  if (place.front_end) link = VhostFrontEnd::create(failure);
  else link = std::make_unique<VhostBackEnd>();
  if (link == nullptr) return nullptr;
  LentMemory::guard();
  link->place_ = place;
  link->control_.reset(epoll_create1(EPOLL_CLOEXEC));
  link->kicks_.reset(epoll_create1(EPOLL_CLOEXEC));
  if (!link->control_.open() || !link->kicks_.open()) {
    failure.set("WL4034", "no descriptors for " + place.path + ": " + reason(errno));
    return nullptr;
  }
  if (place.listens) return link->listen(failure) ? std::move(link) : nullptr;
  link->timer_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  link->attend(link->timer_.get());
  link->connect();
  return link;
}

VhostLink::~VhostLink() {
  if (listener_.open()) unlink(place_.path.c_str());
}

bool VhostLink::listen(Failure &failure) {
  const auto failed = [&](const std::string &why, const char *hint) { return failure.set("WL4034", "no vhost-user socket at " + place_.path + ": " + why, hint); };
  Descriptor other;
  if (reach(place_.path, other)) return failed("another program listens there", "End that one, or choose another path; without `server` Wirelet connects.");
  // A socket that nobody listens at is what is left of somebody.
  struct stat status;
  if (stat(place_.path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) unlink(place_.path.c_str());
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, place_.path.c_str(), place_.path.size() + 1);
  const mode_t before = umask(0077);
  const int bound = bind(listener.get(), reinterpret_cast<sockaddr *>(&address), sizeof address);
  umask(before);
  if (bound != 0 || ::listen(listener.get(), 4) != 0) return failed(reason(errno), "Choose a path in a folder that is there and yours.");
  listener_ = std::move(listener);
  return attend(listener_.get());
}

bool VhostLink::attend(int descriptor) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  return epoll_ctl(control_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

bool VhostLink::watch_kicks(int descriptor) const {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.fd = descriptor;
  return epoll_ctl(kicks_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

// The other side has it open as well: it would go on waking us.
void VhostLink::forget_kicks(int descriptor) const { epoll_ctl(kicks_.get(), EPOLL_CTL_DEL, descriptor, nullptr); }

void VhostLink::silence_kicks() const {
  epoll_event events[2 * kQueues];
  epoll_wait(kicks_.get(), events, 2 * kQueues, 0);
}

void VhostLink::hear() {
  epoll_event events[4];
  const int count = epoll_wait(control_.get(), events, 4, 0);
  for (int at = 0; at < count; at += 1) {
    const int descriptor = events[at].data.fd;
    if (descriptor == listener_.get()) accept();
    else if (descriptor == timer_.get()) connect();
    else if (channel_.is_open() && descriptor == channel_.get()) talk();
  }
}

void VhostLink::accept() {
  Descriptor connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  // One at a time: who comes second is sent away.
  if (connection.open() && !channel_.is_open()) join(std::move(connection));
}

void VhostLink::connect() {
  uint64_t count;
  [[maybe_unused]] const ssize_t got = read(timer_.get(), &count, sizeof count);
  Descriptor connection;
  if (channel_.is_open()) return;
  if (reach(place_.path, connection)) return join(std::move(connection));
  itimerspec later{};
  later.it_value.tv_nsec = kRetryNs;
  timerfd_settime(timer_.get(), 0, &later, nullptr);
}

void VhostLink::join(Descriptor connection) {
  channel_.open(std::move(connection));
  attend(channel_.get());
  meet();
}

void VhostLink::talk() {
  for (uint32_t messages = 0; messages < kMessagesAtOnce && channel_.is_open() && fault_.empty(); messages += 1) {
    switch (channel_.receive()) {
      case VhostChannel::Got::message: handle(channel_.message()); break;
      case VhostChannel::Got::nothing: return;
      case VhostChannel::Got::closed: return leave();
      case VhostChannel::Got::cut_off: return blame("its connection ended within a message");
      case VhostChannel::Got::foreign: return blame("it sent a message of another protocol");
    }
  }
}

void VhostLink::leave() {
  if (!channel_.is_open()) return;
  part();
  channel_.close();
  if (!timer_.open()) return;
  itimerspec later{};
  later.it_value.tv_nsec = kRetryNs;
  timerfd_settime(timer_.get(), 0, &later, nullptr);
}

bool VhostLink::recover() {
  leave();
  fault_.clear();
  return true;
}

bool VhostBell::create() {
  descriptor_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  return descriptor_.open();
}

bool VhostBell::take(Descriptor descriptor) {
  struct stat status;
  // Eventfds are of no file type; what might make a writer wait is.
  if (fstat(descriptor.get(), &status) != 0 || (status.st_mode & S_IFMT) != 0) return false;
  const int flags = fcntl(descriptor.get(), F_GETFL);
  if (flags < 0 || fcntl(descriptor.get(), F_SETFL, flags | O_NONBLOCK) != 0) return false;
  descriptor_ = std::move(descriptor);
  return true;
}

void VhostBell::ring() const {
  if (!descriptor_.open()) return;
  // The other side can take O_NONBLOCK away again.
  pollfd room{descriptor_.get(), POLLOUT, 0};
  if (poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(descriptor_.get(), &one, sizeof one);
}

} // namespace wl
