#include "wl_xdp_program.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wl {

namespace {

int bpf(int command, bpf_attr &what) { return static_cast<int>(syscall(SYS_bpf, command, &what, sizeof what)); }

// bpf_redirect_map(map, context->rx_queue_index, XDP_PASS)
struct Code {
  bpf_insn at[6];
  explicit Code(int map)
      : at{{BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, offsetof(xdp_md, rx_queue_index), 0},
           {BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map},
           {0, 0, 0, 0, 0},
           {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, XDP_PASS},
           {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map},
           {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}} {}
};

} // namespace

bool XdpProgram::load(std::string &what) {
  bpf_attr map{};
  map.map_type = BPF_MAP_TYPE_XSKMAP;
  map.key_size = map.value_size = 4;
  map.max_entries = kQueuesMax;
  map_.reset(bpf(BPF_MAP_CREATE, map));
  what = "the table of sockets";
  if (!map_.open()) return false;
  const Code code(map_.get());
  static const char kLicense[] = "Dual MIT/GPL";
  bpf_attr program{};
  program.prog_type = BPF_PROG_TYPE_XDP;
  program.expected_attach_type = BPF_XDP;
  program.insns = reinterpret_cast<uint64_t>(code.at);
  program.insn_cnt = sizeof code.at / sizeof code.at[0];
  program.license = reinterpret_cast<uint64_t>(kLicense);
  program_.reset(bpf(BPF_PROG_LOAD, program));
  what = "the program";
  return program_.open();
}

bool XdpProgram::add(uint32_t queue, int socket) {
  bpf_attr entry{};
  entry.map_fd = static_cast<uint32_t>(map_.get());
  entry.key = reinterpret_cast<uint64_t>(&queue);
  entry.value = reinterpret_cast<uint64_t>(&socket);
  return bpf(BPF_MAP_UPDATE_ELEM, entry) == 0;
}

bool XdpProgram::attach(unsigned interface, std::string &what) {
  what = "attaching the program";
  for (const uint32_t mode : {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE}) {
    bpf_attr link{};
    link.link_create.prog_fd = static_cast<uint32_t>(program_.get());
    link.link_create.target_ifindex = interface;
    link.link_create.attach_type = BPF_XDP;
    link.link_create.flags = mode;
    link_.reset(bpf(BPF_LINK_CREATE, link));
    if (link_.open() || errno == EBUSY || errno == EPERM) break;
  }
  return link_.open();
}

} // namespace wl
