// The TCP stream. Included by .cc files of net only.
#pragma once

#include <vector>

#include "net/detail/loop_impl.h"
#include "net/stream.h"

namespace trine::net {

// Edge-triggered: it knows from epoll whether there may be something to read, and asks the kernel only then. So a
// request that comes in one piece costs one recv, and waiting for a client to leave costs none.
class SocketStream final : public Stream, Watched {
 public:
  // Takes the descriptor, which is connected, non-blocking and not watched yet.
  SocketStream(Loop::Impl& loop, int fd);
  ~SocketStream() override;
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  void read(std::span<char> into, Done& done) override;
  IoResult read_now(std::span<char> into) override;
  std::optional<IoResult> write(std::span<const std::string_view> slices, Done& done) override;
  void cancel() override;
  void shutdown_write() override;
  void close() override;
  bool stale() override;
  std::string peer_address() const override;

 private:
  // Reads that are answered at once, one after the other, before others get their turn.
  static constexpr int kInARow = 16;

  void ready(uint32_t events) override;
  IoResult receive(std::span<char> into);
  void finish(Done*& which, IoResult result);

  Loop::Impl& loop_;
  int fd_;
  int in_a_row_ = kInARow;
  bool readable_ = false;
  bool hung_up_ = false;  // the peer sent its end: reads go on until they find it
  bool cancelled_ = false;
  bool* destroyed_ = nullptr;  // while ready() runs: told by the destructor
  Done* reading_ = nullptr;
  std::span<char> into_;
  Done* writing_ = nullptr;
  std::vector<std::string_view> left_;  // what a full socket buffer did not take
};

}  // namespace trine::net
