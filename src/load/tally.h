// What a run has seen so far: counts, times, tokens, figures. Bounded: it does not grow with the requests.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "load/call.h"
#include "load/latencies.h"

namespace trine::load {

// Of answered requests. From the scheduled instant, so that a server that holds up the ones behind a slow one cannot
// hide it, nor can we.
struct Times {
  Latencies total;
  Latencies first_token;  // of streams
  Latencies per_token;    // of streams: from the first token to the last, over the tokens behind the first
};

struct Failure {
  uint64_t count = 0;
  std::string example;  // what we can say of the first one; may be empty
};

struct FigureSums {
  uint64_t answers = 0;  // that came with figures
  Energy energy;
  Carbon carbon;
  Money cost;
  std::string currency;
  bool mixed_currencies = false;
  uint64_t simulated = 0;
  std::array<uint64_t, 26> quality{};  // by letter
};

// One thread.
class Tally {
 public:
  // At most so many kinds of failure are told apart: a server could make up a code for each.
  static constexpr size_t kMaxFailures = 64;
  static constexpr Nanos kLate = std::chrono::milliseconds(50);
  static constexpr double kMaxLateShare = 0.01;

  struct Sent {
    Mono scheduled{};
    bool document = false;
  };

  // One is due, and is sent now or not at all.
  void due(Nanos late);
  void not_sent() { ++unsent; }
  void over(const Sent& sent, const Outcome& outcome);

  uint64_t sent() const { return scheduled - unsent; }
  double late_share() const;
  // Arrivals came as planned: at most 1 % of them over 50 ms late, and each was sent.
  bool kept_up() const { return late_share() <= kMaxLateShare && unsent == 0; }

  uint64_t scheduled = 0;  // that were due
  uint64_t unsent = 0;     // as many were open as may be
  uint64_t answered = 0, failed = 0, unfinished = 0;
  std::map<std::pair<int, std::string>, Failure> failures;  // by status (0: none came) and code
  Times text, documents;
  Latencies late;  // our own: from the scheduled instant to the sending
  uint64_t late_count = 0;
  llm::Usage usage;
  uint64_t without_usage = 0;  // answers that did not say it
  uint64_t deltas = 0;         // of those: parts of their streams, at least a token each
  FigureSums figures;
};

}  // namespace trine::load
