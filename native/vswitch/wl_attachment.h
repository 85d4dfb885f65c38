// An interface of the appliance and what it is plugged into.
#ifndef WL_ATTACHMENT_H
#define WL_ATTACHMENT_H

#include <memory>
#include <vector>

#include "wl_capture_reader.h"
#include "wl_capture_writer.h"
#include "wl_port.h"
#include "wl_port_spec.h"
#include "wl_spreader.h"

namespace wl {

struct Attachment {
  PortSpec spec;
  bool receives = false; // the graph takes frames from the interface
  // A pair of queues for each processor.
  std::vector<ReceiveQueue> receive;
  std::vector<TransmitQueue> transmit;
  PortFigures figures;
  // Captures of a pcap port; the stepped driver uses them directly.
  std::unique_ptr<CaptureReader> input;
  std::unique_ptr<CaptureWriter> output;
  // In real time only.
  std::unique_ptr<Port> port;
  std::unique_ptr<Spreader> spreader; // where there are several processors

  // What the port puts frames on.
  ReceiveQueue &intake() { return spreader != nullptr ? spreader->intake() : receive.front(); }
};

// Opens the port of interface `index` for a run in real time. `clock` is set by the time it is used. Fails with the
// port's own codes.
std::unique_ptr<Port> make_port(Attachment &attachment, uint32_t index, const wl_interface_info &interface, const TscClock &clock, Observer &observer, Failure &failure);

} // namespace wl

#endif
