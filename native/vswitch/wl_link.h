// A port of the switch: what frames come from and go to. All links are tended by one thread.
#ifndef WL_LINK_H
#define WL_LINK_H

#include "wl_frame.h"
#include "wl_stream.h"

namespace wl {

// How many frames are dealt with at a time.
constexpr uint32_t kLinkBatch = kDrainBatch;

class Link {
public:
  virtual ~Link() = default;

  // Up to `most` frames (at most kLinkBatch), which stay where they are until release().
  virtual uint32_t take(FrameView *frames, uint32_t most) = 0;
  virtual void release() {}
  // How many frames it would take now, as far as it knows; a wire carries no more.
  virtual uint32_t room() { return kLinkBatch; }
  // Copies the frame; false: there is no room for it.
  virtual bool send(const Frame &frame) = 0;
  // Copies as many of these frames as there is room for, from the first on; how many.
  virtual uint32_t send_all(const Frame *frames, uint32_t count) {
    uint32_t sent = 0;
    while (sent < count && send(frames[sent])) sent += 1;
    return sent;
  }
  // What was sent becomes the other side's, which is woken if it sleeps.
  virtual void flush() {}
  // Whether it was woken since this was last asked: its answer may be awaited.
  virtual bool woken() { return false; }
  // Whether the other side takes frames at all.
  virtual bool takes() const { return true; }

  // Descriptors to poll while nothing happens: for frames (or a kick), and for the end of the other side; or -1.
  virtual int descriptor() const = 0;
  virtual int lifeline() const { return -1; }
  // Asks to be woken for frames, or, with `for_room`, for room; false: there is something already.
  virtual bool arm(bool) { return true; }
  virtual void disarm() {}
  // Of links whose other side comes and goes: its lifeline() has something, which hear() deals with.
  virtual bool tended() const { return false; }
  virtual void hear() {}
  // Whether the other side is there.
  virtual bool there() const { return true; }
  // Why the other side cannot be believed any more; nullptr: it can.
  virtual const char *fault() const { return nullptr; }
  // After a fault: parts with the other side; true: another one may come.
  virtual bool recover() { return false; }
  // Frames that came and were no frames, or were lost on the way in.
  virtual uint64_t malformed() const { return 0; }
  // Frames that send() took, and that the device then had no room for.
  virtual uint64_t lost() const { return 0; }
  // Of a generator: what has become of its frames so far; else `stream` is null.
  virtual StreamOutcome stream() const { return {}; }
};

} // namespace wl

#endif
