// A time-out on a stream's pending operations.
#pragma once

#include "net/loop.h"
#include "net/stream.h"

namespace trine::net {

// When it expires, pending operations end with `cancelled` and expired() says why.
class Deadline final : Timer {
 public:
  Deadline(Loop& loop, Stream& stream) : Timer(loop), stream_(&stream) {}
  void arm(Nanos from_now) {
    fired_ = false;
    Timer::arm(from_now);
  }
  using Timer::disarm;
  bool fired() const { return fired_; }
  void retarget(Stream& stream) { stream_ = &stream; }

 private:
  void expired() override {
    fired_ = true;
    stream_->cancel();
  }
  Stream* stream_;
  bool fired_ = false;
};

}  // namespace trine::net
