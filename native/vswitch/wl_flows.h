// The flows of made-up traffic: which addresses and ports each has. Twin of src/run/flows.ts, number for number.
#ifndef WL_FLOWS_H
#define WL_FLOWS_H

#include <cstdint>
#include <string>

namespace wl {

// Numbers from `first` on.
struct NumberRange {
  uint32_t first = 0;
  uint64_t count = 1;
};

// The addresses of A.B.C.D/n, the first and last included.
bool read_addresses(const std::string &text, NumberRange &range);
// LO-HI, or one port.
bool read_ports(const std::string &text, NumberRange &range);

struct Flow {
  uint32_t source, destination;
  uint16_t source_port, destination_port;
};

// Unless said otherwise: from 10.0.0.1 on, its ports from 1024 first, to port 9 (discard) of 10.0.1.1. With ranges
// that are given, addresses change before ports.
struct FlowSpace {
  NumberRange sources{0x0a000001, 1}, destinations{0x0a000101, 1}, sports{1024, 64512}, dports{9, 1};
  bool given = false;

  // How many different flows there are, or 2^63 if there are more.
  uint64_t count() const;
  // Flow `index`: no two below count() are the same.
  Flow at(uint64_t index) const;
};

} // namespace wl

#endif
