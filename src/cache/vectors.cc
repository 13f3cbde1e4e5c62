#include "cache/vectors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace trine::cache {
namespace {

// Eight sums side by side: one after the other would wait for each addition, and the compiler may not reorder them.
float dot(const float* a, const float* b, size_t n) {
  std::array<float, 8> sums{};
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; ++k) sums[k] += a[i + k] * b[i + k];
  float all = 0;
  for (const float s : sums) all += s;
  for (; i < n; ++i) all += a[i] * b[i];
  return all;
}

}  // namespace

size_t Vectors::KeyHash::operator()(const Key& k) const {
  size_t out = 0;
  std::memcpy(&out, k.data(), sizeof out);
  return out;
}

std::optional<std::vector<float>> Vectors::unit(std::vector<float> v) {
  double squares = 0;
  for (const float x : v) squares += double{x} * x;
  if (!std::isfinite(squares) || squares <= 0) return std::nullopt;
  const double scale = 1 / std::sqrt(squares);
  if (!std::isfinite(scale)) return std::nullopt;
  for (float& x : v) x = static_cast<float>(x * scale);
  return v;
}

std::optional<Vectors::Near> Vectors::nearest(const Key& scope, const std::vector<float>& unit) const {
  const std::lock_guard lock(mutex_);
  const auto it = scopes_.find(scope);
  if (it == scopes_.end()) return std::nullopt;
  std::optional<Near> best;
  for (const Entry& e : it->second) {
    if (e.unit.size() != unit.size()) continue;
    const double cosine = dot(e.unit.data(), unit.data(), unit.size());
    if (!best || cosine > best->cosine) best = {e.answer, cosine};
  }
  return best;
}

void Vectors::drop_oldest(Scopes::iterator scope) {
  bytes_ -= cost(scope->second.front());
  --size_;
  scope->second.pop_front();
  if (scope->second.empty()) scopes_.erase(scope);
}

void Vectors::put(const Key& scope, std::vector<float> unit, const Key& answer, size_t most) {
  const std::lock_guard lock(mutex_);
  auto it = scopes_.try_emplace(scope).first;
  it->second.push_back({answer, std::move(unit), next_});
  orders_.emplace_back(next_++, scope);
  bytes_ += cost(it->second.back());
  ++size_;
  while (it->second.size() > most) drop_oldest(it);
  while (bytes_ > most_ && !orders_.empty()) {
    const auto [order, where] = orders_.front();
    orders_.pop_front();
    const auto s = scopes_.find(where);
    if (s != scopes_.end() && s->second.front().order == order) drop_oldest(s);
  }
  // Orders of what went by its scope's bound would pile up where the bytes never do.
  if (orders_.size() > 2 * size_ + 64)
    std::erase_if(orders_, [&](const auto& o) {
      const auto s = scopes_.find(o.second);
      return s == scopes_.end() || o.first < s->second.front().order;
    });
}

void Vectors::forget(const Key& answer) {
  const std::lock_guard lock(mutex_);
  for (auto s = scopes_.begin(); s != scopes_.end();) {
    for (auto e = s->second.begin(); e != s->second.end();) {
      if (e->answer != answer) {
        ++e;
        continue;
      }
      bytes_ -= cost(*e);
      --size_;
      e = s->second.erase(e);
    }
    s = s->second.empty() ? scopes_.erase(s) : std::next(s);
  }
}

void Vectors::clear() {
  const std::lock_guard lock(mutex_);
  scopes_.clear();
  orders_.clear();
  bytes_ = size_ = 0;
}

size_t Vectors::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

size_t Vectors::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace trine::cache
