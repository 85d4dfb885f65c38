// A vhost-user connection: messages with descriptors over a Unix socket (QEMU documentation, "Vhost-user Protocol").
// Never waits: a message that has not come whole stays where it is.
#ifndef WL_VHOST_CHANNEL_H
#define WL_VHOST_CHANNEL_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "../tender/wl_descriptor.h"

namespace wl {

enum VhostRequest : uint32_t {
  kGetFeatures = 1,
  kSetFeatures = 2,
  kSetOwner = 3,
  kResetOwner = 4,
  kSetMemTable = 5,
  kSetVringNum = 8,
  kSetVringAddr = 9,
  kSetVringBase = 10,
  kGetVringBase = 11,
  kSetVringKick = 12,
  kSetVringCall = 13,
  kSetVringErr = 14,
  kGetProtocolFeatures = 15,
  kSetProtocolFeatures = 16,
  kSetVringEnable = 18,
};

constexpr uint32_t kVhostVersion = 1, kVhostVersionMask = 3, kVhostReply = 4, kVhostNeedReply = 8;
constexpr uint64_t kVhostProtocolFeatures = uint64_t{1} << 30; // among those of virtio
constexpr uint64_t kVhostReplyAck = uint64_t{1} << 3;          // a protocol feature
constexpr uint64_t kVhostQueueMask = 0xff, kVhostNoDescriptor = 1 << 8;
constexpr uint32_t kVhostRegionsMax = 8;

// A piece of the driver's memory: where its guest has it, where the front-end has it, where it begins in its file.
struct VhostRegion {
  uint64_t guest, bytes, user, file_offset;
};

// Numbers are in the byte order of the machine, which is the same for both sides.
struct VhostMessage {
  static constexpr uint32_t kPayloadMax = 8 + kVhostRegionsMax * sizeof(VhostRegion);
  struct Header {
    uint32_t request, flags, bytes;
  } header;
  union {
    uint64_t number;
    struct {
      uint32_t queue, value;
    } state;
    struct {
      uint32_t queue, flags;
      uint64_t descriptors, used, available, log;
    } addresses;
    struct {
      uint32_t count, padding;
      VhostRegion regions[kVhostRegionsMax];
    } memory;
    uint8_t bytes[kPayloadMax];
  };
  std::array<Descriptor, kVhostRegionsMax> files;
  uint32_t file_count = 0;

  // The queue that it is about.
  uint32_t queue() const {
    const bool in_number = header.request == kSetVringKick || header.request == kSetVringCall || header.request == kSetVringErr;
    return in_number ? static_cast<uint32_t>(number & kVhostQueueMask) : state.queue;
  }
  bool wants_answer() const { return (header.flags & kVhostNeedReply) != 0; }
};

class VhostChannel {
public:
  enum class Got { message, nothing, closed, cut_off, foreign };

  void open(Descriptor connection);
  void close();
  bool is_open() const { return connection_.open(); }
  int get() const { return connection_.get(); }

  // The next message, if it is there: then it is in message() until the next call.
  Got receive();
  VhostMessage &message() { return message_; }
  // False: the other side is gone, or takes nothing.
  bool send(VhostRequest request, const void *payload, uint32_t bytes, std::initializer_list<int> files = {}, uint32_t flags = 0);
  bool answer(uint64_t value) { return send(static_cast<VhostRequest>(message_.header.request), &value, sizeof value, {}, kVhostReply); }

private:
  Got more(uint8_t *to, uint32_t bytes);

  Descriptor connection_;
  VhostMessage message_{};
  uint32_t got_ = 0; // bytes of it
};

} // namespace wl

#endif
