// Ports: what their options mean.
#include "wl_port_spec.h"
#include "wl_report.h"
#include "wl_test.h"

#include <set>

using namespace wl;

namespace {

PortSpec port(const char *text) {
  PortSpec spec;
  Failure failure;
  if (!read_port(text, spec, failure)) spec.interface = failure.code;
  return spec;
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

TEST("reports are JSON whatever the text") {
  Json json("log");
  json.string("text", "a\"b\\c\n\x01\xff\xc3\xa9\xed\xa0\x80", 13);
  CHECK(json.line() == "{\"event\":\"log\",\"text\":\"a\\\"b\\\\c\\u000a\\u0001\\ufffd\xc3\xa9\\ufffd\\ufffd\\ufffd\"}\n");
  Json list("end");
  list.open("ports", '[').open('{').number("a", 1).close('}').open('{').nothing("b").close('}').close(']').open("c", '[').item(1).item(2).close(']');
  CHECK(list.line() == "{\"event\":\"end\",\"ports\":[{\"a\":1},{\"b\":null}],\"c\":[1,2]}\n");
}
