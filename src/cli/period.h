// `--since 1h --until 2026-11-23T09:00:00Z`: a time, or how long before now. Pure.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace trine::cli {

struct Period {
  Wall since{}, until{};  // [since, until)
};

// An empty `until` is now. Errors: invalid_argument, a sentence, also where the period is empty.
Result<Period> parse_period(std::string_view since, std::string_view until, Wall now);

}  // namespace trine::cli
