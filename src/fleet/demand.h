// Requests in each hour of a horizon, from a trace, scaled to a peak. Pure; any thread.
#pragma once

#include <vector>

#include "fleet/option.h"
#include "fleet/trace.h"

namespace trine::fleet {

enum class Shape {
  raw,     // the trace's hours as they are, its busiest hour at the peak
  smooth,  // the mean of each hour of the day, repeated, the busiest at the peak
};

// Requests per hour for `hours` hours; a trace that is shorter begins anew. The peak hour holds
// 60 * peak_tokens_per_min / mix.total() requests.
// Errors: invalid_argument: a peak or a mix that is not over 0, a trace without requests, `smooth` of less than a day.
Result<std::vector<double>> demand(const Trace& trace, Shape shape, double peak_tokens_per_min, const Mix& mix,
                                   int hours);

}  // namespace trine::fleet
