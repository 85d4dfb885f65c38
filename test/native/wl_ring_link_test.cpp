// Rings that a VMM hands over to the switch, and guests that scribble over them.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "wl_fabric.h"
#include "wl_ring_link.h"
#include "wl_switch_port.h"
#include "wl_test.h"

using namespace wl;
using wl::test::Random;

namespace {

constexpr uint32_t kSize = 8;
constexpr uint64_t kRings = WL_IMAGE_BASE, kBuffers = WL_IMAGE_BASE + 0x8000;
constexpr uint32_t kBufferBytes = WL_VIRTIO_NET_HEADER_BYTES + WL_SMALL_DATA_BYTES;

// A VMM with one interface; what its guest would do the test does.
struct Vmm {
  wl_image_info info{};
  wl_interface_info interface{};
  wl_control control{};
  GuestMemory memory;
  Bell bell;
  std::string path;
  std::unique_ptr<SwitchPort> port;
  Failure failure;

  explicit Vmm(const char *name) : path("/tmp/wl-ring-" + std::to_string(getpid()) + "-" + name) {
    info.base = WL_IMAGE_BASE;
    info.memory_bytes = 64 * WL_PAGE_BYTES;
    info.shared_base = WL_IMAGE_BASE + 63 * WL_PAGE_BYTES;
    interface.receives = 1;
    interface.receive = {kRings, kRings + 0x1000, kRings + 0x2000, kSize, 0};
    interface.transmit = {kRings + 0x3000, kRings + 0x4000, kRings + 0x5000, kSize, 0};
  }
  ~Vmm() { unlink(path.c_str()); }

  bool listen(bool polls = false) {
    unlink(path.c_str());
    if (!bell.create() || !memory.create(info, Sharing::threads, -1, failure, true)) return false;
    for (uint16_t id = 0; id < kSize; id += 1) {
      describe(interface.receive, id, kBuffers + id * kBufferBytes, kBufferBytes, WL_VIRTQ_DESC_F_WRITE);
      describe(interface.transmit, id, kBuffers + (kSize + id) * kBufferBytes, WL_VIRTIO_NET_HEADER_BYTES + 60, 0);
    }
    port = SwitchPort::listen(path, interface, control, memory, bell, polls, failure);
    return port != nullptr;
  }
  // A switch comes and takes the rings.
  std::unique_ptr<RingLink> link() {
    std::unique_ptr<RingLink> link = RingLink::ask(path, failure);
    if (link == nullptr) return nullptr;
    PortFigures figures;
    port->receive(nullptr, 0, 0, figures);
    return link->meet(failure) ? std::move(link) : nullptr;
  }
  void describe(const wl_ring_info &ring, uint16_t id, uint64_t address, uint32_t length, uint16_t flags) {
    uint8_t *at = memory.at(ring.descriptors + 16 * id);
    memcpy(at, &address, 8);
    memcpy(at + 8, &length, 4);
    memcpy(at + 12, &flags, 2);
  }
  void offer(const wl_ring_info &ring, uint16_t id) {
    auto *available = memory.at<uint16_t>(ring.available);
    available[2 + available[1] % kSize] = id;
    available[1] = static_cast<uint16_t>(available[1] + 1);
  }
  uint16_t used(const wl_ring_info &ring) { return memory.at<uint16_t>(ring.used)[1]; }
  // The guest sends a frame to all, whose payload is `fill`.
  void send(uint16_t id, uint8_t fill) {
    uint8_t *const frame = memory.at(kBuffers + (kSize + id) * kBufferBytes + WL_VIRTIO_NET_HEADER_BYTES);
    memset(frame, fill, 60);
    memset(frame, 0xff, 6);
    memset(frame + 6, 2, 6);
    offer(interface.transmit, id);
  }
};

} // namespace

TEST("frames go from one machine's rings to the other's, and the receiver is woken") {
  Vmm left("left"), right("right");
  CHECK(left.listen() && right.listen());
  Fabric fabric;
  fabric.add_network("wire", true, 0, 0);
  fabric.set_link(fabric.add_member("left", 0, {}), left.link(), false);
  fabric.set_link(fabric.add_member("right", 0, {}), right.link(), false);
  CHECK(fabric.member(0)->link != nullptr && fabric.member(1)->link != nullptr);
  left.send(0, 0x42);
  CHECK(fabric.tend(0, 1) == 0); // the receiver has no buffer: the frame waits
  right.offer(right.interface.receive, 3);
  CHECK(fabric.tend(0, 1) == 1);
  fabric.flush();
  CHECK(left.used(left.interface.transmit) == 1 && right.used(right.interface.receive) == 1);
  const uint8_t *got = right.memory.at(kBuffers + 3 * kBufferBytes + WL_VIRTIO_NET_HEADER_BYTES);
  CHECK(got[0] == 0xff && got[12] == 0x42 && got[59] == 0x42);
  uint64_t rung = 0;
  CHECK(read(right.bell.get(), &rung, sizeof rung) == sizeof rung && rung == 1);
}

