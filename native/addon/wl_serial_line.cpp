#include "wl_serial_line.h"

#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "../tender/wl_descriptor.h"
#include "../tender/wl_failure.h"
#include "wl_tsc.h"

namespace wl {

namespace {

constexpr timeval kConnectTime{5, 0};
constexpr size_t kBytesAtOnce = 0x4000;

Napi::Value fail(Napi::Env env, int number, const std::string &text) {
  auto error = Napi::Error::New(env, text);
  error.Set("code", Napi::String::New(env, strerrorname_np(number) == nullptr ? "EIO" : strerrorname_np(number)));
  error.ThrowAsJavaScriptException();
  return env.Undefined();
}

// 0, or what went wrong. A connection that is not answered ends when its time is over.
int connect_to(Descriptor &line, const sockaddr *address, socklen_t bytes) {
  line.reset(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!line.open() || setsockopt(line.get(), SOL_SOCKET, SO_SNDTIMEO, &kConnectTime, sizeof kConnectTime) != 0) return errno;
  if (::connect(line.get(), address, bytes) != 0) return errno == EAGAIN || errno == EINPROGRESS ? ETIMEDOUT : errno;
  return 0;
}

int connect_to_path(Descriptor &line, const std::string &path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  memcpy(address.sun_path, path.data(), path.size());
  return connect_to(line, reinterpret_cast<const sockaddr *>(&address), sizeof address);
}

int connect_to_host(Descriptor &line, const std::string &host, const std::string &port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return EHOSTUNREACH;
  int error = EHOSTUNREACH;
  for (const addrinfo *each = found; each != nullptr && error != 0; each = each->ai_next) error = connect_to(line, each->ai_addr, each->ai_addrlen);
  freeaddrinfo(found);
  const int yes = 1;
  if (error == 0) setsockopt(line.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return error;
}

// A terminal that changes no byte, and that is nobody's controlling one.
int open_terminal(Descriptor &line, const std::string &path) {
  line.reset(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  termios settings;
  if (!line.open() || tcgetattr(line.get(), &settings) != 0) return errno;
  cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL;
  return tcsetattr(line.get(), TCSANOW, &settings) == 0 ? 0 : errno;
}

bool await(int descriptor, short events, uint64_t until_ns) {
  const uint64_t now = clock_ns(CLOCK_MONOTONIC);
  if (now >= until_ns) return false;
  pollfd file{descriptor, events, 0};
  const int ready = poll(&file, 1, static_cast<int>((until_ns - now) / 1000000 + 1));
  return ready > 0 || (ready < 0 && errno == EINTR);
}

uint64_t deadline(const Napi::Value &milliseconds) { return clock_ns(CLOCK_MONOTONIC) + static_cast<uint64_t>(milliseconds.ToNumber().Int64Value()) * 1000000; }

} // namespace

Napi::Value open_serial_line(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsString() || !(info[1].IsBoolean() || info[1].IsNumber())) return fail(env, EINVAL, "openSerialLine takes a path and whether it is a socket, or a host and a port");
  const std::string where = info[0].As<Napi::String>().Utf8Value();
  Descriptor line;
  int error;
  if (info[1].IsNumber()) error = connect_to_host(line, where, std::to_string(info[1].As<Napi::Number>().Uint32Value()));
  else error = info[1].As<Napi::Boolean>().Value() ? connect_to_path(line, where) : open_terminal(line, where);
  if (error != 0) return fail(env, error, reason(error));
  if (fcntl(line.get(), F_SETFL, fcntl(line.get(), F_GETFL) | O_NONBLOCK) != 0) return fail(env, errno, reason(errno));
  return Napi::Number::New(env, line.release());
}

Napi::Value send_serial(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsNumber() || !info[1].IsTypedArray()) return fail(env, EINVAL, "sendSerial takes a descriptor, bytes and milliseconds");
  const int descriptor = info[0].As<Napi::Number>().Int32Value();
  const auto bytes = info[1].As<Napi::Uint8Array>();
  const uint64_t until_ns = deadline(info[2]);
  for (size_t at = 0; at < bytes.ByteLength();) {
    // A socket whose other end is gone shall be an error, and no signal; a terminal is no socket.
    ssize_t sent = ::send(descriptor, bytes.Data() + at, bytes.ByteLength() - at, MSG_NOSIGNAL);
    if (sent < 0 && errno == ENOTSOCK) sent = ::write(descriptor, bytes.Data() + at, bytes.ByteLength() - at);
    if (sent > 0) at += static_cast<size_t>(sent);
    else if (sent == 0 || (errno != EINTR && errno != EAGAIN) || !await(descriptor, POLLOUT, until_ns)) return Napi::Boolean::New(env, false);
  }
  return Napi::Boolean::New(env, true);
}

Napi::Value receive_serial(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsNumber()) return fail(env, EINVAL, "receiveSerial takes a descriptor and milliseconds");
  const int descriptor = info[0].As<Napi::Number>().Int32Value();
  const uint64_t until_ns = deadline(info[1]);
  uint8_t bytes[kBytesAtOnce];
  for (;;) {
    const ssize_t got = ::read(descriptor, bytes, sizeof bytes);
    if (got > 0) return Napi::Buffer<uint8_t>::Copy(env, bytes, static_cast<size_t>(got));
    if (got == 0 || (errno != EINTR && errno != EAGAIN)) return env.Undefined();
    if (!await(descriptor, POLLIN, until_ns)) return Napi::Buffer<uint8_t>::New(env, 0);
  }
}

} // namespace wl
