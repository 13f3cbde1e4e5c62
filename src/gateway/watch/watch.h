// Stage 1, second half: is the key under watch for what it did lately (docs/abuse.md)? Workers note their requests, the
// back office's desk weighs them and tells the workers which keys are slowed or suspended.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "energy/facts.h"
#include "gateway/snapshot.h"
#include "llm/errors.h"
#include "net/task.h"
#include "protect/abuse.h"

namespace trine::gateway {

struct Exchange;

// Keys that are not as others, by name. Immutable; any thread.
using WatchLevels = StringMap<protect::WatchLevel>;

// One worker's notes, and what it knows of keys. One thread.
class WatchFeed {
 public:
  using Hand = std::function<void(std::vector<protect::Observation>)>;

  void use(Hand hand) { hand_ = std::move(hand); }  // none: nothing is noted
  void use(std::shared_ptr<const WatchLevels> levels) { levels_ = std::move(levels); }
  bool on() const { return hand_ != nullptr; }
  void add(protect::Observation o);
  void flush();
  protect::WatchLevel level(std::string_view key) const;

 private:
  static constexpr size_t kBatch = 256;
  Hand hand_;
  std::vector<protect::Observation> notes_;
  std::shared_ptr<const WatchLevels> levels_;
};

// Waits where the key is slowed; the error where it is suspended. REQUIRES: x.key.
net::Task<std::optional<llm::ClientError>> watch(Exchange& x);

// Notes how a request of a known key ended. Once, when it is recorded.
void note_request(Exchange& x, energy::Outcome outcome);

}  // namespace trine::gateway
