#include "wl_port_spec.h"

#include <cstdio>
#include <cstdlib>
#include <net/if.h>
#include <sys/un.h>
#include <vector>

#include "../abi/wirelet_abi.h"

namespace wl {

namespace {

constexpr uint32_t kGeneratedBytesMin = 64, kGeneratedBytesMax = 9220;
constexpr uint32_t kFlowsMax = 1000000;
constexpr uint64_t kLatencyRateMax = 1000000, kRateMax = 1000000000;
constexpr uint64_t kScaleMin = 1000, kScaleMax = 1000000000; // millionths
constexpr size_t kScaleDecimals = 6;

struct Field {
  std::string name, value;
};

// `a=1,b=2`; a comma or backslash in a value is written `\,` and `\\`.
std::vector<Field> read_fields(const std::string &text) {
  std::vector<Field> fields;
  Field field;
  bool in_value = false, any = false;
  const auto close = [&] {
    if (any) fields.push_back(field);
    field = {};
    in_value = any = false;
  };
  for (size_t at = 0; at < text.size(); at += 1) {
    char letter = text[at];
    if (letter == ',') {
      close();
      continue;
    }
    any = true;
    if (letter == '\\' && at + 1 < text.size()) letter = text[++at];
    else if (letter == '=' && !in_value) {
      in_value = true;
      continue;
    }
    (in_value ? field.value : field.name) += letter;
  }
  close();
  return fields;
}

bool read_positive(const std::string &text, uint64_t *value) {
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos) return false;
  *value = strtoull(text.c_str(), nullptr, 10);
  return *value > 0;
}

// `xN`, N with up to six decimals.
bool read_scale(const std::string &text, uint64_t *millionths) {
  const size_t point = text.find('.');
  std::string digits = text.substr(1, point == std::string::npos ? point : point - 1);
  std::string decimals = point == std::string::npos ? "" : text.substr(point + 1);
  if (digits.empty() || decimals.size() > kScaleDecimals || (point != std::string::npos && decimals.empty())) return false;
  decimals.resize(kScaleDecimals, '0');
  return read_positive(digits + decimals, millionths) && *millionths >= kScaleMin && *millionths <= kScaleMax;
}

bool pcap_field(const Field &field, PortSpec &spec) {
  if (field.name == "in") return !(spec.in = field.value).empty();
  if (field.name == "out") return !(spec.out = field.value).empty();
  if (field.name != "speed") return false;
  if (field.value == "max") spec.speed = PortSpec::Speed::max;
  else if (field.value == "recorded") spec.speed = PortSpec::Speed::recorded;
  else if (field.value[0] == 'x') {
    spec.speed = PortSpec::Speed::recorded;
    return read_scale(field.value, &spec.scale_ppm);
  }
  else if (read_positive(field.value, &spec.rate)) spec.speed = PortSpec::Speed::rate;
  else return false;
  return true;
}

bool range_field(const Field &field, PortSpec &spec) {
  FlowSpace &space = spec.space;
  space.given = true;
  if (field.name == "sources") return read_addresses(field.value, space.sources);
  if (field.name == "destinations") return read_addresses(field.value, space.destinations);
  if (field.name == "sports") return read_ports(field.value, space.sports);
  return field.name == "dports" && read_ports(field.value, space.dports);
}

// `02:00:00:00:00:01`.
bool read_mac(const std::string &text, PortSpec &spec) {
  std::array<uint8_t, 6> mac;
  int end = 0;
  const int count = sscanf(text.c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &end);
  spec.mac = mac;
  return count == 6 && text.size() == 17 && end == 17;
}

bool generator_field(const Field &field, PortSpec &spec) {
  uint64_t number = 0;
  if (field.name == "mac") return read_mac(field.value, spec);
  if (field.name == "template") return !(spec.frames = field.value).empty();
  if (field.name == "rate" && field.value == "max") {
    spec.speed = PortSpec::Speed::max;
    return true;
  }
  if (field.name == "size" && field.value == "imix") {
    spec.size = 0;
    return true;
  }
  if (field.name == "verify" || field.name == "returned") {
    (field.name == "verify" ? spec.verify : spec.returned) = field.value == "true";
    return field.value == "true" || field.value == "false";
  }
  if (field.name == "sources" || field.name == "destinations" || field.name == "sports" || field.name == "dports") return range_field(field, spec);
  if (!read_positive(field.value, &number)) return false;
  if (field.name == "size" && number >= kGeneratedBytesMin && number <= kGeneratedBytesMax) spec.size = static_cast<uint32_t>(number);
  else if (field.name == "count") spec.count = number;
  else if (field.name == "warmup") spec.warmup = number;
  else if (field.name == "surge") spec.surge = number;
  else if (field.name == "surge_rate" && number <= kRateMax) spec.surge_rate = number;
  else if (field.name == "flows" && number <= kFlowsMax) spec.flows = static_cast<uint32_t>(number);
  else if (field.name == "latency" && number <= kLatencyRateMax) spec.latency = static_cast<uint32_t>(number);
  else if (field.name == "rate" && number <= kRateMax) {
    spec.speed = PortSpec::Speed::rate;
    spec.rate = number;
  } else return false;
  return true;
}

// What is wrong with options that are right each by itself; nullptr: nothing.
const char *contradiction(const PortSpec &spec) {
  if (spec.kind == PortSpec::Kind::pcap) return spec.in.empty() && spec.out.empty() ? "pcap needs a file" : nullptr;
  if (spec.latency != 0 && spec.speed == PortSpec::Speed::rate && spec.latency > spec.rate) return "latency is more than rate";
  if ((spec.surge == 0) != (spec.surge_rate == 0)) return "surge and surge_rate go together";
  if (spec.surge != 0 && (spec.speed != PortSpec::Speed::rate || !spec.verify)) return "surge needs rate and verify";
  if (!spec.frames.empty()) return spec.space.given ? "addresses and ports are for frames that are made up, and template gives others" : nullptr;
  return spec.flows > spec.space.count() ? "flows are more than the addresses and ports make" : nullptr;
}

} // namespace

