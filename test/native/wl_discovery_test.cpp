// How an image finds its cards in machines of other VMMs: tables as those VMMs lay them out, and tables that lie.
#include "wl_test.h"
#include "wl_test_driver.h"

#include <array>
#include <cstring>
#include <map>
#include <vector>

using wl::test::Random;

namespace {

constexpr uint64_t kPage = 4096;
constexpr uint32_t kNet = 0x10411af4, kTransitional = 0x10001af4;

struct Found {
  std::vector<uint64_t> cards;
  bool overlaps, attached;
};

// Memory, and PCI's configuration behind ports.
class Machine {
public:
  uint8_t *page(uint64_t at) {
    const auto found = memory.find(at);
    return found == memory.end() ? nullptr : found->second.data();
  }
  void put(uint64_t at, uint64_t value, uint32_t bytes) {
    for (uint32_t index = 0; index < bytes; index += 1, value >>= 8) memory[(at + index) & ~(kPage - 1)][(at + index) % kPage] = static_cast<uint8_t>(value);
  }
  void text(uint64_t at, const char *letters) {
    for (; *letters != 0; letters += 1, at += 1) put(at, static_cast<uint8_t>(*letters), 1);
  }
  void table(uint64_t at, const char *signature, uint32_t bytes) {
    text(at, signature);
    put(at + 4, bytes, 4);
  }
  // ACPI's root, and its list of tables: addresses of eight bytes if `wide`.
  void root(uint64_t at, uint64_t list, const std::vector<uint64_t> &tables, bool wide) {
    text(at, "RSD PTR ");
    put(at + 15, wide ? 2 : 0, 1);
    put(at + (wide ? 24 : 16), list, wide ? 8 : 4);
    uint8_t sum = 0;
    put(at + 8, 0, 1);
    for (uint64_t index = 0; index < 20; index += 1) sum += page(at & ~(kPage - 1))[(at + index) % kPage];
    put(at + 8, static_cast<uint8_t>(-sum), 1);
    const uint32_t width = wide ? 8 : 4;
    table(list, wide ? "XSDT" : "RSDT", static_cast<uint32_t>(36 + width * tables.size()));
    for (size_t index = 0; index < tables.size(); index += 1) put(list + 36 + width * index, tables[index], width);
  }
  // What ASL's compilers make of a virtio-mmio device; returns where the next one may be.
  uint64_t mmio_device(uint64_t at, uint32_t base) {
    text(at, "_HID");
    put(at + 4, 0x0d, 1);
    text(at + 5, "LNRO0005");
    text(at + 14, "_UID____CCA__CRS");
    put(at + 40, 0x000986, 3);
    put(at + 43, 1, 1);
    put(at + 44, base, 4);
    put(at + 48, 0x200, 4);
    return at + 71;
  }
  void mmio_card(uint64_t base, uint32_t version, uint32_t device) {
    put(base, 0x74726976, 4);
    put(base + 4, version, 4);
    put(base + 8, device, 4);
  }
  // A function's configuration at an address: in memory, or of ports.
  void config(uint64_t function, uint32_t reg, uint32_t value) {
    if (by_ports) ports[static_cast<uint32_t>(function) | reg] = value;
    else put(function + reg, value, 4);
  }
  uint64_t function(uint32_t bus, uint32_t device, uint32_t number = 0) const {
    const uint64_t place = bus << 8 | device << 3 | number;
    return by_ports ? 0x80000000u | place << 8 : ecam + (place << 12);
  }
  void bridge(uint64_t function, uint32_t secondary) {
    config(function, 0x00, 0x000c1b36);
    config(function, 0x0c, 0x00010000);
    config(function, 0x18, secondary << 8);
  }
  // A virtio-net function with its capabilities at the start of BAR 4, of 64 bits, as QEMU and Cloud Hypervisor have them.
  void card(uint64_t function, uint64_t bar, uint32_t id = kNet) {
    config(function, 0x00, id);
    config(function, 0x0c, 0);
    config(function, 0x34, 0x40);
    config(function, 0x20, static_cast<uint32_t>(bar) | 0xc);
    config(function, 0x24, static_cast<uint32_t>(bar >> 32));
    capability(function, 0x40, 0x54, 1, 4, 0, 0x1000);
    capability(function, 0x54, 0x68, 4, 4, 0x2000, 0x1000);
    capability(function, 0x68, 0, 2, 4, 0x3000, 0x1000);
    config(function, 0x78, 4);
    for (const uint64_t offset : {0x0, 0x2000, 0x3000}) put(bar + offset, 0, 1);
  }
  void capability(uint64_t function, uint32_t at, uint32_t next, uint32_t kind, uint32_t bar, uint32_t offset, uint32_t bytes) {
    config(function, at, 9 | next << 8 | 16 << 16 | kind << 24);
    config(function, at + 4, bar);
    config(function, at + 8, offset);
    config(function, at + 12, bytes);
  }
  void mcfg(uint64_t at, uint8_t first, uint8_t last) {
    table(at, "MCFG", 60);
    put(at + 44, ecam, 8);
    put(at + 54, first, 1);
    put(at + 55, last, 1);
  }
  Found discover(uint64_t root = 0) {
    const wl_test_firmware firmware = {
      this,
      [](void *self, uint64_t at) { return static_cast<Machine *>(self)->page(at); },
      [](void *self, uint32_t address) {
        const auto &ports = static_cast<Machine *>(self)->ports;
        const auto found = ports.find(address);
        return found == ports.end() ? (ports.count(address & ~0xffu) != 0 ? 0 : ~0u) : found->second;
      },
      [](void *self, uint32_t address, uint32_t value) { static_cast<Machine *>(self)->ports[address] = value; },
    };
    uint64_t cards[64];
    int overlaps, attached;
    const uint32_t count = wl_test_discover(&firmware, root, cards, &overlaps, &attached);
    return {{cards, cards + count}, overlaps != 0, attached != 0};
  }

