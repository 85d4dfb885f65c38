// The addon `wirelet.node`: runs appliances within the process, for src/run/native/run.ts; opens taps; carries control.
#include <algorithm>
#include <napi.h>

#include "wl_exchange.h"
#include "wl_link_class.h"
#include "wl_machine_native.h"
#include "wl_serial_line.h"
#include "wl_session.h"
#include "wl_spawn.h"
#include "wl_packet_socket.h"
#include "wl_raw_socket.h"
#include "wl_tap_port.h"

namespace {

// A run and its way into JavaScript. It lives until both the run has ended and JavaScript has let go of it.
class Appliance final : public Napi::ObjectWrap<Appliance> {
public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Appliance", {
      InstanceMethod("stop", &Appliance::stop),
      InstanceMethod("counters", &Appliance::counters),
      InstanceMethod("port", &Appliance::port),
    });
  }

  explicit Appliance(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Appliance>(info) {}

  // The thread is joined when the environment ends, also in the midst of a run.
  ~Appliance() override {
    if (session_ != nullptr) session_->stop();
    session_.reset();
  }

  void begin(Napi::Env env, wl::RunOptions options, Napi::Function report, Napi::Function ended) {
    Ref(); // until the run has ended
    ended_ = Napi::Persistent(ended);
    events_ = Napi::ThreadSafeFunction::New(env, report, "wirelet", 0, 1, static_cast<Appliance *>(this), [](Napi::Env env, void *, Appliance *self) { self->finish(env); }, static_cast<void *>(nullptr));
    session_ = std::make_unique<wl::Session>(std::move(options), [](void *self, const std::string &line) { static_cast<Appliance *>(self)->tell(line); }, this);
    session_->start([](void *self) { static_cast<Appliance *>(self)->events_.Release(); }, this);
  }

private:
  // On the session's thread.
  void tell(const std::string &line) {
    auto *const text = new std::string(line);
    const auto call = [](Napi::Env env, Napi::Function report, std::string *text) {
      if (static_cast<napi_env>(env) != nullptr) report.Call({Napi::String::New(env, *text)});
      delete text;
    };
    if (events_.BlockingCall(text, call) != napi_ok) delete text;
  }

  // All events are delivered, and none will come.
  void finish(Napi::Env env) {
    session_->join();
    const Napi::HandleScope scope(env);
    ended_.Call({});
    ended_.Reset();
    Unref();
  }

  Napi::Value stop(const Napi::CallbackInfo &info) {
    if (session_ != nullptr) session_->stop();
    return info.Env().Undefined();
  }

  Napi::Value counters(const Napi::CallbackInfo &info) {
    const std::vector<uint64_t> values = session_->counters();
    auto result = Napi::BigUint64Array::New(info.Env(), values.size());
    for (size_t index = 0; index < values.size(); index += 1) result[index] = values[index];
    return result;
  }

  Napi::Value port(const Napi::CallbackInfo &info) {
    const Napi::Env env = info.Env();
    const wl_interface_counters figures = session_->port(info.Length() > 0 && info[0].IsNumber() ? info[0].As<Napi::Number>().Uint32Value() : 0);
    auto result = Napi::Object::New(env);
    const auto set = [&](const char *name, uint64_t value) { result.Set(name, Napi::Number::New(env, static_cast<double>(value))); };
    set("rx_packets", figures.rx_packets);
    set("rx_bytes", figures.rx_bytes);
    set("tx_packets", figures.tx_packets);
    set("tx_bytes", figures.tx_bytes);
    set("drops", figures.rx_drops + figures.tx_drops);
    return result;
  }

  std::unique_ptr<wl::Session> session_;
  Napi::ThreadSafeFunction events_;
  Napi::FunctionReference ended_;
};

Napi::FunctionReference appliance_class;

Napi::Value fail(Napi::Env env, const std::string &message) {
  Napi::Error::New(env, message).ThrowAsJavaScriptException();
  return env.Undefined();
}

