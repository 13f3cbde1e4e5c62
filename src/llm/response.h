// A whole (not streamed) answer: its usage, and where our figures go.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "json/splice.h"
#include "llm/usage.h"

namespace trine::llm {

enum class Finish : uint8_t { none, stop, length, tool_calls, content_filter, other };
Finish finish_of(std::string_view finish_reason);

// Views point into the scanned body.
struct ResponseScan {
  std::optional<Usage> usage;
  std::string usage_problem;     // why a usage object that is there was not believed
  std::string_view usage_raw;    // the object or `null`; empty if absent
  std::string_view trine_raw;    // a `usage.trine` that is there already (an upstream that is one of ours)
  bool is_error = false;         // an `error` object at the top
  Finish finish = Finish::none;  // of the first choice
  size_t content_bytes = 0;      // of the answer's texts, for an estimate where usage is missing
};

// Errors (data_loss): the body is no JSON object.
Result<ResponseScan> scan_response(std::string_view body);

// Puts `"trine":trine_json` into `usage`, which is added at the top where there is none. Every other byte stays.
json::Splice splice_trine(std::string_view body, const ResponseScan& scan, std::string_view trine_json);

}  // namespace trine::llm
