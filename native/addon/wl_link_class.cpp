#include "wl_link_class.h"

#include "../vswitch/wl_port_spec.h"
#include "../vswitch/wl_vhost_link.h"
#include "../vswitch/wl_xdp_link.h"

namespace wl {

namespace {

class LinkClass final : public Napi::ObjectWrap<LinkClass> {
public:
  explicit LinkClass(const Napi::CallbackInfo &info) : Napi::ObjectWrap<LinkClass>(info) {
    PortSpec spec;
    Failure failure;
    if (info.Length() == 1 && info[0].IsString() && read_port(info[0].As<Napi::String>().Utf8Value(), spec, failure)) {
      if (spec.kind == PortSpec::Kind::xdp) link_ = XdpLink::open(spec.device, failure);
      else if (spec.kind == PortSpec::Kind::vhost_user) link_ = VhostLink::open(spec.place, failure);
    }
    if (link_ != nullptr) return;
    auto error = Napi::Error::New(info.Env(), failure.message);
    error.Set("code", Napi::String::New(info.Env(), failure.code));
    error.Set("hint", Napi::String::New(info.Env(), failure.hint));
    error.ThrowAsJavaScriptException();
  }

  Napi::Value receive(const Napi::CallbackInfo &info) {
    auto buffer = info[0].As<Napi::Uint8Array>();
    if (link_ == nullptr) return Napi::Number::New(info.Env(), 0);
    attend();
    FrameView frame{};
    uint32_t length = 0;
    if (link_->take(&frame, 1) == 1 && frame.length <= buffer.ElementLength()) {
      length = frame.length;
      memcpy(buffer.Data(), frame.data, length);
    }
    link_->release();
    return Napi::Number::New(info.Env(), length);
  }

  void send(const Napi::CallbackInfo &info) {
    const auto bytes = info[0].As<Napi::Uint8Array>();
    if (link_ == nullptr || !link_->takes()) return;
    Frame frame;
    if (frame.read({bytes.Data(), static_cast<uint32_t>(bytes.ElementLength())})) link_->send(frame);
    link_->flush();
  }

  void close(const Napi::CallbackInfo &) { link_.reset(); }

private:
  void attend() {
    if (link_->tended()) link_->hear();
    if (link_->fault() != nullptr) link_->recover();
  }

  std::unique_ptr<Link> link_;
};

} // namespace

Napi::Function define_link(Napi::Env env) {
  return Napi::ObjectWrap<LinkClass>::DefineClass(env, "Link", {
    Napi::InstanceWrap<LinkClass>::InstanceMethod("receive", &LinkClass::receive),
    Napi::InstanceWrap<LinkClass>::InstanceMethod("send", &LinkClass::send),
    Napi::InstanceWrap<LinkClass>::InstanceMethod("close", &LinkClass::close),
  });
}

} // namespace wl
