// Ports: what their options mean, and what the generator makes.
#include "wl_generator_port.h"
#include "wl_report.h"
#include "wl_test.h"

#include <cstring>
#include <set>

using namespace wl;

namespace {

struct Silent final : Observer {
  void ready() override {}
  void log(const char *, size_t) override {}
  void warning(const std::string &, const std::string &, const std::string &) override {}
  void first_frame(const BootFigures &) override {}
  void panic(const wl_control &) override {}
};

PortSpec port(const char *text) {
  PortSpec spec;
  Failure failure;
  if (!read_port(text, spec, failure)) spec.interface = failure.code;
  return spec;
}

uint16_t sum(const uint8_t *at, size_t bytes, uint32_t start) {
  for (size_t index = 0; index < bytes; index += 1) start += index % 2 == 0 ? at[index] << 8 : at[index];
  while (start > 0xffff) start = (start & 0xffff) + (start >> 16);
  return static_cast<uint16_t>(start);
}

} // namespace

TEST("ports are read as the command line writes them") {
  CHECK(port("lan=null").kind == PortSpec::Kind::null && port("lan=null").interface == "lan");
  const PortSpec capture = port("lan=pcap:in=a\\,b\\\\c=d.pcap,out=o.pcap,speed=max");
  CHECK(capture.kind == PortSpec::Kind::pcap && capture.in == "a,b\\c=d.pcap" && capture.out == "o.pcap" && capture.virtual_time());
  CHECK(port("lan=pcap:in=a,speed=recorded").speed == PortSpec::Speed::recorded);
  CHECK(port("lan=pcap:in=a,speed=2000").rate == 2000 && !port("lan=pcap:in=a,speed=2000").virtual_time());
  const PortSpec generator = port("wan=gen:size=1518,count=10,rate=5000,flows=7");
  CHECK(generator.size == 1518 && generator.count == 10 && generator.rate == 5000 && generator.flows == 7);
  const PortSpec stream = port("wan=gen:size=imix,latency=100,verify=true,warmup=5,sources=10.1.2.3/30,destinations=10.0.0.0/8,sports=7,dports=1-65535,flows=1000000");
  CHECK(stream.size == 0 && stream.latency == 100 && stream.verify && stream.warmup == 5 && stream.space.given && stream.interface == "wan");
  CHECK(stream.space.sources.first == 0x0a010200 && stream.space.sources.count == 4 && stream.space.destinations.count == 1 << 24);
  CHECK(port("lan=pcap:in=a,speed=x0.5").scale_ppm == 500000 && port("lan=pcap:in=a,speed=x1000").scale_ppm == 1000000000);
  CHECK(port("wan=tap:tap0").device == "tap0");
  for (const char *wrong : {"lan", "=null", "lan=tap:", "lan=tap:sixteencharacters", "lan=pcap:", "lan=pcap:in=", "lan=gen:size=63", "lan=gen:size=9221", "lan=gen:flows=0",
                            "lan=gen:count=99999999999999999999", "lan=pcap:in=a,speed=fast", "lan=xdp:eth0", "lan=gen:colour=red", "lan=gen:latency=2,rate=1", "lan=gen:rate=1000000001", "lan=gen:verify=yes", "lan=gen:sources=10.0.0.0/33", "lan=gen:sources=10.0.0/8",
                            "lan=gen:sources=256.0.0.0/8", "lan=gen:dports=0-5", "lan=gen:dports=5-4", "lan=gen:sports=1-65536", "lan=gen:flows=5,sources=10.0.0.0/30,sports=1", "lan=gen:template=a,sports=1",
                            "lan=pcap:in=a,speed=x", "lan=pcap:in=a,speed=x0", "lan=pcap:in=a,speed=x0.0001", "lan=pcap:in=a,speed=x1001", "lan=pcap:in=a,speed=x0.1234567", "lan=pcap:in=a,speed="}) {
    CHECK(port(wrong).interface == "WL4004");
  }
}

