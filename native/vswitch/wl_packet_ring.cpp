#include "wl_packet_ring.h"

#include <sys/mman.h>
#include <sys/socket.h>

namespace wl {

PacketRing::~PacketRing() {
  if (memory_ != nullptr) munmap(memory_, kBytes);
}

bool PacketRing::open(int socket) {
  const int version = TPACKET_V2;
  tpacket_req request{};
  request.tp_block_size = kBlockBytes;
  request.tp_block_nr = kBlocks;
  request.tp_frame_size = kFrameBytes;
  request.tp_frame_nr = kFrames;
  if (setsockopt(socket, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 || setsockopt(socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) return false;
  void *const memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
  if (memory == MAP_FAILED) return false;
  memory_ = static_cast<uint8_t *>(memory);
  socket_ = socket;
  return true;
}

bool PacketRing::next(FrameView &frame) {
  uint8_t *const slot = at((first_ + held_) % kFrames);
  auto *const header = reinterpret_cast<tpacket2_hdr *>(slot);
  const uint32_t status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
  if (held_ == kFrames || (status & TP_STATUS_USER) == 0) return false;
  held_ += 1;
  tpacket_auxdata notes{};
  notes.tp_status = status;
  notes.tp_vlan_tci = header->tp_vlan_tci;
  notes.tp_vlan_tpid = header->tp_vlan_tpid;
  frame = {slot, 0};
  if (header->tp_snaplen != header->tp_len || header->tp_len > WL_FRAME_BYTES_MAX) return true;
  const ReceivedFrame restored = restore_frame(slot + header->tp_mac, header->tp_len, notes);
  if (restored.length <= WL_FRAME_BYTES_MAX) frame = {restored.data, restored.length};
  return true;
}

void PacketRing::give_back() {
  for (; held_ > 0; held_ -= 1, first_ = (first_ + 1) % kFrames) __atomic_store_n(&reinterpret_cast<tpacket2_hdr *>(at(first_))->tp_status, uint32_t{TP_STATUS_KERNEL}, __ATOMIC_RELEASE);
}

uint64_t PacketRing::lost() const {
  tpacket_stats figures{};
  socklen_t bytes = sizeof figures;
  return getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &figures, &bytes) == 0 ? figures.tp_drops : 0;
}

} // namespace wl
