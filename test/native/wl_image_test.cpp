// The reader of images against files that are not images, or no longer.
#include "wl_image.h"
#include "wl_test.h"

#include <cstring>
#include <elf.h>
#include <fcntl.h>

using namespace wl;
using wl::test::Random;
using wl::test::TemporaryFile;

namespace {

// The least that is accepted: one page of tables, code and description, and memory for a ring pair.
std::string smallest_image() {
  std::string file(0x4000, '\0');
  Elf64_Ehdr header{};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_phoff = 64;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 2;
  header.e_shoff = 0x200;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 1;
  memcpy(file.data(), &header, sizeof header);
  const Elf64_Phdr programs[2] = {{PT_LOAD, PF_R | PF_X, 0x1000, WL_IMAGE_BASE, WL_IMAGE_BASE, 0x1000, 0x1000, 0x1000},
                                  {PT_LOAD, PF_R | PF_W, 0x2000, WL_IMAGE_BASE + 0x1000, WL_IMAGE_BASE + 0x1000, 0x100, 0xf000, 0x1000}};
  memcpy(file.data() + 64, programs, sizeof programs);
  Elf64_Shdr sections[3] = {};
  sections[1].sh_name = 1;
  sections[1].sh_type = SHT_STRTAB;
  sections[1].sh_offset = 0x300;
  sections[1].sh_size = 32;
  sections[2].sh_name = 11;
  sections[2].sh_type = SHT_PROGBITS;
  sections[2].sh_offset = 0x2000;
  sections[2].sh_size = sizeof(wl_image_info);
  memcpy(file.data() + 0x200, sections, sizeof sections);
  memcpy(file.data() + 0x300, "\0.shstrtab\0.wirelet.info", 25);
  wl_image_info info{};
  info.magic = WL_IMAGE_MAGIC;
  info.abi_version = WL_ABI_VERSION;
  info.info_bytes = sizeof info;
  info.base = WL_IMAGE_BASE;
  info.memory_bytes = 0x10000;
  info.shared_base = WL_IMAGE_BASE + 0xc000;
  info.entry = WL_IMAGE_BASE + 0x10;
  info.stack_top = WL_IMAGE_BASE + 0x8000;
  info.page_tables = WL_IMAGE_BASE;
  info.gdt = info.idt = info.tss = WL_IMAGE_BASE;
  info.gdt_limit = 55;
  info.idt_limit = 511;
  info.tss_limit = 0xe8;
  info.interface_count = 1;
  info.control = info.shared_base;
  info.counters = info.shared_base + 0x1800;
  info.counter_count = 4;
  info.log = info.shared_base + 0x2000;
  info.log_bytes = 0x1000;
  strcpy(info.interfaces[0].name, "lan");
  info.interfaces[0].receive = {WL_IMAGE_BASE + 0x2000, WL_IMAGE_BASE + 0x3000, WL_IMAGE_BASE + 0x4000, 16, 0};
  info.interfaces[0].transmit = {WL_IMAGE_BASE + 0x5000, WL_IMAGE_BASE + 0x6000, WL_IMAGE_BASE + 0x7000, 16, 0};
  memcpy(file.data() + 0x2000, &info, sizeof info);
  return file;
}

bool opens(const std::string &bytes, Image &image, Failure &failure) {
  const TemporaryFile file(bytes);
  return image.open(file.path(), failure);
}

template <typename Change> std::string refused(Change change) {
  std::string file = smallest_image();
  wl_image_info info;
  memcpy(&info, file.data() + 0x2000, sizeof info);
  change(info);
  memcpy(file.data() + 0x2000, &info, sizeof info);
  Image image;
  Failure failure;
  return opens(file, image, failure) ? "accepted" : failure.code;
}

bool inside(const Image &image, uint64_t address, uint64_t bytes) {
  return address >= image.info().base && address <= image.end() && bytes <= image.end() - address;
}

} // namespace

TEST("the smallest image is accepted and loaded") {
  Image image;
  Failure failure;
  const TemporaryFile file(smallest_image());
  CHECK(image.open(file.path(), failure));
  std::string memory(0x10000, 'x');
  CHECK(image.load(reinterpret_cast<uint8_t *>(memory.data()), failure));
  CHECK(memory[0x1000] == '!' && memory[0x1100] == 'x');
}

TEST("what is not ours is called so, with how to make one") {
  Image image;
  Failure failure;
  CHECK(!image.open("/nonexistent/image", failure) && failure.code == "WL4010");
  CHECK(!opens("", image, failure) && failure.code == "WL4011");
  CHECK(!opens("#!/bin/sh\n", image, failure) && failure.code == "WL4011" && !failure.hint.empty());
  CHECK(!image.open("/proc/self/exe", failure) && failure.code == "WL4011");
}

TEST("every address and offset of the description is checked") {
  CHECK(refused([](wl_image_info &info) { info.abi_version += 1; }) == "WL4013");
  CHECK(refused([](wl_image_info &info) { info.base += 0x1000; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.memory_bytes = UINT64_MAX - 4095; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.memory_bytes += 1; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.shared_base += 8; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.shared_base = info.base + info.memory_bytes; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.entry = info.stack_top; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.stack_top = info.control + 16; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.control = info.base + info.memory_bytes - 64; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.control = info.base; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.counter_count = UINT32_MAX; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.log_bytes = 0x1001; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.log = UINT64_MAX - 16; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.gdt = info.shared_base; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.idt_limit = 65534; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.tss_limit = 8; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.interface_count = WL_INTERFACES_MAX + 1; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { memset(info.interfaces[0].name, 'a', WL_INTERFACE_NAME_BYTES); }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.interfaces[0].receive.size = 17; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.interfaces[0].receive.size = 65536; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.interfaces[0].transmit.used = info.shared_base - 8; }) == "WL4012");
  CHECK(refused([](wl_image_info &info) { info.interfaces[0].transmit.descriptors += 8; }) == "WL4012");
}

TEST("random bytes and random damage: an image is refused, or all it says lies within its memory") {
  Random random(test::seed());
  const std::string whole = smallest_image();
  for (int round = 0; round < 6000; round += 1) {
    std::string file = whole;
    if (round % 10 == 0) {
      for (char &byte : file) byte = static_cast<char>(random.next());
      if (round % 20 == 0) memcpy(file.data(), whole.data(), 64);
    }
    const size_t range = random.below(2) == 0 ? 0x400 : 0x2000 + 300;
    for (uint64_t count = 1 + random.below(6); count > 0; count -= 1) file[(range > 0x400 ? 0x2000 : 0) + random.below(range > 0x400 ? 300 : range)] = static_cast<char>(random.next());
    if (random.below(8) == 0) file.resize(random.below(file.size()));
    Image image;
    Failure failure;
    const TemporaryFile there(file);
    if (!image.open(there.path(), failure)) {
      CHECK(failure.code.size() == 6 && !failure.message.empty());
      continue;
    }
    const wl_image_info &info = image.info();
    CHECK(inside(image, info.control, sizeof(wl_control)) && inside(image, info.counters, 8ull * info.counter_count) && inside(image, info.log, info.log_bytes));
    std::string memory(info.memory_bytes, '\0');
    image.load(reinterpret_cast<uint8_t *>(memory.data()), failure); // past its end: the sanitizer sees it
    for (const Segment &segment : image.segments()) CHECK(inside(image, segment.address, segment.memory_bytes));
  }
}