TEST("no two flows are the same, however their addresses and ports are given") {
  for (const char *text : {"a=gen:flows=200000", "a=gen:flows=24,sources=10.0.0.0/31,destinations=10.1.0.0/30,sports=5-7,dports=8", "a=gen:flows=70000,dports=1-65535,sources=1.2.3.4/31"}) {
    const PortSpec spec = port(text);
    std::set<std::pair<uint64_t, uint32_t>> flows;
    for (uint32_t index = 0; index < spec.flows; index += 1) {
      const Flow flow = spec.space.at(index);
      flows.insert({uint64_t{flow.source} << 32 | flow.destination, uint32_t{flow.source_port} << 16 | flow.destination_port});
    }
    CHECK(flows.size() == spec.flows && spec.interface == "a");
  }
}

TEST("generated frames differ by flow and have right checksums") {
  wl_image_info info{};
  info.base = WL_IMAGE_BASE;
  info.memory_bytes = 32 * WL_PAGE_BYTES;
  info.shared_base = WL_IMAGE_BASE + 31 * WL_PAGE_BYTES;
  GuestMemory memory;
  Failure failure;
  CHECK(memory.create(info, Sharing::threads, -1, failure));
  const uint64_t descriptors = WL_IMAGE_BASE, available = WL_IMAGE_BASE + 0x1000, used = WL_IMAGE_BASE + 0x2000, buffer = WL_IMAGE_BASE + 0x4000;
  const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  TscClock clock;
  Silent silent;
  for (const char *text : {"if=gen:size=64,flows=100000", "if=gen:size=1519,flows=3", "if=gen:size=65,flows=1"}) {
    const PortSpec spec = port(text);
    const auto generator = GeneratorPort::create(spec, 0, mac, clock, silent, failure);
    CHECK(generator != nullptr);
    memset(memory.at(WL_IMAGE_BASE), 0, 31 * WL_PAGE_BYTES);
    ReceiveQueue queue;
    queue.attach(memory, {descriptors, available, used, 2, 0});
    const uint64_t address = buffer;
    const uint32_t length = 4096;
    const uint16_t flags = WL_VIRTQ_DESC_F_WRITE;
    memcpy(memory.at(descriptors), &address, 8);
    memcpy(memory.at(descriptors + 8), &length, 4);
    memcpy(memory.at(descriptors + 12), &flags, 2);
    std::set<std::pair<uint32_t, uint32_t>> flows;
    PortFigures figures;
    for (uint32_t frame = 0; frame < spec.flows; frame += 1) {
      memory.at<uint16_t>(available)[1] = static_cast<uint16_t>(frame + 1);
      CHECK(generator->receive(&queue, 1, 1, figures) == 1);
      const uint8_t *at = memory.at(buffer + WL_VIRTIO_NET_HEADER_BYTES);
      const uint32_t bytes = spec.size - 4;
      CHECK(memcmp(at, mac, 6) == 0 && at[22] == 64 && sum(at + 14, 20, 0) == 0xffff);
      CHECK(sum(at + 34, bytes - 34, sum(at + 26, 8, 17 + bytes - 34)) == 0xffff);
      flows.insert({at[29], at[34] << 8 | at[35]});
    }
    CHECK(flows.size() == spec.flows && figures.rx_packets == spec.flows);
  }
}

TEST("reports are JSON whatever the text") {
  Json json("log");
  json.string("text", "a\"b\\c\n\x01\xff\xc3\xa9\xed\xa0\x80", 13);
  CHECK(json.line() == "{\"event\":\"log\",\"text\":\"a\\\"b\\\\c\\u000a\\u0001\\ufffd\xc3\xa9\\ufffd\\ufffd\\ufffd\"}\n");
  Json list("end");
  list.open("ports", '[').open('{').number("a", 1).close('}').open('{').nothing("b").close('}').close(']').open("c", '[').item(1).item(2).close(']');
  CHECK(list.line() == "{\"event\":\"end\",\"ports\":[{\"a\":1},{\"b\":null}],\"c\":[1,2]}\n");
}
