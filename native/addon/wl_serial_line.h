// Lines to the serial ports of virtual machines, for src/run/control/serial-line.ts: sockets and terminals, waited for by whoever asks.
#ifndef WL_SERIAL_LINE_H
#define WL_SERIAL_LINE_H

#include <napi.h>

namespace wl {

// openSerialLine(path, isSocket) or openSerialLine(host, port) -> descriptor; throws what the system says
Napi::Value open_serial_line(const Napi::CallbackInfo &info);
// sendSerial(descriptor, bytes, milliseconds) -> whether all of them are on their way
Napi::Value send_serial(const Napi::CallbackInfo &info);
// receiveSerial(descriptor, milliseconds) -> what came, empty if nothing did; undefined: the line is gone
Napi::Value receive_serial(const Napi::CallbackInfo &info);

} // namespace wl

#endif
