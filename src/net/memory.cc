#include "net/memory.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "net/task.h"

namespace trine::net {
namespace {

// One direction. Both ends hold it; one thread.
struct Pipe {
  explicit Pipe(Loop& l, MemoryFaults f) : loop(l), faults(f) {}
  Loop& loop;
  MemoryFaults faults;
  std::string bytes;  // arrived; unread from `taken` on
  size_t taken = 0;
  size_t carried = 0;    // all bytes that ever arrived
  size_t in_flight = 0;  // written, not yet arrived
  bool ended = false;    // the writer is done
  bool reader_gone = false;
  std::span<char> into;  // a pending read
  Stream::Done* reading = nullptr;
  uint64_t read_no = 0;  // which read that is: its completion must not hit the next
  std::string waiting;   // of a pending write
  Stream::Done* writing = nullptr;
  uint64_t write_no = 0;

  size_t unread() const { return bytes.size() - taken; }
  size_t room() const { return faults.capacity - std::min(faults.capacity, unread() + in_flight); }
  // What one read gets. The front is cut off now and then only: else a long text costs its square.
  size_t take(std::span<char> out) {
    const size_t n = std::min({out.size(), unread(), faults.deliver_at_most});
    std::copy_n(bytes.data() + taken, n, out.data());
    taken += n;
    if (taken == bytes.size() || taken > bytes.size() / 2) bytes.erase(0, std::exchange(taken, 0));
    return n;
  }
};
using PipePtr = std::shared_ptr<Pipe>;

void settle(const PipePtr& p);

// Completions are posted, never made from inside a call of ours.
void complete(const PipePtr& p, Stream::Done* Pipe::*slot, uint64_t Pipe::*number, IoResult result) {
  p->loop.post([p, slot, number, expected = (*p).*number, result] {
    if ((*p).*number != expected || !((*p).*slot)) return;
    std::exchange((*p).*slot, nullptr)->done(result);
  });
}
void complete_read(const PipePtr& p, IoResult result) {
  p->into = {};
  complete(p, &Pipe::reading, &Pipe::read_no, result);
}
void complete_write(const PipePtr& p, IoResult result) {
  p->waiting.clear();
  complete(p, &Pipe::writing, &Pipe::write_no, result);
}

void arrive(const PipePtr& p, std::string bytes) {
  p->in_flight -= bytes.size();
  const size_t left = p->faults.break_after - std::min(p->faults.break_after, p->carried);
  if (bytes.size() >= left) p->ended = true;
  bytes.resize(std::min(bytes.size(), left));
  p->carried += bytes.size();
  p->bytes += bytes;
  settle(p);
}

Task<void> later(PipePtr p, std::string bytes) {
  co_await p->loop.sleep(p->faults.delay);
  arrive(p, std::move(bytes));
}

void transmit(const PipePtr& p, std::string bytes) {
  p->in_flight += bytes.size();
  if (p->faults.delay.count() > 0)
    spawn(later(p, std::move(bytes)));
  else
    arrive(p, std::move(bytes));
}

void settle(const PipePtr& p) {
  if (p->reading && !p->into.empty()) {
    if (p->unread() > 0) {
      complete_read(p, {Status::ok, p->take(p->into)});
    } else if (p->ended && p->in_flight == 0) {
      complete_read(p, {Status::eof, 0});
    }
  }
  if (p->writing && !p->waiting.empty() && (p->reader_gone || p->room() > 0)) {
    if (p->reader_gone) return complete_write(p, {Status::error, 0});
    const size_t n = std::min(p->waiting.size(), p->room());
    std::string part = p->waiting.substr(0, n);
    p->waiting.erase(0, n);
    if (p->waiting.empty()) complete_write(p, {Status::ok, 0});
    if (n > 0) transmit(p, std::move(part));
  }
}

class MemoryStream final : public Stream {
 public:
  MemoryStream(PipePtr in, PipePtr out) : in_(std::move(in)), out_(std::move(out)) {}
  ~MemoryStream() override {
    in_->reading = out_->writing = nullptr;
    close();
  }

  void read(std::span<char> into, Done& done) override {
    in_->reading = &done;
    ++in_->read_no;
    if (closed_) return complete_read(in_, {Status::cancelled, 0});
    in_->into = into;
    settle(in_);
  }

  IoResult read_now(std::span<char> into) override {
    if (closed_) return {Status::cancelled, 0};
    const size_t n = in_->take(into);
    settle(in_);
    return {n == 0 && in_->ended && in_->in_flight == 0 ? Status::eof : Status::ok, n};
  }

  std::optional<IoResult> write(std::span<const std::string_view> slices, Done& done) override {
    if (closed_) return IoResult{Status::cancelled, 0};
    if (out_->reader_gone || out_->ended) return IoResult{Status::error, 0};
    std::string all;
    for (std::string_view s : slices) all += s;
    const size_t n = std::min(all.size(), out_->room());
    std::string rest = all.substr(n);
    all.resize(n);
    if (rest.empty()) {
      transmit(out_, std::move(all));
      return IoResult{Status::ok, 0};
    }
    out_->waiting = std::move(rest);
    out_->writing = &done;
    ++out_->write_no;
    transmit(out_, std::move(all));
    return {};
  }

  void cancel() override {
    if (in_->reading) complete_read(in_, {Status::cancelled, 0});
    if (out_->writing) complete_write(out_, {Status::cancelled, 0});
  }

  void shutdown_write() override {
    out_->ended = true;
    settle(out_);
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    cancel();
    in_->reader_gone = true;
    settle(in_);
    shutdown_write();
  }

  bool stale() override { return in_->unread() > 0 || in_->ended; }
  std::string peer_address() const override { return {}; }

 private:
  PipePtr in_, out_;
  bool closed_ = false;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> memory_pair(Loop& loop, MemoryFaults to_server,
                                                                        MemoryFaults to_client) {
  auto up = std::make_shared<Pipe>(loop, to_server);
  auto down = std::make_shared<Pipe>(loop, to_client);
  return {std::make_unique<MemoryStream>(down, up), std::make_unique<MemoryStream>(up, down)};
}

}  // namespace trine::net
