// Requests that ended, newest first, a page at a time. As Reports (report.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ledger/report.h"

namespace trine::ledger {

struct SearchQuery {
  Wall since{}, until{};
  // Only these, where given. Exact names; `id` is the beginning of one.
  std::optional<std::string> workload, key, deployment, zone, route, error;
  std::optional<energy::Outcome> outcome;
  size_t limit = 50;
  int64_t before = INT64_MAX;  // a page's `next`
};

struct FoundRequest {
  energy::RequestFacts facts;
  bool simulated = false, final = true;
  std::string deployment, zone, model;     // of the last call; empty: none was made
  Tokens in = 0, cached = 0, out = 0;      // of all calls
  std::optional<energy::Figures> figures;  // likewise, as settled last; the worst letter; none: not settled
  std::optional<Nanos> first_token;        // from the request's start, where the last call was streamed
};

struct FoundPage {
  std::vector<FoundRequest> requests;
  std::optional<int64_t> next;        // none: there are no more
  std::optional<Wall> scanned_until;  // where the page is short of what it may have: how far it got
};

inline constexpr size_t kMostFound = 200;
// Rows that one page may look at: a filter that hits seldom gives a short page with a `next`.
inline constexpr int64_t kMostLookedAt = 100'000;

Result<FoundPage> search(const std::filesystem::path& dir, const SearchQuery& query);
std::string to_json(const FoundPage& page);
std::optional<energy::Outcome> parse_outcome(std::string_view text);

}  // namespace trine::ledger
