#include "wl_attachment.h"
#include "wl_capture_port.h"
#include "wl_generator_port.h"
#include "wl_link_port.h"
#include "wl_null_port.h"
#include "wl_packet_port.h"
#include "wl_tap_port.h"
#include "wl_vhost_link.h"
#include "wl_xdp_link.h"

namespace wl {

std::unique_ptr<Port> make_port(Attachment &attachment, uint32_t index, const wl_interface_info &interface, const TscClock &clock, Observer &observer, Failure &failure) {
  switch (attachment.spec.kind) {
    case PortSpec::Kind::pcap:
      return std::make_unique<CapturePort>(attachment, clock, observer);
    case PortSpec::Kind::generator:
      return GeneratorPort::create(attachment.spec, index, interface.mac, clock, observer, failure);
    case PortSpec::Kind::tap:
      return TapPort::open(attachment.spec.device, observer, failure);
    case PortSpec::Kind::packet:
      return PacketPort::open(attachment.spec.device, observer, failure);
    case PortSpec::Kind::xdp:
      return LinkPort::create(attachment.spec.device, XdpLink::open(attachment.spec.device, failure), clock, observer, failure);
    case PortSpec::Kind::vhost_user:
      return LinkPort::create(attachment.spec.place.path, VhostLink::open(attachment.spec.place, failure), clock, observer, failure);
    case PortSpec::Kind::ring: // made where memory and bells are (wl_run.cpp)
    case PortSpec::Kind::null:
      break;
  }
  return std::make_unique<NullPort>();
}

} // namespace wl
