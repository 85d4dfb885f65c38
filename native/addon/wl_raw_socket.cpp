#include "wl_raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "../tender/wl_descriptor.h"
#include "../tender/wl_failure.h"

namespace wl {

namespace {

constexpr size_t kIpv4Bytes = 20, kDestinationOffset = 16;

Napi::Value fail(Napi::Env env, const std::string &call) {
  Napi::Error::New(env, call + ": " + reason(errno)).ThrowAsJavaScriptException();
  return env.Undefined();
}

} // namespace

Napi::Value open_raw_socket(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsNumber() || !info[1].IsNumber()) {
    Napi::TypeError::New(env, "openRawSocket takes a protocol and a port").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const int protocol = info[0].As<Napi::Number>().Int32Value();
  const auto port = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
  Descriptor raw(::socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  if (!raw.open()) return fail(env, "socket");
  const int yes = 1;
  if (setsockopt(raw.get(), IPPROTO_IP, IP_HDRINCL, &yes, sizeof yes) != 0) return fail(env, "IP_HDRINCL");
  if (setsockopt(raw.get(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) != 0) return fail(env, "SO_BROADCAST");
  Descriptor holder;
  if (port != 0 && (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP)) {
    holder.reset(::socket(AF_INET, (protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, protocol));
    if (!holder.open()) return fail(env, "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (bind(holder.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) return fail(env, "bind");
  }
  auto descriptors = Napi::Array::New(env, 2);
  // Nothing fails from here on: they are the caller's.
  descriptors[0u] = Napi::Number::New(env, raw.release());
  descriptors[1u] = Napi::Number::New(env, holder.release());
  return descriptors;
}

Napi::Value send_raw(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsNumber() || !info[1].IsTypedArray() || info[1].As<Napi::TypedArray>().ByteLength() < kIpv4Bytes) {
    Napi::TypeError::New(env, "sendRaw takes a descriptor and an IPv4 packet").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const auto packet = info[1].As<Napi::Uint8Array>();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  memcpy(&to.sin_addr, packet.Data() + kDestinationOffset, sizeof to.sin_addr);
  ssize_t sent;
  do {
    sent = sendto(info[0].As<Napi::Number>().Int32Value(), packet.Data(), packet.ByteLength(), 0, reinterpret_cast<const sockaddr *>(&to), sizeof to);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) return Napi::Boolean::New(env, false);
  if (sent < 0) return fail(env, "sendto");
  return Napi::Boolean::New(env, true);
}

} // namespace wl