  std::map<uint64_t, std::array<uint8_t, kPage>> memory;
  std::map<uint32_t, uint32_t> ports;
  uint64_t ecam = 0xb0000000;
  bool by_ports = false;
};

using Cards = std::vector<uint64_t>;

// A machine with PCI's configuration in memory, and one card behind a root port.
Machine q35() {
  Machine machine;
  machine.root(0xf5a40, 0x7fe0000, {0x7fe1000, 0x7fe2000}, false);
  machine.table(0x7fe1000, "FACP", 116);
  machine.put(0x7fe1000 + 40, 0x7fe3000, 4);
  machine.table(0x7fe3000, "DSDT", 0x400);
  machine.mcfg(0x7fe2000, 0, 255);
  machine.bridge(machine.function(0, 2), 1);
  machine.card(machine.function(1, 0), 0xfe800000);
  return machine;
}

} // namespace

TEST("devices of QEMU's microvm are found: the root where the loader says, RSDT, FADT, DSDT") {
  Machine machine;
  machine.root(0xf6000, 0xfff0000, {0xfff1000}, false);
  machine.table(0xfff1000, "FACP", 244);
  machine.put(0xfff1000 + 40, 0xfff2000, 4);
  machine.table(0xfff2000, "DSDT", 0x200);
  uint64_t at = machine.mmio_device(0xfff2000 + 40, 0xfeb00e00);
  at = machine.mmio_device(at, 0xfeb00c00);
  machine.mmio_card(0xfeb00e00, 1, 1);
  machine.mmio_card(0xfeb00c00, 2, 0); // a place without a device
  CHECK(machine.discover(0xf6000).cards == Cards{0xfeb00e00});
}

TEST("devices of Firecracker are found: the root by looking for it, XSDT, a wide FADT, pages of devices") {
  Machine machine;
  machine.root(0xe0000, 0xa0000, {0xa0040, 0xa0200}, true);
  machine.table(0xa0040, "FACP", 276);
  machine.put(0xa0040 + 140, 0xa0800, 8);
  machine.table(0xa0800, "DSDT", 0x100);
  machine.mmio_device(machine.mmio_device(0xa0840, 0xc0001000), 0xc0002000);
  machine.mmio_card(0xc0001000, 2, 2); // a disk
  machine.mmio_card(0xc0002000, 2, 1);
  CHECK(machine.discover().cards == Cards{0xc0002000});
}

TEST("functions of Cloud Hypervisor are found: configuration in memory, BARs at the end of the address space") {
  Machine machine;
  machine.ecam = 0xe8000000;
  machine.root(0xa0000, 0xa0040, {0xa0100}, true);
  machine.mcfg(0xa0100, 0, 0);
  machine.card(machine.function(0, 3), 0x3fffff00000);
  CHECK(machine.discover(0xa0000).cards == Cards{machine.function(0, 3) | 1});
}

TEST("functions behind bridges are found, by ports where no table names a memory") {
  Machine machine;
  machine.by_ports = true;
  machine.bridge(machine.function(0, 1), 3);
  machine.bridge(machine.function(3, 0), 7);
  machine.card(machine.function(7, 31), 0xfebc0000, kTransitional);
  machine.card(machine.function(8, 0), 0xfebd0000); // no bridge leads there, and one card is enough
  CHECK(machine.discover().cards == Cards{machine.function(7, 31) | 2});
}

TEST("functions on a bus that no bridge leads to are found if there are too few others") {
  Machine machine;
  machine.by_ports = true;
  machine.card(machine.function(128, 0), 0xfebd0000);
  CHECK(machine.discover().cards == Cards{machine.function(128, 0) | 2});
}

