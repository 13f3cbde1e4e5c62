// One thing that people are told of.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "gateway/config/signals_config.h"
#include "protect/abuse.h"

namespace trine::gateway {

enum class NoticeKind : uint8_t { meter, grid, deployment, budget, abuse, ledger, decision };
inline constexpr size_t kNoticeKinds = 7;
std::string_view name(NoticeKind kind);

enum class NoticeState : uint8_t { begun, over, happened };  // of a condition, its end; of an event
std::string_view name(NoticeState state);

enum class Severity : uint8_t { info, warning, critical };
std::string_view name(Severity severity);

struct Notice {
  NoticeKind kind{};
  NoticeState state = NoticeState::happened;
  Severity severity = Severity::warning;
  std::string subject;   // "deployment de-a100", "key shop"
  std::string sentence;  // what happened and what to do
  Wall at{};             // when it began; of an end: when it ended
};

// How often a level of the watch over keys and addresses was reached, by protect::WatchLevel.
using AbuseCounts = std::array<int64_t, protect::kWatchLevels>;

// What became of one receiver's messages.
struct NoticeStats {
  std::string receiver;
  int64_t sent = 0, failed = 0, dropped = 0;  // failed: given up; dropped: too many waited
  size_t waiting = 0;
};

// The message's body. `id` is the same for each try to deliver it. Pure.
std::string to_json(const Notice& notice, std::string_view id, NoticeForm form);

}  // namespace trine::gateway
