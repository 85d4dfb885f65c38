// Private memory of this process without the guest's.
#ifndef WL_OWN_MEMORY_H
#define WL_OWN_MEMORY_H

#include "wl_guest_memory.h"

namespace wl {

class OwnMemory {
public:
  // Opens what is read later, when opening files may be forbidden.
  OwnMemory();
  // Private pages outside of `guest`: what one more VM costs its host. Pages of the program's file are not counted,
  // which are the page cache's and the same for all tenders. 0 if the kernel does not say.
  uint64_t private_bytes(const GuestMemory &guest) const;

private:
  Descriptor maps_;
};

} // namespace wl

#endif