TEST("a sender that waits for its buffers is woken when they come back, and no other") {
  for (const bool asks : {true, false}) {
    Vmm left("left"), right("right");
    CHECK(left.listen() && right.listen());
    Fabric fabric;
    fabric.add_network("wire", true, 0, 0);
    fabric.set_link(fabric.add_member("left", 0, {}), left.link(), false);
    fabric.set_link(fabric.add_member("right", 0, {}), right.link(), false);
    left.memory.at<uint16_t>(left.interface.transmit.available)[0] = asks ? 0 : WL_VIRTQ_AVAIL_F_NO_INTERRUPT;
    right.offer(right.interface.receive, 3);
    left.send(0, 1);
    CHECK(fabric.tend(0, 1) == 1);
    fabric.flush();
    uint64_t rung = 0;
    CHECK((read(left.bell.get(), &rung, sizeof rung) == sizeof rung) == asks);
  }
}

TEST("the rings of a guest that never sleeps are watched all the time") {
  for (const bool polls : {true, false}) {
    Vmm vmm("polls");
    CHECK(vmm.listen(polls));
    const std::unique_ptr<RingLink> link = vmm.link();
    CHECK(link != nullptr && link->arm(false) == !polls && link->arm(true) == !polls);
    // Where it is left to kick, it has to.
    CHECK((vmm.memory.at<uint16_t>(vmm.interface.transmit.used)[0] & WL_VIRTQ_USED_F_NO_NOTIFY) == (polls ? WL_VIRTQ_USED_F_NO_NOTIFY : 0));
  }
}

TEST("frames of all lengths that are sent together come out as they went in, as many as there is room for") {
  for (uint32_t room = 0; room <= kSize; room += 1) {
    Vmm vmm("together");
    CHECK(vmm.listen());
    const std::unique_ptr<RingLink> link = vmm.link();
    for (uint16_t id = 0; id < room; id += 1) vmm.offer(vmm.interface.receive, id);
    std::vector<std::vector<uint8_t>> bytes;
    std::vector<Frame> frames(kSize);
    for (uint32_t index = 0; index < kSize; index += 1) {
      bytes.emplace_back(14 + (index * 37 + room * 11) % (kBufferBytes - WL_VIRTIO_NET_HEADER_BYTES - 14 - kTagBytes + 1));
      for (size_t at = 0; at < bytes.back().size(); at += 1) bytes.back()[at] = static_cast<uint8_t>(index * 41 + at * 7);
      CHECK(frames[index].read({bytes.back().data(), static_cast<uint32_t>(bytes.back().size())}));
      frames[index].vlan = 7;
      if (index % 3 == 0) frames[index].tag();
    }
    CHECK(link->send_all(frames.data(), kSize) == room);
    link->flush();
    CHECK(vmm.used(vmm.interface.receive) == room);
    for (uint32_t index = 0; index < room; index += 1) {
      std::vector<uint8_t> whole(frames[index].bytes());
      memcpy(whole.data(), frames[index].head, frames[index].head_bytes);
      memcpy(whole.data() + frames[index].head_bytes, frames[index].rest, frames[index].rest_bytes);
      CHECK(whole.size() == bytes[index].size() + (index % 3 == 0 ? 4 : 0));
      const uint8_t *const element = vmm.memory.at(vmm.interface.receive.used + 4 + 8 * uint64_t{index});
      uint32_t length;
      memcpy(&length, element + 4, 4);
      CHECK(length == whole.size() + WL_VIRTIO_NET_HEADER_BYTES);
      CHECK(memcmp(vmm.memory.at(kBuffers + element[0] * kBufferBytes + WL_VIRTIO_NET_HEADER_BYTES), whole.data(), whole.size()) == 0);
    }
  }
}

TEST("a switch that comes later goes on where the first one stopped") {
  Vmm left("left"), right("right");
  CHECK(left.listen() && right.listen());
  for (uint16_t round = 0; round < 20; round += 1) {
    Fabric fabric;
    fabric.add_network("wire", true, 0, 0);
    fabric.set_link(fabric.add_member("left", 0, {}), left.link(), false);
    fabric.set_link(fabric.add_member("right", 0, {}), right.link(), false);
    const uint16_t id = round % kSize;
    right.offer(right.interface.receive, id);
    left.send(id, static_cast<uint8_t>(round));
    CHECK(fabric.tend(0, 1) == 1);
    fabric.flush();
    CHECK(right.used(right.interface.receive) == round + 1);
    CHECK(right.memory.at(kBuffers + id * kBufferBytes + WL_VIRTIO_NET_HEADER_BYTES)[59] == round);
  }
}

