#include "replay/arrivals.h"

#include <algorithm>
#include <cmath>

namespace trine::replay {
namespace {
constexpr double kHour = 3600;
}

Arrivals::Arrivals(const fleet::Trace& trace, fleet::Shape shape, const fleet::Mix& mix, std::vector<double> hourly,
                   uint64_t seed)
    : trace_(trace),
      shape_(shape),
      in_(static_cast<int32_t>(std::lround(mix.in))),
      out_(static_cast<int32_t>(std::lround(mix.out))),
      hourly_(std::move(hourly)),
      random_(seed) {}

void Arrivals::enter(const std::vector<fleet::TraceRequest>& requests) {
  if (requests.empty() || shape_ == fleet::Shape::smooth) return;
  const double from = static_cast<double>(hour_ % trace_.hourly.size()) * kHour;
  const auto before = [](const fleet::TraceRequest& r, double t) { return r.at_s < t; };
  begin_ = static_cast<size_t>(std::lower_bound(requests.begin(), requests.end(), from, before) - requests.begin());
  end_ =
      static_cast<size_t>(std::lower_bound(requests.begin(), requests.end(), from + kHour, before) - requests.begin());
}

bool Arrivals::next_hour() {
  if (inside_) ++hour_;
  if (hour_ >= hourly_.size()) return false;
  inside_ = true;
  place_ = 0;
  expected_ = hourly_[hour_];
  enter(trace_.requests);
  return true;
}

bool Arrivals::next(Arrival& a) {
  const auto& requests = trace_.requests;
  if (!inside_ && !next_hour()) return false;
  place_ += random_.exponential();
  while (place_ > expected_)
    // what is left of an exponential is one again
    if (!next_hour())
      return false;
    else
      place_ = random_.exponential();
  const double start = static_cast<double>(hour_) * kHour;
  const double share = place_ / expected_;
  a.in = in_, a.out = out_;
  if (requests.empty()) {
    a.at_s = start + share * kHour;
    return true;
  }
  if (shape_ == fleet::Shape::smooth) {
    const auto& r = requests[random_.next() % requests.size()];
    a = {start + share * kHour, r.in, r.out};
    return true;
  }
  const double where = share * static_cast<double>(end_ - begin_);
  const size_t i = std::min(begin_ + static_cast<size_t>(where), end_ - 1);
  const double trace_hour = static_cast<double>(hour_ % trace_.hourly.size()) * kHour;
  const double at = requests[i].at_s - trace_hour;
  const double until = i + 1 < end_ ? requests[i + 1].at_s - trace_hour : kHour;
  const double part = std::min(1.0, where - static_cast<double>(i - begin_));
  a = {start + at + part * (until - at), requests[i].in, requests[i].out};
  return true;
}

}  // namespace trine::replay
