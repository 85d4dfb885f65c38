#include "wl_image.h"

#include <algorithm>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace wl {

namespace {

constexpr uint64_t kSegmentsMax = 16;
constexpr uint64_t kSectionsMax = 64;
constexpr uint64_t kNamesBytesMax = 4096;
constexpr uint64_t kGdtBytes = 56;          // five descriptors and the 16 bytes of the TSS
constexpr uint64_t kTssBytes = 0x68;        // Intel SDM volume 3, 7.7: without the I/O bitmap
constexpr uint64_t kGateBytes = 16;
constexpr uint64_t kRingSizeMax = 32768;    // virtio 1.2, 2.7

bool power_of_two(uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

} // namespace

bool Image::open(const std::string &path, Failure &failure) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) {
    return failure.set("WL4010", "image " + path + " cannot be read: " + reason(errno), "wirelet build GRAPH -o IMAGE makes one.");
  }
  return read(std::move(file), path, failure);
}

bool Image::read(Descriptor file, const std::string &path, Failure &failure) {
  file_ = std::move(file);
  path_ = path;
  struct stat status;
  if (fstat(file_.get(), &status) != 0) return failure.set("WL4010", "image " + path + " cannot be read: " + reason(errno));
  if (!S_ISREG(status.st_mode)) return failure.set("WL4010", "image " + path + " is not a file");
  file_bytes_ = static_cast<uint64_t>(status.st_size);
  return read_headers(failure) && read_info(failure) && check_layout(failure) && check_segments(failure) && check_tables(failure) &&
         check_interfaces(failure);
}

bool Image::describe(const wl_image_info &info, const std::string &path, Failure &failure) {
  path_ = path;
  info_ = info;
  info_.shared_base = end(); // nothing is kept apart for other processes
  if (info_.magic != WL_IMAGE_MAGIC) return not_ours("its description has another magic number", failure);
  if (info_.abi_version != WL_ABI_VERSION || info_.info_bytes != sizeof info_) {
    return failure.set("WL4013", "image " + path_ + " is made for another version of the contract", "Build it again: wirelet build GRAPH --target native -o IMAGE.");
  }
  return check_interfaces(failure);
}

bool Image::load(uint8_t *memory, Failure &failure) const {
  for (const Segment &segment : segments_) {
    if (!take(memory + (segment.address - info_.base), segment.file_offset, segment.file_bytes)) return damaged("it became shorter", failure);
  }
  return true;
}

bool Image::read_headers(Failure &failure) {
  Elf64_Ehdr header;
  if (!take(&header, 0, sizeof header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return not_ours("it is not an ELF file", failure);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_X86_64 || header.e_type != ET_EXEC) {
    return not_ours("it is not an executable for x86-64", failure);
  }
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum > kSectionsMax || header.e_shstrndx >= header.e_shnum) {
    return not_ours("it has no section .wirelet.info", failure);
  }
  Elf64_Shdr sections[kSectionsMax];
  if (!take(sections, header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr))) return not_ours("it is cut off", failure);
  const Elf64_Shdr &strings = sections[header.e_shstrndx];
  std::string names(std::min<uint64_t>(strings.sh_size, kNamesBytesMax), '\0');
  if (!take(names.data(), strings.sh_offset, names.size())) return not_ours("it is cut off", failure);
  info_offset_ = 0;
  for (uint32_t index = 0; index < header.e_shnum; index += 1) {
    const Elf64_Shdr &section = sections[index];
    if (section.sh_name >= names.size() || strcmp(names.c_str() + section.sh_name, ".wirelet.info") != 0) continue;
    if (section.sh_type != SHT_PROGBITS || section.sh_size < offsetof(wl_image_info, interfaces)) return damaged("its description is cut off", failure);
    info_offset_ = section.sh_offset;
  }
  if (info_offset_ == 0) return not_ours("it has no section .wirelet.info", failure);
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum > kSegmentsMax) return damaged("its program headers", failure);
  Elf64_Phdr programs[kSegmentsMax];
  if (!take(programs, header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr))) return damaged("it is cut off", failure);
  segments_.clear();
  for (uint32_t index = 0; index < header.e_phnum; index += 1) {
    const Elf64_Phdr &program = programs[index];
    if (program.p_type != PT_LOAD || program.p_memsz == 0) continue;
    segments_.push_back({program.p_vaddr, program.p_memsz, program.p_offset, program.p_filesz, (program.p_flags & PF_W) != 0, (program.p_flags & PF_X) != 0});
  }
  std::sort(segments_.begin(), segments_.end(), [](const Segment &a, const Segment &b) { return a.address < b.address; });
  return true;
}

bool Image::read_info(Failure &failure) {
  if (!take(&info_, info_offset_, offsetof(wl_image_info, interfaces))) return damaged("it is cut off", failure);
  if (info_.magic != WL_IMAGE_MAGIC) return not_ours("its description has another magic number", failure);
  if (info_.abi_version != WL_ABI_VERSION) {
    return failure.set("WL4013", "image " + path_ + " is made for version " + std::to_string(info_.abi_version) + " of the contract; this is version " + std::to_string(WL_ABI_VERSION), "Build it again: wirelet build GRAPH -o IMAGE.");
  }
  // Taken again with its interfaces; what was checked must not have changed meanwhile.
  const wl_image_info first = info_;
  const uint64_t bytes = offsetof(wl_image_info, interfaces) + std::min<uint64_t>(first.interface_count, WL_INTERFACES_MAX) * sizeof(wl_interface_info);
  if (first.info_bytes < bytes || first.info_bytes > sizeof info_ || !take(&info_, info_offset_, bytes) || memcmp(&info_, &first, offsetof(wl_image_info, interfaces)) != 0) {
    return damaged("its description is cut off", failure);
  }
  return true;
}

