// An event beside the traffic: a decision, its review, whatever a command puts on record. Appended, never changed (but
// for an erasure); events.h reads it. Any process, also while a gateway runs. Blocks on the disk: never on a worker.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "ledger/records.h"

namespace trine::ledger {

// Writes one event into <dir>/ledger.db and returns once it is on the disk: one synced transaction, so that it
// outlasts a power cut. It does not pass through a journal: archived journals alone do not bring it back. A gateway
// that runs is not disturbed; should both write at one moment, one waits (a fold is tried again by itself, this up to
// kEventPatience). Where there is no ledger yet, one is made.
// Errors: invalid_argument for a json over kMaxEventJson or without a kind; unavailable where the database stays
// locked; failed_precondition where it has another schema; those of the disk.
Result<void> record_event(const std::filesystem::path& dir, const Event& event);
inline constexpr Nanos kEventPatience = std::chrono::seconds(5);

}  // namespace trine::ledger
