// Sums of a period in equal steps, for charts. As Reports (report.h), which it agrees with: the same calls count in the
// same moments; what came after its month was closed is left out.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "ledger/report.h"

namespace trine::ledger {

struct SeriesQuery {
  ReportQuery report;  // `by`: none, or a group of calls; not hour
  Nanos step = std::chrono::hours(1);
};

struct SeriesPoint {
  int64_t requests = 0, failed = 0, calls = 0;  // requests and failed: with By::none only
  Tokens in = 0, cached = 0, out = 0;
  energy::Figures figures;                   // sums; the letter means nothing
  energy::DeviceWindow::Share unattributed;  // as ReportRow has it
};

struct Series {
  SeriesQuery query;
  Wall begin{};  // of the first step: steps lie at multiples of their length since 1970
  struct Group {
    std::string name;
    std::vector<SeriesPoint> points;  // one for each step that touches the period
  };
  std::vector<Group> groups;  // by energy, the largest first
  bool simulated = false;
};

inline constexpr size_t kMostSteps = 2000, kMostGroups = 12;  // what is beyond goes into a group "(others)"

// Errors: invalid_argument where there are more than kMostSteps; not_found without a ledger.
Result<Series> series(const std::filesystem::path& dir, const SeriesQuery& query);
std::string to_json(const Series& series, const std::string& currency);

}  // namespace trine::ledger
