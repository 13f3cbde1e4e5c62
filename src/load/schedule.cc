#include "load/schedule.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"

namespace trine::load {
namespace {

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;  // SplitMix64's step
enum Drawn : uint64_t { kGap = 1, kSize, kStream, kDocument, kWhich };

constexpr double kHour = 3600;

}  // namespace

Result<void> check(const Pattern& p) {
  if (!(p.speed > 0)) return fail(Code::invalid_argument, "the speed must be above 0");
  if (p.per_second > kMaxPerSecond)
    return fail(Code::invalid_argument, "a rate of {:g}/s is above the {:g}/s that this program sends at most",
                p.per_second, kMaxPerSecond);
  if (p.per_second <= 0 && !p.trace) return fail(Code::invalid_argument, "there is neither a rate nor a trace");
  if (p.per_second > 0 && p.duration == Nanos::max())
    return fail(Code::invalid_argument, "a rate has no end of its own: say for how long");
  const bool sized = p.trace && !p.trace->requests.empty();
  if (!sized && (p.in <= 0 || p.out <= 0))
    return fail(Code::invalid_argument, "nothing says how long prompts and answers are");
  if (!sized || p.in > 0) return {};
  const auto longest = std::max_element(p.trace->requests.begin(), p.trace->requests.end(),
                                        [](const auto& a, const auto& b) { return a.in < b.in; });
  if (longest->in > kMaxPromptTokens)
    return fail(Code::invalid_argument, "the trace has a prompt of {} tokens; this program sends {} at most",
                longest->in, kMaxPromptTokens);
  return {};
}

double Schedule::random(uint64_t of) const {
  const uint64_t own = mix64(p_.seed + of * kGolden);
  return static_cast<double>(mix64(own + (number_ + 1) * kGolden) >> 11) * 0x1p-53;
}

std::optional<double> Schedule::next_at() {
  if (p_.per_second <= 0 && !p_.trace->requests.empty()) {
    if (number_ >= p_.trace->requests.size()) return std::nullopt;
    return p_.trace->requests[static_cast<size_t>(number_)].at_s / p_.speed;
  }
  double need = -std::log1p(-random(kGap));  // exponential with mean 1
  if (p_.per_second > 0) return at_s_ + need / p_.per_second;
  // Counts by hour: a Poisson process whose rate is each hour's own.
  for (double at = at_s_; hour_ < p_.trace->hourly.size(); ++hour_) {
    const double rate = p_.trace->hourly[hour_] / kHour * p_.speed;
    const double end = static_cast<double>(hour_ + 1) * kHour / p_.speed;
    if (rate > 0 && need <= rate * (end - at)) return at + need / rate;
    need -= std::max(0.0, rate * (end - at));
    at = end;
  }
  return std::nullopt;
}

void Schedule::size(Arrival& a) const {
  a.in = p_.in;
  a.out = p_.out;
  if (!p_.trace || p_.trace->requests.empty()) return;
  const auto& all = p_.trace->requests;
  // With a rate of our own the trace only says how long requests are: any of them may be the next.
  const size_t at = p_.per_second > 0
                        ? std::min(all.size() - 1, static_cast<size_t>(random(kSize) * static_cast<double>(all.size())))
                        : static_cast<size_t>(number_);
  const fleet::TraceRequest& r = all[at];
  if (p_.in <= 0) {
    a.in = std::max(1, r.in);
    a.prefix = r.prefix;
    a.cached = std::min(r.cached, a.in);
  }
  if (p_.out <= 0) a.out = std::max(1, r.out);
}

std::optional<Arrival> Schedule::next() {
  const auto at = next_at();
  if (!at || *at >= seconds(p_.duration)) return std::nullopt;
  at_s_ = *at;
  Arrival a;
  a.number = number_;
  a.at = from_seconds(*at);
  size(a);
  a.stream = random(kStream) < p_.stream_share;
  if (p_.documents > 0 && random(kDocument) < p_.document_share)
    a.document = std::min(p_.documents - 1, static_cast<size_t>(random(kWhich) * static_cast<double>(p_.documents)));
  ++number_;
  return a;
}

}  // namespace trine::load
