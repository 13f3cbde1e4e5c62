#include "energy/shares.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace trine::energy {
namespace {

using Wide = unsigned __int128;

}  // namespace

void Splitter::weigh(std::span<const double> weights, std::span<const CallId> keys) {
  assert(weights.size() == keys.size());
  keys_ = keys;
  sum_ = 0;
  fixed_.assign(weights.size(), 0);
  double largest = 0;
  for (const double w : weights)
    if (std::isfinite(w)) largest = std::max(largest, w);
  if (largest <= 0) return;
  // 40 bits below the largest weight, fewer when so many parties would overflow the sum.
  const int bits = std::min(40, 61 - static_cast<int>(std::bit_width(weights.size())));
  const double unit = std::ldexp(1.0, bits);
  for (size_t i = 0; i < weights.size(); ++i) {
    const double w = weights[i];
    if (!(w > 0) || !std::isfinite(w)) continue;
    fixed_[i] = static_cast<uint64_t>(std::llround(w / largest * unit));
    sum_ += fixed_[i];
  }
}

void Splitter::split(int64_t total, std::span<int64_t> out) {
  assert(!empty() && out.size() == fixed_.size());
  const bool negative = total < 0;
  const uint64_t amount = negative ? uint64_t{0} - static_cast<uint64_t>(total) : static_cast<uint64_t>(total);
  const size_t n = fixed_.size();
  rest_.resize(n);
  uint64_t given = 0;
  for (size_t i = 0; i < n; ++i) {
    const Wide product = static_cast<Wide>(amount) * fixed_[i];
    uint64_t floor = 0;
    if ((product >> 64) == 0) {  // the usual case, far cheaper than a 128-bit division
      const auto small = static_cast<uint64_t>(product);
      floor = small / sum_;
      rest_[i] = small % sum_;
    } else {
      floor = static_cast<uint64_t>(product / sum_);
      rest_[i] = static_cast<uint64_t>(product - static_cast<Wide>(floor) * sum_);
    }
    out[i] = static_cast<int64_t>(floor);
    given += floor;
  }
  const uint64_t left = amount - given;  // < n: each remainder is under one unit
  if (left > 0) {
    order_.resize(n);
    for (size_t i = 0; i < n; ++i) order_[i] = static_cast<uint32_t>(i);
    const auto before = [this](uint32_t a, uint32_t b) {
      return rest_[a] != rest_[b] ? rest_[a] > rest_[b] : keys_[a] < keys_[b];
    };
    const auto nth = order_.begin() + static_cast<std::ptrdiff_t>(left);
    std::nth_element(order_.begin(), nth, order_.end(), before);
    for (auto it = order_.begin(); it != nth; ++it) ++out[*it];
  }
  if (negative)
    for (int64_t& share : out) share = -share;
}

}  // namespace trine::energy