// run({library, ports, seed, clock, untilIdle, duration, noWait, control, beginHeld, cores, steerBy, shareAnswers, teach}, report, ended) -> Appliance
Napi::Value run(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsObject() || !info[1].IsFunction() || !info[2].IsFunction()) return fail(env, "run takes options and two functions");
  const auto given = info[0].As<Napi::Object>();
  const auto text = [&](const char *name) { return given.Get(name).ToString().Utf8Value(); };
  wl::RunOptions options;
  options.backend = wl::Backend::native;
  options.load_native = wl::load_native_machine;
  options.confine = false;
  options.image = text("library");
  options.seed = given.Get("seed").ToNumber().Uint32Value();
  options.cores = std::max(1u, given.Get("cores").ToNumber().Uint32Value()); // a number that is not given is none: 0
  options.steer_by = wl::Steering::by(text("steerBy"));
  options.steer_answers = given.Get("shareAnswers").ToBoolean();
  options.steer_teaches = given.Get("teach").ToBoolean();
  options.clock = text("clock") == "real" ? wl::ClockChoice::real : wl::ClockChoice::captures;
  options.until_idle = given.Get("untilIdle").ToBoolean();
  options.no_wait = given.Get("noWait").ToBoolean();
  options.exec_ns = wl::clock_ns(CLOCK_MONOTONIC);
  options.begin_held = given.Get("beginHeld").ToBoolean();
  if (given.Get("control").IsNumber()) options.control_file = given.Get("control").As<Napi::Number>().Int32Value();
  if (given.Get("duration").IsBigInt()) {
    bool lossless = false;
    options.duration_ns = given.Get("duration").As<Napi::BigInt>().Uint64Value(&lossless);
  }
  if (given.Get("ports").IsArray()) {
    const auto ports = given.Get("ports").As<Napi::Array>();
    for (uint32_t index = 0; index < ports.Length(); index += 1) {
      wl::Failure failure;
      wl::PortSpec spec;
      if (!wl::read_port(ports.Get(index).ToString().Utf8Value(), spec, failure)) return fail(env, failure.code + " " + failure.message);
      options.ports.push_back(spec);
    }
  }
  if (env.IsExceptionPending()) return env.Undefined();
  const Napi::Object appliance = appliance_class.New({});
  Appliance::Unwrap(appliance)->begin(env, std::move(options), info[1].As<Napi::Function>(), info[2].As<Napi::Function>());
  return appliance;
}

using Open = bool(const std::string &device, wl::Descriptor &, wl::Failure &);

// openTap(device), openPacketSocket(device) -> a descriptor that does not block
template <Open *open> Napi::Value open_device(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  wl::Failure failure;
  wl::Descriptor device;
  if (info.Length() < 1 || !info[0].IsString()) return fail(env, "a device is opened by its name");
  if (!open(info[0].As<Napi::String>().Utf8Value(), device, failure)) {
    auto error = Napi::Error::New(env, failure.message);
    error.Set("code", Napi::String::New(env, failure.code));
    error.Set("hint", Napi::String::New(env, failure.hint));
    error.ThrowAsJavaScriptException();
    return env.Undefined();
  }
  return Napi::Number::New(env, device.release());
}

// isUp(descriptor of a tap) or isUp(descriptor of a packet socket, device) -> whether the device is set up and leads somewhere
Napi::Value is_up(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsNumber()) return fail(env, "isUp takes a descriptor");
  const int descriptor = info[0].As<Napi::Number>().Int32Value();
  const bool up = info.Length() > 1 && info[1].IsString() ? wl::interface_is_up(descriptor, info[1].As<Napi::String>().Utf8Value()) : wl::tap_is_up(descriptor);
  return Napi::Boolean::New(env, up);
}

// receiveFrame(descriptor of a packet socket, buffer) -> the part of the buffer that holds the next frame, or undefined
Napi::Value receive_frame(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsNumber() || !info[1].IsTypedArray()) return fail(env, "receiveFrame takes a descriptor and a buffer");
  auto buffer = info[1].As<Napi::Uint8Array>();
  if (buffer.ElementLength() <= wl::kRestoredBytes) return fail(env, "receiveFrame takes a longer buffer");
  const wl::ReceivedFrame frame = wl::receive_frame(info[0].As<Napi::Number>().Int32Value(), buffer.Data(), static_cast<uint32_t>(buffer.ElementLength()));
  if (frame.length == 0 || frame.data + frame.length > buffer.Data() + buffer.ElementLength()) return env.Undefined();
  return Napi::Uint8Array::New(env, frame.length, buffer.ArrayBuffer(), buffer.ByteOffset() + static_cast<size_t>(frame.data - buffer.Data()));
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  appliance_class = Napi::Persistent(Appliance::define(env));
  appliance_class.SuppressDestruct();
  exports.Set("Link", wl::define_link(env));
  exports.Set("run", Napi::Function::New(env, run));
  exports.Set("socketPair", Napi::Function::New(env, wl::socket_pair));
  exports.Set("exchange", Napi::Function::New(env, wl::exchange));
  exports.Set("openSerialLine", Napi::Function::New(env, wl::open_serial_line));
  exports.Set("sendSerial", Napi::Function::New(env, wl::send_serial));
  exports.Set("receiveSerial", Napi::Function::New(env, wl::receive_serial));
  exports.Set("spawn", Napi::Function::New(env, wl::spawn));
  exports.Set("reap", Napi::Function::New(env, wl::reap));
  exports.Set("openTap", Napi::Function::New(env, open_device<wl::open_tap>));
  exports.Set("openPacketSocket", Napi::Function::New(env, open_device<wl::open_packet_socket>));
  exports.Set("openRawSocket", Napi::Function::New(env, wl::open_raw_socket));
  exports.Set("sendRaw", Napi::Function::New(env, wl::send_raw));
  exports.Set("isUp", Napi::Function::New(env, is_up));
  exports.Set("receiveFrame", Napi::Function::New(env, receive_frame));
  return exports;
}

} // namespace

NODE_API_MODULE(wirelet, initialize)
