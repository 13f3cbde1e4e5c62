// Work of the engines of a device that we did not send, from their own token counters (docs/accounting.md §2.4).
//
// Window by window the two cannot be compared: an engine counts a token when it makes it, we know those of an answer
// that is not streamed when it ends. What is counted and not yet known to us is in flight, and never negative; so the
// least of (counted - known) over a minute tells what was foreign, and it is given to the windows of the next minute.
// Sums are right, one to two minutes late. Work in flight may be taken for foreign once, never more of it than was in
// flight in every moment of a minute.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/time.h"
#include "energy/attribution.h"

namespace trine::energy {

// One thread. Deterministic.
class ForeignLoad {
 public:
  struct Options {
    size_t engines = 1;  // that share the device
    Nanos base = std::chrono::minutes(1);
    Nanos silence = std::chrono::minutes(1);  // counters older than that say nothing
    double least = 0.02;                      // a smaller part of the engine's tokens is not told from timing
  };

  ForeignLoad() : ForeignLoad(Options{}) {}
  explicit ForeignLoad(const Options& options) : options_(options), engines_(options.engines) {}

  // The totals of an engine since its start, at `at`. A total that fell: it started again. Values that are not finite
  // or negative are ignored, and so is a time that is not after the last one. REQUIRES: engine < engines.
  void counted(Wall at, const EngineTokens& totals, size_t engine = 0);

  // What we sent in a window that is closed. Windows come in order.
  void sent(Wall window_end, const EngineTokens& tokens);

  // Foreign tokens of the window [begin, end), each given once. Nullopt where the counters of an engine are not known.
  std::optional<EngineTokens> take(Wall begin, Wall end);

 private:
  struct Point {
    Wall at;
    EngineTokens sum;
  };
  struct Engine {
    Wall at{};  // of its totals
    std::optional<EngineTokens> totals;
  };
  std::optional<EngineTokens> counted_at(Wall at) const;
  void compare();
  void settle(Wall at, const EngineTokens& counted);

  Options options_;
  std::vector<Engine> engines_;
  EngineTokens counted_sum_;
  std::deque<Point> counted_;  // of all engines since we began; what is needed for the windows not compared yet
  std::deque<Point> ours_;     // not compared yet
  EngineTokens ours_sum_;
  Wall compared_{};

  std::optional<Wall> base_begin_;
  EngineTokens offset_;        // counted - ours at the beginning
  EngineTokens least_;         // of counted - ours - offset in this base
  EngineTokens base_counted_;  // engine's sum when the base began
  EngineTokens given_, owed_;  // foreign tokens
  double owed_seconds_ = 0;    // over which what is owed is given
};

}  // namespace trine::energy
