// When a request was in which stage: for the gateway's own overhead, and for the spans of its trace.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace trine::gateway {

enum class Phase : uint8_t { identify, body, limit, documents, guard, egress, cache, route, wait, call };
inline constexpr size_t kPhases = 10;

constexpr std::string_view name(Phase s) {
  constexpr std::array<std::string_view, kPhases> kNames = {"identify", "body",  "limit", "documents", "guard",
                                                            "egress",   "cache", "route", "wait",      "call"};
  return kNames[static_cast<size_t>(s)];
}

// Work of the gateway itself: not the client's body, nor what it waits for (places, engines, the documents' worker,
// names of hosts).
constexpr bool is_own(Phase s) {
  return s != Phase::body && s != Phase::documents && s != Phase::egress && s != Phase::wait && s != Phase::call;
}

// One request's. One thread.
class Trail {
 public:
  struct Leg {
    Phase phase{};
    Mono begin{}, end{};
  };

  // The request is in `phase` from now on.
  void enter(Phase phase, Mono now) {
    leave(now);
    if (count_ == kMost) return;
    legs_[count_++] = {phase, now, now};
    open_ = true;
  }
  void leave(Mono now) {
    if (open_) legs_[count_ - 1].end = now;
    open_ = false;
  }

  const Leg* begin() const { return legs_.data(); }
  const Leg* end() const { return legs_.data() + count_; }
  // Time in stages that are the gateway's own work.
  Nanos own() const {
    Nanos sum{};
    for (const Leg& leg : *this)
      if (is_own(leg.phase)) sum += leg.end - leg.begin;
    return sum;
  }

 private:
  // Ten attempts, each with a choice, a wait and a call, would be more: what does not fit is not told.
  static constexpr size_t kMost = 20;
  std::array<Leg, kMost> legs_{};
  size_t count_ = 0;
  bool open_ = false;
};

}  // namespace trine::gateway
