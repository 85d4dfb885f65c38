#include "wl_flows.h"

#include <algorithm>

namespace wl {

namespace {

constexpr uint64_t kAddressesUnasked = 16; // that flows have whose number alone is given
constexpr uint32_t kPortMax = 65535;

// The decimal number at `at`, at most `most`; `at` is behind it then.
bool read_number(const std::string &text, size_t &at, size_t digits, uint32_t most, uint32_t *value) {
  const size_t start = at;
  *value = 0;
  while (at < text.size() && at - start < digits && text[at] >= '0' && text[at] <= '9') *value = *value * 10 + static_cast<uint32_t>(text[at++] - '0');
  return at > start && *value <= most;
}

} // namespace

bool read_addresses(const std::string &text, NumberRange &range) {
  size_t at = 0;
  uint32_t address = 0, length = 32;
  for (uint32_t part = 0; part < 4; part += 1) {
    uint32_t value = 0;
    if (part > 0 && (at >= text.size() || text[at++] != '.')) return false;
    if (!read_number(text, at, 3, 255, &value)) return false;
    address = address << 8 | value;
  }
  if (at < text.size() && (text[at++] != '/' || !read_number(text, at, 2, 32, &length))) return false;
  if (at != text.size()) return false;
  range.count = uint64_t{1} << (32 - length);
  range.first = address & ~static_cast<uint32_t>(range.count - 1);
  return true;
}

bool read_ports(const std::string &text, NumberRange &range) {
  size_t at = 0;
  uint32_t first = 0, last = 0;
  if (!read_number(text, at, 5, kPortMax, &first)) return false;
  last = first;
  if (at < text.size() && (text[at++] != '-' || !read_number(text, at, 5, kPortMax, &last))) return false;
  if (at != text.size() || first == 0 || last < first) return false;
  range = {first, last - first + 1};
  return true;
}

uint64_t FlowSpace::count() const {
  unsigned __int128 all = given ? sources.count : kAddressesUnasked;
  all = all * destinations.count * sports.count * dports.count;
  return all > INT64_MAX ? INT64_MAX : static_cast<uint64_t>(all);
}

Flow FlowSpace::at(uint64_t index) const {
  const auto take = [&index](const NumberRange &range) {
    const auto value = static_cast<uint32_t>(range.first + index % range.count);
    index /= range.count;
    return value;
  };
  Flow flow{};
  if (!given) {
    flow.source_port = static_cast<uint16_t>(take(sports));
    flow.source = sources.first + static_cast<uint32_t>(index % kAddressesUnasked);
    flow.destination = destinations.first;
    flow.destination_port = static_cast<uint16_t>(dports.first);
    return flow;
  }
  flow.source = take(sources);
  flow.destination = take(destinations);
  flow.source_port = static_cast<uint16_t>(take(sports));
  flow.destination_port = static_cast<uint16_t>(take(dports));
  return flow;
}

} // namespace wl
