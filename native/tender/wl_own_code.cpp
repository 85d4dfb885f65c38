#include "wl_own_code.h"

#include <link.h>
#include <sys/mman.h>

#include "../abi/wirelet_abi.h"

namespace wl {

Range own_code() {
  Range found{0, 0};
  dl_iterate_phdr([](dl_phdr_info *object, size_t, void *result) {
    const auto here = reinterpret_cast<uint64_t>(&own_code);
    uint64_t from = UINT64_MAX, to = 0;
    bool ours = false;
    for (uint32_t index = 0; index < object->dlpi_phnum; index += 1) {
      const ElfW(Phdr) &segment = object->dlpi_phdr[index];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
      const uint64_t start = object->dlpi_addr + segment.p_vaddr;
      ours |= here >= start && here < start + segment.p_memsz;
      from = start < from ? start : from;
      to = start + segment.p_memsz > to ? start + segment.p_memsz : to;
    }
    if (!ours) return 0;
    const uint64_t mask = ~uint64_t{WL_PAGE_BYTES - 1};
    *static_cast<Range *>(result) = {from & mask, (to + WL_PAGE_BYTES - 1) & mask};
    return 1;
  }, &found);
  return found;
}

void release_own_code() {
  const Range code = own_code();
  if (code.from < code.to) madvise(reinterpret_cast<void *>(code.from), code.to - code.from, MADV_DONTNEED);
}

} // namespace wl
