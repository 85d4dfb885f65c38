#include "wl_exchange.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../abi/wl_channel_abi.h"
#include "wl_tsc.h"

namespace wl {

namespace {

// A descriptor that shall carry bytes until a time of CLOCK_MONOTONIC.
struct Exchange {
  int descriptor;
  uint64_t until_ns;

  bool await(short events) const {
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (now >= until_ns) return false;
    pollfd file{descriptor, events, 0};
    const int ready = poll(&file, 1, static_cast<int>((until_ns - now) / 1000000 + 1));
    return ready > 0 || (ready < 0 && errno == EINTR);
  }
  // Moves all of the bytes, by calls of `move` that each may move some of them.
  template <typename Move> bool all(uint8_t *at, size_t bytes, short events, Move move) const {
    while (bytes > 0) {
      const ssize_t moved = move(at, bytes);
      if (moved > 0) {
        at += moved;
        bytes -= static_cast<size_t>(moved);
      } else if (moved == 0 || (errno != EINTR && errno != EAGAIN) || !await(events)) {
        return false;
      }
    }
    return true;
  }
  bool send(uint8_t *at, size_t bytes) const {
    return all(at, bytes, POLLOUT, [this](uint8_t *from, size_t count) { return ::send(descriptor, from, count, MSG_NOSIGNAL | MSG_DONTWAIT); });
  }
  bool receive(uint8_t *at, size_t bytes) const {
    return all(at, bytes, POLLIN, [this](uint8_t *to, size_t count) { return recv(descriptor, to, count, MSG_DONTWAIT); });
  }
};

} // namespace

Napi::Value socket_pair(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    const int number = errno;
    auto error = Napi::Error::New(env, std::string("no socket for the control channel: ") + strerror(number));
    error.Set("code", Napi::String::New(env, strerrorname_np(number)));
    error.ThrowAsJavaScriptException();
    return env.Undefined();
  }
  auto result = Napi::Array::New(env, 2);
  for (uint32_t index = 0; index < 2; index += 1) result[index] = Napi::Number::New(env, ends[index]);
  return result;
}

Napi::Value exchange(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsNumber() || !info[1].IsBuffer() || !info[2].IsNumber()) {
    Napi::Error::New(env, "exchange takes a descriptor, a request and milliseconds").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const auto request = info[1].As<Napi::Buffer<uint8_t>>();
  const uint64_t milliseconds = info[2].As<Napi::Number>().Uint32Value();
  const Exchange socket{info[0].As<Napi::Number>().Int32Value(), clock_ns(CLOCK_MONOTONIC) + milliseconds * 1000000};
  wl_channel_reply reply;
  if (!socket.send(request.Data(), request.Length()) || !socket.receive(reinterpret_cast<uint8_t *>(&reply), sizeof reply)) return env.Undefined();
  if (reply.length > WL_CHANNEL_BYTES_MAX) return env.Undefined();
  const auto result = Napi::Buffer<uint8_t>::New(env, sizeof reply + reply.length);
  memcpy(result.Data(), &reply, sizeof reply);
  if (!socket.receive(result.Data() + sizeof reply, reply.length)) return env.Undefined();
  return result;
}

} // namespace wl