TEST("functions of a device with several are found, and no further ones of a device with one") {
  Machine machine;
  machine.by_ports = true;
  machine.config(machine.function(0, 4), 0, 0x12345678);
  machine.config(machine.function(0, 4), 0xc, 0x00800000);
  machine.card(machine.function(0, 4, 5), 0xfebd0000);
  machine.config(machine.function(0, 5), 0, 0x12345678);
  machine.card(machine.function(0, 5, 1), 0xfebe0000);
  CHECK(machine.discover().cards == Cards{machine.function(0, 4, 5) | 2});
}

TEST("bridges that lead back lead nowhere") {
  Machine machine = q35();
  machine.bridge(machine.function(1, 1), 0);
  machine.bridge(machine.function(1, 2), 1);
  CHECK(machine.discover().cards == Cards{machine.function(1, 0) | 1});
}

TEST("a card is noticed once, whatever the tables say twice") {
  Machine machine = q35();
  machine.root(0xf5a40, 0x7fe0000, {0x7fe1000, 0x7fe1000, 0x7fe2000, 0x7fe2000}, false);
  machine.put(0x7fe2000 + 4, 76, 4);
  machine.put(0x7fe2000 + 60, machine.ecam, 8);
  CHECK(machine.discover().cards.size() == 1);
}

TEST("a root whose sum is wrong is none") {
  Machine machine = q35();
  machine.put(0xf5a40 + 9, 1, 1);
  machine.by_ports = true;
  machine.card(machine.function(0, 3), 0xfebd0000);
  CHECK(machine.discover(0xf5a40).cards == Cards{machine.function(0, 3) | 2});
}

TEST("tables over the appliance's memory are noticed, and not read") {
  Machine machine = q35();
  machine.root(0xf5a40, WL_IMAGE_BASE + 0x1000, {0x7fe1000}, false);
  const Found found = machine.discover();
  CHECK(found.overlaps && !q35().discover().overlaps);
}

TEST("capabilities that are no use leave a card out: ports, no place, too short, over a page's end") {
  const auto left_out = [](auto change) {
    Machine machine = q35();
    change(machine, machine.function(1, 0));
    return machine.discover().cards.empty();
  };
  CHECK(!left_out([](Machine &, uint64_t) {}));
  CHECK(left_out([](Machine &machine, uint64_t card) { machine.config(card, 0x20, 0xc001); }));
  CHECK(left_out([](Machine &machine, uint64_t card) { machine.config(card, 0x20, 0xc); }));
  CHECK(left_out([](Machine &machine, uint64_t card) { machine.config(card, 0x40 + 4, 6); }));
  CHECK(left_out([](Machine &machine, uint64_t card) { machine.config(card, 0x40 + 12, 55); }));
  CHECK(left_out([](Machine &machine, uint64_t card) { machine.config(card, 0x40 + 8, 0xfcc); }));
  CHECK(left_out([](Machine &machine, uint64_t card) { machine.config(card, 0x54 + 12, 7); }));
  CHECK(left_out([](Machine &machine, uint64_t card) { machine.config(card, 0x68 + 12, 0); }));
  CHECK(left_out([](Machine &machine, uint64_t card) { machine.config(card, 0x34, 0); }));
}

TEST("a list of capabilities in a circle comes to an end") {
  Machine machine = q35();
  machine.config(machine.function(1, 0), 0x68, 9 | 0x40 << 8 | 0xff000000);
  CHECK(machine.discover().cards.empty());
}

TEST("a device that does not reset, or has queues that are too short, becomes no interface") {
  Machine machine = q35();
  CHECK(!machine.discover().attached);
  machine.put(0xfe800000 + 20, 1, 1);
  CHECK(!machine.discover().attached);
}

TEST("whatever the tables say, looking for cards ends, and touches nothing but memory that is there") {
  Random random(wl::test::seed() * 31);
  size_t found = 0, rounds = 60;
  for (size_t round = 0; round < rounds; round += 1) {
    Machine machine = q35();
    machine.mmio_device(0x7fe3000 + 64, 0xfeb00e00);
    machine.mmio_card(0xfeb00e00, 2, 1);
    const uint64_t places[] = {0xf5a40, 0x7fe0000, 0x7fe1000, 0x7fe2000, 0x7fe3000 + 64, machine.function(0, 2), machine.function(1, 0), 0xfe800000, 0xfeb00e00};
    for (uint64_t changes = random.below(12); changes > 0; changes -= 1) {
      const uint64_t at = places[random.below(sizeof places / sizeof places[0])] + random.below(round % 2 == 0 ? 128 : 64);
      static const uint64_t values[] = {0, 1, 0x40, 0x7f, 0x80, 0xff, 0xfffffff0, 0xffffffffffffffff};
      if (random.below(2) == 0) machine.put(at, values[random.below(8)], 1 << random.below(4));
      else machine.put(at, random.next(), 1 << random.below(3));
    }
    if (random.below(2) == 0) machine.memory.erase(places[random.below(8)] & ~(kPage - 1));
    found += machine.discover(random.below(2) == 0 ? 0xf5a40 : random.next()).cards.size();
  }
  CHECK(found > 0);
}
