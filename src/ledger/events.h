// Events beside the traffic: decisions, their reviews, whatever a command puts on record. Appended, never changed (but
// for an erasure). Any process, also while a gateway runs. Blocks on the disk: never on a worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ledger/records.h"

namespace trine::ledger {

struct StoredEvent {
  int64_t id = 0;  // rises with time
  Event event;
};

// Writes one event into <dir>/ledger.db and returns its id once it is on the disk: one synced transaction, so that it
// outlasts a power cut. It does not pass through a journal: archived journals alone do not bring it back. A gateway
// that runs is not disturbed; should both write at one moment, one waits (a fold is tried again by itself, this up to
// kEventPatience). Where there is no ledger yet, one is made.
// Errors: invalid_argument for a json over kMaxEventJson or without a kind; unavailable where the database stays
// locked; failed_precondition where it has another schema; those of the disk.
Result<int64_t> record_event(const std::filesystem::path& dir, const Event& event);
inline constexpr Nanos kEventPatience = std::chrono::seconds(5);

// Those of a kind, oldest first. An empty kind: all. not_found when there is no ledger in the directory.
Result<std::vector<StoredEvent>> events(const std::filesystem::path& dir, std::string_view kind);

}  // namespace trine::ledger
