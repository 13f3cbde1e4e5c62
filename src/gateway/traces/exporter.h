// Sends traces to an OpenTelemetry collector by OTLP over HTTP, and keeps the newest of them as exemplars for /metrics.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/snapshot.h"
#include "gateway/traces/otlp.h"
#include "net/fetch.h"
#include "net/loop.h"

namespace trine::gateway {

// A trace that stands for one bucket of the histogram of calls' durations.
struct Exemplar {
  TraceId trace;
  double seconds = 0;
  Wall at{};
};
// By deployment and bucket of kCallSeconds; a default TraceId: none yet.
using Exemplars = std::map<std::string, std::array<Exemplar, kCallSeconds.size() + 1>, std::less<>>;

// On the back office's loop. Bounded: what does not fit in the queue is dropped and counted, the oldest first.
class TraceExporter final : net::Timer {
 public:
  static constexpr size_t kMostWaiting = 2048;
  static constexpr size_t kBatch = 128;
  static constexpr Nanos kEvery = std::chrono::seconds(1);
  static constexpr Nanos kLongestPause = std::chrono::seconds(30);

  explicit TraceExporter(net::Loop& loop, net::Dialer* dialer = nullptr);

  void use(const std::shared_ptr<const Snapshot>& snapshot);
  void take(std::vector<std::shared_ptr<const Trace>> traces);
  // No new sending from now on but one: what waits, as far as it goes in one message.
  void stop();
  bool idle() const { return !sending_; }

  struct Stats {
    int64_t exported = 0, dropped = 0, failures = 0;  // failures: messages that were not taken
    size_t waiting = 0;
    bool on = false;
  };
  Stats stats() const;
  const Exemplars& exemplars() const { return exemplars_; }

 private:
  void expired() override;
  net::Task<void> send();
  void keep(const Trace& trace);
  void drop(size_t count);

  net::Loop& loop_;
  net::Dialer* dialer_;
  TraceSource source_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<net::Pool> pool_;
  std::deque<std::shared_ptr<const Trace>> waiting_;
  Exemplars exemplars_;
  Stats stats_;
  Nanos pause_ = kEvery;
  bool sending_ = false, stopped_ = false, warned_ = false;
};

}  // namespace trine::gateway
