// What is left of the tender in a confined process: a few pages of memory, its code and its constants.
#ifndef WL_CELL_H
#define WL_CELL_H

#include <cstddef>
#include <cstdint>
#include <linux/filter.h>

#include "../abi/wirelet_abi.h"
#include "wl_own_code.h"

namespace wl {

constexpr uint32_t kCellFilterMax = 48;
constexpr uint32_t kCellStackBytes = 48 << 10; // the kernel puts the processor's whole state there, AVX-512 included

// Exit statuses of a confined process.
constexpr int kCellExited = 0;
constexpr int kCellPanicked = 80;
constexpr int kCellMemory = 81;  // its memory could not be set up
constexpr int kCellSignals = 82; // its signal handlers could not be set up
constexpr int kCellFilter = 83;  // its seccomp filter was refused

struct Cell {
  uint8_t signal_stack[kCellStackBytes];
  uint8_t stack[16 << 10];
  wl_control *control; // the guest's address of it
  uint64_t entry, stack_top;
  int guest_bell, driver_bell;
  Range leave[4]; // what is unmapped
  sock_fprog filter;
  sock_filter instructions[kCellFilterMax];
};
static_assert(offsetof(Cell, signal_stack) == 0, "the handler finds the cell by its stack");

// Installs the signal handlers of a confined process; false if the kernel refuses.
bool cell_handle_signals(Cell *cell);
// Unmaps all but guest, cell and the code that stays; installs the filter; enters the guest. On the cell's stack.
[[noreturn]] void cell_enter(Cell *cell);

} // namespace wl

#endif
