// vhost-user: peers that speak it wrongly, take memory away or scribble over rings, in both roles.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "wl_driver_ring.h"
#include "wl_test.h"
#include "wl_vhost_back_end.h"
#include "wl_vhost_front_end.h"

using namespace wl;
using wl::test::Random;

namespace {

constexpr uint64_t kGuest = 0x40000000, kUser = 0x7f0000000000;
constexpr uint64_t kMemory = 2 * DriverRing::kBytes;

std::string path_of(const char *name) { return "/tmp/wl-vhost-" + std::to_string(getpid()) + "-" + name; }

// A front-end by hand: what its guest would do the test does.
struct Peer {
  VhostChannel channel;
  Descriptor file;
  uint8_t *memory = nullptr;
  DriverReceiveRing receive;
  DriverTransmitRing transmit;
  VhostBell kicks[2], calls[2];

  ~Peer() {
    if (memory != nullptr) munmap(memory, kMemory);
  }
  bool connect(const std::string &path) {
    Descriptor connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (::connect(connection.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) return false;
    channel.open(std::move(connection));
    file.reset(memfd_create("peer", MFD_CLOEXEC));
    if (ftruncate(file.get(), kMemory) != 0) return false;
    memory = static_cast<uint8_t *>(mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0));
    for (uint32_t queue = 0; queue < 2; queue += 1) {
      if (!kicks[queue].create() || !calls[queue].create()) return false;
    }
    receive.start(memory, kGuest, WL_VIRTIO_NET_HEADER_BYTES);
    transmit.start(memory + DriverRing::kBytes, kGuest + DriverRing::kBytes, WL_VIRTIO_NET_HEADER_BYTES);
    return memory != MAP_FAILED;
  }
  void number(VhostRequest request, uint64_t value, int with = -1) {
    if (with < 0) channel.send(request, &value, sizeof value);
    else channel.send(request, &value, sizeof value, {with});
  }
  void state(VhostRequest request, uint32_t queue, uint32_t value) {
    const uint32_t words[2] = {queue, value};
    channel.send(request, words, sizeof words);
  }
  void lend(uint64_t bytes = kMemory, uint64_t offset = 0) {
    const uint64_t table[5] = {1, kGuest, bytes, kUser, offset};
    channel.send(kSetMemTable, table, sizeof table, {file.get()});
  }
  void place(uint32_t queue, uint64_t user) {
    const wl_ring_info ring = DriverRing::places(user);
    const uint64_t words[5] = {queue, ring.descriptors, ring.used, ring.available, 0};
    channel.send(kSetVringAddr, words, sizeof words);
  }
  void begin() {
    number(kSetFeatures, uint64_t{1} << WL_VIRTIO_F_VERSION_1 | kVhostProtocolFeatures);
    lend();
    for (uint32_t queue = 0; queue < 2; queue += 1) {
      state(kSetVringNum, queue, DriverRing::kSize);
      state(kSetVringBase, queue, 0);
      place(queue, kUser + queue * DriverRing::kBytes);
      number(kSetVringKick, queue, kicks[queue].get());
      number(kSetVringCall, queue, calls[queue].get());
      state(kSetVringEnable, queue, 1);
    }
  }
};

std::unique_ptr<VhostLink> back_end(const std::string &path) {
  Failure failure;
  VhostPlace place;
  place.path = path;
  place.listens = true;
  return VhostLink::open(place, failure);
}

void hear(VhostLink &link) {
  for (int turn = 0; turn < 8; turn += 1) link.hear();
}

Frame frame_of(const uint8_t *bytes, uint32_t length) {
  Frame frame{};
  frame.read({bytes, length});
  return frame;
}

} // namespace

TEST("a front-end's frames come, and frames go to it, whole") {
  const auto link = back_end(path_of("whole"));
  Peer peer;
  CHECK(link != nullptr && peer.connect(path_of("whole")));
  peer.begin();
  hear(*link);
  CHECK(link->there() && link->takes() && link->fault() == nullptr);
  uint8_t bytes[WL_FRAME_BYTES_MAX];
  for (uint32_t at = 0; at < sizeof bytes; at += 1) bytes[at] = static_cast<uint8_t>(at * 7);
  for (uint32_t length = 14; length <= WL_FRAME_BYTES_MAX; length += 311) {
    CHECK(peer.transmit.put(frame_of(bytes, length)));
    peer.transmit.publish();
    FrameView views[kLinkBatch];
    CHECK(link->take(views, kLinkBatch) == 1 && views[0].length == length && memcmp(views[0].data, bytes, length) == 0);
    link->release();
    CHECK(link->send(frame_of(bytes, length)));
    link->flush();
    CHECK(peer.receive.take(views, 1) == 1 && views[0].length == length && memcmp(views[0].data, bytes, length) == 0);
    peer.receive.give_back();
  }
  CHECK(link->malformed() == 0);
}

