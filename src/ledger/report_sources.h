// What reports add up, as rows of one shape: those of the tables, one by one, or what was added up of times that are
// over (rollup.cc). Internal to this module.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/report.h"
#include "ledger/schema.h"

namespace trine::ledger {

// How rows come. Above `rows` each has slots of one length, numbered since 1970. Hour totals are the hours again,
// without origin, key and user: what an hourly chart reads.
enum class Level { rows = -1, minutes = 0, tens = 1, hours = 2, days = 3, hour_totals = 4 };

constexpr int64_t kMinuteNs = 60'000'000'000, kHourNs = 60 * kMinuteNs;
constexpr int64_t length_of(Level level) {
  constexpr std::array<int64_t, 5> kLengths = {kMinuteNs, 10 * kMinuteNs, kHourNs, 24 * kHourNs, kHourNs};
  return kLengths[static_cast<size_t>(level)];
}

constexpr const char* kFigures[] = {"gpu_energy_uj",  "energy_uj",      "energy_low_uj",
                                    "energy_high_uj", "operational_ng", "embodied_ng",
                                    "carbon_low_ng",  "carbon_high_ng", "cost_neur"};

// One kind of row. `from()` is a SELECT in parentheses over the period [?1, ?2) in ns; its columns are `dims`, `sums`
// and `at`, a time in the period and in the row's slot.
struct Source {
  const char* table;              // of what is added up
  std::vector<const char*> dims;  // those of identities first
  std::vector<const char*> sums;
  size_t identities = 0;     // so many of `dims` are not in hour totals
  const char* last = "sum";  // how the last of `sums` is added up
  std::string (*rows)();

  std::string from(Level level) const;
  std::string sums_of(const char* alias) const;  // ", sum(r.calls), ..."
};

// origin, key, user, target, letter, late, served: calls, unsettled, simulated, counted, three tokens, nine figures.
extern const Source kCalls;
// origin, key, user, outcome, late, targets ("3,7": of its calls, each once): requests. Row by row `n` is its number.
extern const Source kRequests;
// deployment, zone, late: five of unattributed, five of foreign.
extern const Source kWindows;
// origin, key, user, target (of the call that served it), step, late: requests, without_call, first_requests and
// first_without_call (each request once, by its first step), two tokens, nine figures, the worst letter.
extern const Source kAvoided;

// A part of a period, to be read at one level. ns.
struct Span {
  Level level = Level::rows;
  int64_t from = 0, until = 0;
};

// The period in as few rows as there are. `step`: a length that no slot may be longer than, and that slots divide;
// `totals`: nothing is asked of origins, keys and users.
Result<std::vector<Span>> cover(Database& db, const ReportQuery& q, int64_t step, bool totals);

}  // namespace trine::ledger