bool Image::check_layout(Failure &failure) const {
  if (info_.base != WL_IMAGE_BASE) return damaged("its base address", failure);
  if (info_.memory_bytes == 0 || info_.memory_bytes % WL_PAGE_BYTES != 0 || info_.memory_bytes > WL_MEMORY_BYTES_MAX) return damaged("its memory size", failure);
  if (!within(info_.shared_base, 0, info_.base + WL_PAGE_BYTES, end() - WL_PAGE_BYTES, WL_PAGE_BYTES)) return damaged("where its shared part begins", failure);
  if (!within(info_.stack_top, 0, info_.base + WL_PAGE_BYTES, info_.shared_base, 16)) return damaged("its stack", failure);
  if (!within(info_.control, sizeof(wl_control), info_.shared_base, end(), 64)) return damaged("its control block", failure);
  if (!within(info_.counters, info_.counter_count * UINT64_C(8), info_.shared_base, end(), 8)) return damaged("its counters", failure);
  if (info_.log_bytes != 0 && (!power_of_two(info_.log_bytes) || !within(info_.log, info_.log_bytes, info_.shared_base, end(), 1))) return damaged("its log", failure);
  return true;
}

bool Image::check_segments(Failure &failure) const {
  uint64_t last = info_.base;
  bool enters_code = false;
  for (const Segment &segment : segments_) {
    if (!within(segment.address, segment.memory_bytes, last, end(), 1)) return damaged("a segment outside its memory, or over another", failure);
    if (segment.file_bytes > segment.memory_bytes || segment.file_offset > file_bytes_ || segment.file_bytes > file_bytes_ - segment.file_offset) {
      return damaged("a segment that is not in the file", failure);
    }
    last = segment.address + segment.memory_bytes;
    enters_code |= segment.executable && info_.entry >= segment.address && info_.entry < segment.address + segment.file_bytes;
  }
  return enters_code || damaged("its entry is not code", failure);
}

bool Image::check_tables(Failure &failure) const {
  const uint64_t from = info_.base, to = info_.shared_base;
  if (!within(info_.page_tables, WL_PAGE_BYTES, from, to, WL_PAGE_BYTES)) return damaged("its page tables", failure);
  if (info_.gdt_limit + UINT64_C(1) < kGdtBytes || !within(info_.gdt, info_.gdt_limit + UINT64_C(1), from, to, 8)) return damaged("its GDT", failure);
  if ((info_.idt_limit + UINT64_C(1)) % kGateBytes != 0 || !within(info_.idt, info_.idt_limit + UINT64_C(1), from, to, 8)) return damaged("its IDT", failure);
  if (info_.tss_limit + UINT64_C(1) < kTssBytes || !within(info_.tss, info_.tss_limit + UINT64_C(1), from, to, 4)) return damaged("its TSS", failure);
  return true;
}

bool Image::check_interfaces(Failure &failure) const {
  if (info_.interface_count > WL_INTERFACES_MAX) return damaged("its number of interfaces", failure);
  for (uint32_t index = 0; index < info_.interface_count; index += 1) {
    const wl_interface_info &item = info_.interfaces[index];
    if (item.name[0] == '\0' || memchr(item.name, '\0', sizeof item.name) == nullptr) return damaged("the name of interface " + std::to_string(index), failure);
    for (uint32_t before = 0; before < index; before += 1) {
      if (strcmp(info_.interfaces[before].name, item.name) == 0) return damaged(std::string("two interfaces ") + item.name, failure);
    }
    if (!check_ring(item.receive, item.name, failure) || !check_ring(item.transmit, item.name, failure)) return false;
  }
  return true;
}

bool Image::check_ring(const wl_ring_info &ring, const char *name, Failure &failure) const {
  const uint64_t from = info_.base, to = info_.shared_base, size = ring.size;
  const bool good = power_of_two(size) && size >= 2 && size <= kRingSizeMax && within(ring.descriptors, 16 * size, from, to, 16) &&
                    within(ring.available, 6 + 2 * size, from, to, 2) && within(ring.used, 6 + 8 * size, from, to, 4);
  return good || damaged(std::string("a ring of interface ") + name, failure);
}

// Whether [address, address + bytes) lies in [from, to] and is aligned.
bool Image::within(uint64_t address, uint64_t bytes, uint64_t from, uint64_t to, uint64_t alignment) const {
  return address >= from && address <= to && bytes <= to - address && address % alignment == 0;
}

bool Image::damaged(const std::string &what, Failure &failure) const {
  return failure.set("WL4012", "image " + path_ + " is damaged: " + what, "Build it again: wirelet build GRAPH -o IMAGE.");
}

bool Image::not_ours(const std::string &why, Failure &failure) const {
  return failure.set("WL4011", path_ + " is not a Wirelet image: " + why, "wirelet build GRAPH -o IMAGE makes one.");
}

// Exactly `bytes` bytes of the file from `offset`.
bool Image::take(void *to, uint64_t offset, uint64_t bytes) const {
  if (offset > file_bytes_ || bytes > file_bytes_ - offset) return false;
  for (uint64_t done = 0; done < bytes;) {
    const ssize_t got = pread(file_.get(), static_cast<uint8_t *>(to) + done, bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<uint64_t>(got);
  }
  return true;
}

} // namespace wl