TEST("rings out of bounds, of an odd size or out of line are refused") {
  const wl_ring_info good = {kRings, kRings + 0x1000, kRings + 0x2000, kSize, 0};
  for (int which = 0; which < 6; which += 1) {
    Vmm vmm("wrong");
    wl_ring_info &ring = vmm.interface.receive;
    ring = good;
    if (which == 0) ring.size = 7;
    if (which == 1) ring.size = 65536;
    if (which == 2) ring.descriptors = kRings + 8;
    if (which == 3) ring.descriptors = kRings - 4096;
    if (which == 4) ring.used = WL_IMAGE_BASE + 63 * WL_PAGE_BYTES - 16;
    if (which == 5) ring.available = UINT64_MAX - 1;
    // The VMM's own view of the memory is not asked about these.
    CHECK(vmm.bell.create() && vmm.memory.create(vmm.info, Sharing::threads, -1, vmm.failure, true));
    vmm.port = SwitchPort::listen(vmm.path, vmm.interface, vmm.control, vmm.memory, vmm.bell, false, vmm.failure);
    CHECK(vmm.port != nullptr && vmm.link() == nullptr);
    CHECK(vmm.failure.code == "WL4233");
  }
}

TEST("memory that could be made shorter is refused, and a message that is none") {
  for (const bool whole : {true, false}) {
    const std::string path = "/tmp/wl-ring-" + std::to_string(getpid()) + "-fake";
    unlink(path.c_str());
    Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path.c_str(), path.size() + 1);
    CHECK(bind(listener.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0 && listen(listener.get(), 1) == 0);
    Failure failure;
    std::unique_ptr<RingLink> link = RingLink::ask(path, failure);
    CHECK(link != nullptr);
    const Descriptor connection(accept(listener.get(), nullptr, nullptr));
    const Descriptor memory(memfd_create("test", MFD_CLOEXEC));
    CHECK(ftruncate(memory.get(), 63 * WL_PAGE_BYTES) == 0);
    Handover handover{kHandoverMagic, kHandoverVersion, 1, WL_IMAGE_BASE, 63 * WL_PAGE_BYTES, 0, 0, {kRings, kRings + 0x1000, kRings + 0x2000, kSize, 0}, {kRings, kRings + 0x1000, kRings + 0x2000, kSize, 0}};
    const int files[kHandoverFiles] = {memory.get(), memory.get(), memory.get()};
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof files)] = {};
    iovec text{&handover, whole ? sizeof handover : 10};
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    message.msg_control = room;
    message.msg_controllen = sizeof room;
    cmsghdr *const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof files);
    memcpy(CMSG_DATA(header), files, sizeof files);
    CHECK(sendmsg(connection.get(), &message, 0) > 0);
    CHECK(link != nullptr && !link->meet(failure) && failure.code == "WL4233");
    unlink(path.c_str());
  }
}

TEST("a guest that scribbles over its rings hurts nobody but itself") {
  Random random(wl::test::seed());
  Vmm hostile("hostile"), honest("honest"), third("third");
  CHECK(hostile.listen() && honest.listen() && third.listen());
  Fabric fabric;
  fabric.add_network("net", false, 300000000000u, 0);
  Vmm *const machines[] = {&hostile, &honest, &third};
  for (Vmm *machine : machines) fabric.set_link(fabric.add_member(machine->path, 0, {}), machine->link(), false);
  uint64_t carried = 0;
  for (uint32_t round = 0; round < 20000; round += 1) {
    // Rings and descriptors, now and then all of them.
    const uint32_t writes = round % 100 == 0 ? 2000 : 8;
    for (uint32_t count = 0; count < writes; count += 1) {
      static constexpr uint32_t kPlaces[] = {0, 0x1000, 0x2000, 0x3000, 0x4000, 0x5000};
      const uint64_t at = kRings + kPlaces[random.next() % 6] + random.next() % 256;
      *hostile.memory.at(at) = static_cast<uint8_t>(random.next());
    }
    const auto id = static_cast<uint16_t>(round % kSize);
    honest.send(id, 3);
    third.offer(third.interface.receive, id);
    honest.offer(honest.interface.receive, id);
    for (uint32_t index = 0; index < 3; index += 1) fabric.tend(index, round);
    fabric.flush();
    carried = fabric.member(2)->tx_packets;
  }
  CHECK(fabric.member(0)->malformed() > 0);
  CHECK(fabric.member(1)->malformed() == 0 && fabric.member(2)->malformed() == 0);
  CHECK(honest.used(honest.interface.transmit) == static_cast<uint16_t>(20000));
  CHECK(carried > 1000);
}