bool read_port(const std::string &text, PortSpec &spec, Failure &failure) {
  const auto fail = [&](const std::string &why) {
    return failure.set("WL4004", "--port " + text + ": " + why, "Ports are null, tap:NAME, packet:NAME, xdp:NAME, vhost-user:SOCKET[,server], pcap:in=FILE,out=FILE and gen:size=64,count=N.", kExitUsage);
  };
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return fail("it names no interface");
  spec = {};
  spec.interface = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  const size_t colon = value.find(':');
  const std::string kind = value.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : value.substr(colon + 1);
  if (kind == "null") return true;
  if (kind == "tap" || kind == "packet" || kind == "xdp") {
    spec.kind = kind == "tap" ? PortSpec::Kind::tap : kind == "packet" ? PortSpec::Kind::packet : PortSpec::Kind::xdp;
    spec.device = rest;
    return (!rest.empty() && rest.size() < IFNAMSIZ && rest.find_first_of("/: \t\n") == std::string::npos) || fail("a device has a name of 1 to 15 characters");
  }
  if (kind == "vhost-user") {
    spec.kind = PortSpec::Kind::vhost_user;
    std::string why;
    return read_vhost_place(rest, spec.place, why) || fail(why);
  }
  if (kind == "ring") {
    spec.kind = PortSpec::Kind::ring;
    spec.device = rest;
    return (!rest.empty() && rest.size() < sizeof sockaddr_un::sun_path) || fail("the path of a socket has 1 to 107 characters");
  }
  if (kind != "pcap" && kind != "gen") return fail("unknown kind of port \"" + kind + "\"");
  spec.kind = kind == "pcap" ? PortSpec::Kind::pcap : PortSpec::Kind::generator;
  for (const Field &field : read_fields(rest)) {
    const bool good = spec.kind == PortSpec::Kind::pcap ? pcap_field(field, spec) : generator_field(field, spec);
    if (!good) return fail(field.name + "=" + field.value + " is not an option of " + kind + ", or its value is wrong");
  }
  const char *const wrong = contradiction(spec);
  return wrong == nullptr || fail(wrong);
}

} // namespace wl