TEST("a chain of descriptors is one frame, and one that leads back to itself is none") {
  const auto link = back_end(path_of("chain"));
  Peer peer;
  CHECK(link != nullptr && peer.connect(path_of("chain")));
  peer.begin();
  hear(*link);
  uint8_t *const ring = peer.memory + DriverRing::kBytes;
  const auto describe = [&](uint16_t id, uint64_t address, uint32_t length, uint16_t flags, uint16_t next) {
    memcpy(ring + 16 * id, &address, 8);
    memcpy(ring + 16 * id + 8, &length, 4);
    memcpy(ring + 16 * id + 12, &flags, 2);
    memcpy(ring + 16 * id + 14, &next, 2);
  };
  const auto offer = [&](uint16_t index, uint16_t id) {
    auto *const available = reinterpret_cast<uint16_t *>(ring + DriverRing::kAvailable);
    available[2 + index] = id;
    available[1] = static_cast<uint16_t>(index + 1);
  };
  const uint64_t data = kGuest + DriverRing::kBytes + DriverRing::kBuffers;
  uint8_t *const at = ring + DriverRing::kBuffers;
  for (uint32_t index = 0; index < 4096; index += 1) at[index] = static_cast<uint8_t>(index);
  // A header by itself, cut in two; then three pieces.
  describe(0, data, 5, WL_VIRTQ_DESC_F_NEXT, 1);
  describe(1, data + 100, 7, WL_VIRTQ_DESC_F_NEXT, 2);
  describe(2, data + 200, 20, WL_VIRTQ_DESC_F_NEXT, 3);
  describe(3, data + 300, 30, WL_VIRTQ_DESC_F_NEXT, 4);
  describe(4, data + 512, 10, 0, 0);
  offer(0, 0);
  FrameView views[kLinkBatch];
  CHECK(link->take(views, kLinkBatch) == 1 && views[0].length == 60 && views[0].data[0] == 200 && views[0].data[20] == (300 & 255) && views[0].data[50] == 0 && views[0].data[59] == 9);
  link->release();
  const struct {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
  } wrong[] = {
    {data, 60, WL_VIRTQ_DESC_F_NEXT, 6},        {data, 60, WL_VIRTQ_DESC_F_NEXT, 60000}, {kGuest - 1, 60, 0, 0}, {kGuest + kMemory - 10, 60, 0, 0}, {UINT64_MAX - 5, 60, 0, 0},
    {data, UINT32_MAX, 0, 0},                   {data, 60, WL_VIRTQ_DESC_F_WRITE, 0},    {data, 60, 4, 0},       {data, 11, 0, 0},
    {data, WL_FRAME_BYTES_MAX + 12 + 5, 0, 0},
  };
  uint16_t index = 1;
  for (const auto &each : wrong) {
    describe(6, each.address, each.length, each.flags, each.next);
    offer(index, 6);
    CHECK(link->take(views, kLinkBatch) == 0 && link->fault() == nullptr);
    link->release();
    CHECK(link->malformed() == index);
    index += 1;
  }
}

TEST("messages that are wrong end the connection under a name, and the next one is heard") {
  const std::string path = path_of("wrong");
  const auto link = back_end(path);
  CHECK(link != nullptr);
  for (int which = 0; which < 14; which += 1) {
    Peer peer;
    CHECK(peer.connect(path));
    if (which > 3) peer.begin();
    switch (which) {
      case 0: peer.number(kSetFeatures, ~uint64_t{0}); break;
      case 1: peer.state(kSetVringNum, 7, 256); break;
      case 2: peer.state(kSetVringNum, 0, 255); break;
      case 3: peer.number(kSetVringCall, 0, open("/dev/null", O_WRONLY | O_CLOEXEC)); break;
      case 4: peer.lend(kMemory + 1); break;
      case 5: peer.lend(UINT64_MAX); break;
      case 6: peer.lend(kMemory, UINT64_MAX - 4096); break;
      case 7: peer.place(0, kUser + kMemory - 16); break;
      case 8: peer.place(1, UINT64_MAX - 64); break;
      case 9: peer.place(1, kUser + 4); break;
      case 10: {
        const uint64_t table[2] = {9, 0};
        peer.channel.send(kSetMemTable, table, sizeof table, {peer.file.get()});
        break;
      }
      case 11: peer.number(static_cast<VhostRequest>(99), 0); break;
      case 12: {
        const uint32_t foreign[3] = {kGetFeatures, 2, 8};
        CHECK(write(peer.channel.get(), foreign, sizeof foreign) == sizeof foreign);
        break;
      }
      default: {
        const uint32_t endless[3] = {kGetFeatures, kVhostVersion, 1 << 20};
        CHECK(write(peer.channel.get(), endless, sizeof endless) == sizeof endless);
      }
    }
    hear(*link);
    if (link->fault() == nullptr) fprintf(stderr, "not refused: %d\n", which);
    CHECK(link->fault() != nullptr);
    CHECK(link->recover() && link->fault() == nullptr && !link->there());
  }
  Peer good;
  CHECK(good.connect(path));
  good.begin();
  hear(*link);
  CHECK(link->there() && link->fault() == nullptr);
}

