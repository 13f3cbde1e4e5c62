#include "load/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trine::load {
namespace {

constexpr int kHalfBits = 7;                            // 128 buckets a power of two
constexpr uint64_t kLinear = uint64_t{2} << kHalfBits;  // below it a bucket is one microsecond wide
constexpr int kMostBits = 40;                           // of microseconds: 12.7 days
constexpr size_t kBuckets = kLinear + static_cast<size_t>(kMostBits - kHalfBits - 1) * (kLinear / 2);

size_t bucket_of(uint64_t us) {
  if (us < kLinear) return static_cast<size_t>(us);
  const int shift = static_cast<int>(std::bit_width(us)) - kHalfBits - 1;  // from 1 on
  const uint64_t top = us >> shift;                                        // 128 to 255
  const size_t at = kLinear + static_cast<size_t>(shift - 1) * (kLinear / 2) + static_cast<size_t>(top - kLinear / 2);
  return std::min(at, kBuckets - 1);
}

Nanos middle_of(size_t bucket) {
  if (bucket < kLinear) return Nanos(static_cast<int64_t>(bucket) * 1000 + 500);
  const size_t beyond = bucket - kLinear;
  const auto shift = static_cast<int>(beyond / (kLinear / 2)) + 1;
  const uint64_t top = kLinear / 2 + beyond % (kLinear / 2);
  return Nanos(static_cast<int64_t>(((top << shift) + (uint64_t{1} << (shift - 1))) * 1000));
}

}  // namespace

Latencies::Latencies() : buckets_(kBuckets) {}

void Latencies::add(Nanos d) {
  d = std::max(d, Nanos(0));
  ++buckets_[bucket_of(static_cast<uint64_t>(d.count() / 1000))];
  ++count_;
  sum_s_ += seconds(d);
  min_ = std::min(min_, d);
  max_ = std::max(max_, d);
}

double Latencies::mean_s() const {
  return count_ == 0 ? 0 : sum_s_ / static_cast<double>(count_);
}

Nanos Latencies::quantile(double q) const {
  if (count_ == 0) return Nanos(0);
  const auto rank = static_cast<uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= std::max<uint64_t>(rank, 1)) return std::clamp(middle_of(i), min_, max_);
  }
  return max_;
}

}  // namespace trine::load
