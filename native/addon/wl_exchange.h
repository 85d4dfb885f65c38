// Control channels of appliances, for src/run/control/channel.ts: native/abi/wl_channel_abi.h.
#ifndef WL_EXCHANGE_H
#define WL_EXCHANGE_H

#include <napi.h>

namespace wl {

// socketPair() -> two descriptors: one for the host of an appliance, one for who controls it
Napi::Value socket_pair(const Napi::CallbackInfo &info);
// exchange(descriptor, request, milliseconds) -> the whole reply, or undefined: nobody answers (any more)
Napi::Value exchange(const Napi::CallbackInfo &info);

} // namespace wl

#endif