TEST("half a message makes nobody wait, and its end is heard") {
  const auto link = back_end(path_of("half"));
  Peer peer;
  CHECK(link != nullptr && peer.connect(path_of("half")));
  const uint32_t whole[5] = {kSetVringNum, kVhostVersion, 8, 0, 256};
  const auto *const bytes = reinterpret_cast<const uint8_t *>(whole);
  for (size_t at = 0; at < sizeof whole; at += 1) {
    CHECK(write(peer.channel.get(), bytes + at, 1) == 1);
    hear(*link);
    CHECK(link->fault() == nullptr);
  }
}

TEST("memory that is taken away under our hands is lost, and nobody dies of it") {
  const auto link = back_end(path_of("lost"));
  Peer peer;
  CHECK(link != nullptr && peer.connect(path_of("lost")));
  peer.begin();
  hear(*link);
  CHECK(link->there());
  CHECK(ftruncate(peer.file.get(), 0) == 0);
  FrameView views[kLinkBatch];
  CHECK(link->take(views, kLinkBatch) == 0);
  CHECK(link->fault() != nullptr && strstr(link->fault(), "took memory away") != nullptr);
  CHECK(link->recover() && !link->there());
}

TEST("front-ends that scribble over their rings hurt nobody") {
  Random random(wl::test::seed());
  const auto link = back_end(path_of("scribble"));
  CHECK(link != nullptr);
  uint8_t bytes[1500] = {2};
  uint32_t faults = 0;
  for (uint32_t round = 0; round < 60; round += 1) {
    Peer peer;
    CHECK(peer.connect(path_of("scribble")));
    peer.begin();
    hear(*link);
    for (uint32_t step = 0; step < 300 && link->fault() == nullptr; step += 1) {
      for (uint32_t count = 0; count < 16; count += 1) {
        const uint64_t ring = random.next() % 2 * DriverRing::kBytes;
        // Descriptors, seldom indices.
        const uint64_t at = random.next() % 64 != 0 ? random.next() % (DriverRing::kAvailable) : DriverRing::kAvailable + random.next() % 64;
        peer.memory[ring + at] = static_cast<uint8_t>(random.next());
      }
      peer.transmit.put(frame_of(bytes, sizeof bytes));
      peer.transmit.publish();
      FrameView views[kLinkBatch];
      const uint32_t count = link->take(views, kLinkBatch);
      for (uint32_t index = 0; index < count; index += 1) CHECK(views[index].length <= WL_FRAME_BYTES_MAX + kTagBytes);
      link->release();
      link->send(frame_of(bytes, sizeof bytes));
      link->flush();
    }
    faults += link->fault() != nullptr;
    link->recover();
  }
  CHECK(faults > 0);
}

TEST("back-ends that scribble over our rings hurt nobody") {
  Random random(wl::test::seed());
  Failure failure;
  const std::string path = path_of("front");
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  CHECK(bind(listener.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0 && listen(listener.get(), 4) == 0);
  VhostPlace place;
  place.path = path;
  place.front_end = true;
  const auto link = VhostLink::open(place, failure);
  CHECK(link != nullptr);
  VhostChannel channel;
  channel.open(Descriptor(accept(listener.get(), nullptr, nullptr)));
  hear(*link);
  CHECK(channel.receive() == VhostChannel::Got::message && channel.message().header.request == kGetFeatures);
  CHECK(channel.answer(uint64_t{1} << WL_VIRTIO_F_VERSION_1));
  hear(*link);
  CHECK(link->there());
  Descriptor file;
  while (channel.receive() == VhostChannel::Got::message) {
    if (channel.message().header.request == kSetMemTable) file = std::move(channel.message().files[0]);
  }
  // What we lend nobody can make shorter.
  CHECK(file.open() && ftruncate(file.get(), 4096) != 0);
  auto *const memory = static_cast<uint8_t *>(mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0));
  CHECK(memory != MAP_FAILED);
  const uint8_t bytes[100] = {2};
  for (uint32_t step = 0; step < 20000 && link->fault() == nullptr; step += 1) {
    for (uint32_t count = 0; count < 16; count += 1) {
      const uint64_t ring = random.next() % 2 * DriverRing::kBytes;
      memory[ring + random.next() % DriverRing::kBuffers] = static_cast<uint8_t>(random.next());
    }
    auto *const used = reinterpret_cast<uint16_t *>(memory + DriverRing::kUsed);
    used[1] = static_cast<uint16_t>(used[1] + (step < 2000 ? 1 : random.next()));
    FrameView views[kLinkBatch];
    const uint32_t count = link->take(views, kLinkBatch);
    for (uint32_t index = 0; index < count; index += 1) CHECK(views[index].length <= DriverRing::kBufferBytes);
    link->release();
    link->send(frame_of(bytes, sizeof bytes));
    link->flush();
  }
  CHECK(link->fault() != nullptr && link->recover());
  munmap(memory, kMemory);
  unlink(path.c_str());
}
