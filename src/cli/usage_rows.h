// What was asked of vendors in the past: a log of requests (JSONL or CSV), or a vendor's usage or invoice export (CSV).
// Pure. Columns are known by the names that consoles and logs give them, in any order and spelling of case:
//   model; vendor, provider; input_tokens, prompt_tokens, ContextTokens; cached_tokens, input_cached_tokens;
//   cache_read_input_tokens (beside the input); output_tokens, completion_tokens, GeneratedTokens; timestamp, time,
//   date; requests, num_model_requests; cost, amount, total_cost, also cost_usd, cost_eur; currency.
// In JSONL they stand in the object or in its "usage".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/units.h"

namespace trine::cli {

struct UsageRow {
  int64_t line = 0;
  std::string vendor, model;           // empty where the row does not say
  Tokens in = 0, cached = 0, out = 0;  // in: cached ones included
  int64_t requests = 1;
  std::optional<Wall> at;
  std::optional<double> cost;  // in `currency`
  std::string currency;        // empty: the file does not say
};

struct UsageRead {
  int64_t taken = 0;
  std::vector<std::string> refused;  // "file:line: sentence"; the first 20
  int64_t refused_rows = 0;
};

// A request longer than this is a slip: no model reads so much.
inline constexpr Tokens kMostTokensPerRequest = 20'000'000;

// `take` gets each row that can be right, and says in a sentence what is wrong with it where it knows more; empty:
// taken. `now`: a row of the future is refused. `needs_cost`: an invoice. Errors (invalid_argument): a file without
// rows, a CSV without the columns that are needed.
Result<UsageRead> read_usage(const std::string& name, std::string_view text, bool needs_cost, Wall now,
                             const std::function<std::string(const UsageRow&)>& take);

}  // namespace trine::cli
