#include "fleet/demand.h"

#include <algorithm>
#include <array>

namespace trine::fleet {
namespace {

constexpr size_t kDay = 24;

// Mean of each hour of the day. A last day that is not whole counts with the hours it has.
std::array<double, kDay> mean_day(const std::vector<double>& hourly) {
  std::array<double, kDay> sum{}, days{};
  for (size_t h = 0; h < hourly.size(); ++h) sum[h % kDay] += hourly[h], days[h % kDay] += 1;
  for (size_t h = 0; h < kDay; ++h) sum[h] /= days[h];
  return sum;
}

}  // namespace

Result<std::vector<double>> demand(const Trace& trace, Shape shape, double peak_tokens_per_min, const Mix& mix,
                                   int hours) {
  if (!(peak_tokens_per_min > 0) || !(mix.total() > 0))
    return fail(Code::invalid_argument, "peak_tokens_per_min and the tokens of a request must be over 0.");
  if (hours <= 0) return fail(Code::invalid_argument, "at least one hour must be asked for.");
  std::vector<double> pattern = trace.hourly;
  if (shape == Shape::smooth) {
    if (trace.hourly.size() < kDay)
      return fail(Code::invalid_argument,
                  "the trace has {} hours: its mean day needs at least 24; use the raw shape instead.",
                  trace.hourly.size());
    const auto day = mean_day(trace.hourly);
    pattern.assign(day.begin(), day.end());
  }
  const double busiest = pattern.empty() ? 0 : *std::max_element(pattern.begin(), pattern.end());
  if (!(busiest > 0)) return fail(Code::invalid_argument, "the trace has no request.");
  const double factor = 60 * peak_tokens_per_min / mix.total() / busiest;
  std::vector<double> out(static_cast<size_t>(hours));
  for (size_t h = 0; h < out.size(); ++h) out[h] = pattern[h % pattern.size()] * factor;
  return out;
}

}  // namespace trine::fleet
