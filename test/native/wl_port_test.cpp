// Ports: what their options mean.
#include "wl_packet_socket.h"
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
  CHECK(port("wan=packet:eth1").kind == PortSpec::Kind::packet && port("wan=packet:eth1").device == "eth1" && !port("wan=packet:eth1").virtual_time());
  CHECK(port("wan=xdp:eth1").kind == PortSpec::Kind::xdp && port("wan=xdp:eth1").device == "eth1" && !port("wan=xdp:eth1").virtual_time());
  CHECK(port("wan=vhost-user:/run/a").place.front_end && !port("wan=vhost-user:/run/a").place.listens && port("wan=vhost-user:/run/a").place.path == "/run/a");
  CHECK(!port("wan=vhost-user:/run/a,server").place.front_end && port("wan=vhost-user:/run/a,server").place.listens);
  CHECK(port("wan=vhost-user:/run/a,server,role=front-end").place.front_end && !port("wan=vhost-user:/run/a,role=back-end").place.front_end);
  CHECK(port("wan=gen:mac=02:00:00:00:00:1f").mac == (std::array<uint8_t, 6>{2, 0, 0, 0, 0, 0x1f}));
  for (const char *wrong : {"lan", "=null", "lan=tap:", "lan=tap:sixteencharacters", "lan=packet:", "lan=pcap:", "lan=pcap:in=", "lan=gen:size=63", "lan=gen:size=9221", "lan=gen:flows=0",
                            "lan=gen:count=99999999999999999999", "lan=pcap:in=a,speed=fast", "lan=xdp:", "lan=vhost-user:", "lan=vhost-user:/a,client", "lan=gen:mac=02:00:00:00:00", "lan=gen:mac=02:00:00:00:00:1x", "lan=gen:colour=red", "lan=gen:latency=2,rate=1", "lan=gen:rate=1000000001", "lan=gen:verify=yes", "lan=gen:sources=10.0.0.0/33", "lan=gen:sources=10.0.0/8",
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

TEST("a received frame gets its VLAN tag and its checksum back") {
  // A UDP datagram of 4 bytes from 10.0.0.1 port 1 to 10.0.0.2 port 2; its checksum is that of the pseudo-header alone.
  uint8_t room[kRestoredBytes + 60] = {};
  uint8_t *const frame = room + kRestoredBytes;
  const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2, 0, 12, 0x14, 0x20, 'a', 'b', 'c', 'd'};
  memcpy(frame, bytes, sizeof bytes);
  tpacket_auxdata notes{};
  notes.tp_status = TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID | TP_STATUS_CSUMNOTREADY;
  notes.tp_vlan_tpid = 0x8100;
  notes.tp_vlan_tci = 0x2005;
  const ReceivedFrame restored = restore_frame(frame, 60, notes);
  CHECK(restored.length == 64 && memcmp(restored.data, bytes, 12) == 0);
  const uint8_t tag[] = {0x81, 0x00, 0x20, 0x05, 8, 0};
  CHECK(memcmp(restored.data + 12, tag, sizeof tag) == 0);
  // 0x1420 + ports, length and data: 0x0001 + 0x0002 + 0x000c + 0x6162 + 0x6364 = 0xd8f5, complemented.
  CHECK(restored.data[44] == 0x27 && restored.data[45] == 0x0a);
  notes.tp_status = 0;
  memcpy(frame, bytes, sizeof bytes);
  const ReceivedFrame untouched = restore_frame(frame, 60, notes);
  CHECK(untouched.data == frame && untouched.length == 60 && memcmp(frame, bytes, sizeof bytes) == 0);
  // Lying lengths are not followed.
  notes.tp_status = TP_STATUS_CSUMNOTREADY;
  for (uint32_t length = 0; length <= sizeof bytes; length += 1) CHECK(restore_frame(frame, length, notes).length == length);
}
