// The query of an address: "since=24h&by=workload". Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "ledger/report.h"

namespace trine::web {

class Query {
 public:
  static constexpr size_t kMostFields = 24, kMostBytes = 512;  // of one value

  // Errors (invalid_argument): an escape that is none, a field twice, too much of it.
  static Result<Query> parse(std::string_view text);

  std::string text(const std::string& name) const;                                       // empty: it is not there
  std::optional<std::string> filter(const std::string& name) const;                      // nullopt: not there, or empty
  Result<int64_t> count(const std::string& name, int64_t standard, int64_t most) const;  // from 1
  // The fields in an order of their own: the same for the same question.
  const std::string& key() const { return key_; }

 private:
  std::map<std::string, std::string> fields_;
  std::string key_;
};

// How finely a period is read: minutes up to 3 h, ten minutes up to 26 h, else hours.
Nanos step_of(Nanos span);

// `since` (24h where it is not there; a duration begins at a full minute, ten minutes or hour) and `until`, `by`, and
// the filters.
Result<ledger::ReportQuery> report_query(const Query& query, Wall now);

}  // namespace trine::web
