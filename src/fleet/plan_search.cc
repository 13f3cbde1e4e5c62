#include "fleet/plan_search.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace trine::fleet {
namespace {

constexpr int kReach = 2, kMoves = 2 * kReach + 1;  // machines that one move adds or takes
constexpr int kSweeps = 60;

// Options of an hour, cheapest request first; without those that are out.
std::vector<size_t> merit_order(const PlanModel& m, Weights w, size_t h) {
  std::vector<size_t> order;
  for (size_t o = 0; o < m.options; ++o)
    if (!m.dominated[o]) order.push_back(o);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return w(m.request(h, a)) < w(m.request(h, b)); });
  return order;
}

double almost(double demand) {
  return 1e-9 * (1 + demand);
}

// Prices of one weighting, and the moves.
class Mover {
 public:
  Mover(const PlanModel& m, Weights w, Draft draft)
      : m_(m), draft_(std::move(draft)), on_(m.hours, m.options), start_(m.hours, m.options) {
    for (size_t h = 0; h < m.hours; ++h) {
      demand_.push_back(served(m, draft_.waiting, h));
      for (const size_t o : merit_order(m, w, h)) {
        on_(h, o) = w(m.on(h, o)), start_(h, o) = w(m.start(h, o));
        line_.push_back({o, m.api(o) ? kNoLimit : m.capacity[o], w(m.request(h, o)), m.api(o)});
      }
    }
    wide_ = line_.size() / std::max<size_t>(1, m.hours);
    has_start_.assign(m.options, false);
    for (size_t o = 0; o < m.options; ++o)
      for (size_t h = 0; h < m.hours; ++h) has_start_[o] = has_start_[o] || start_(h, o) > 0;
    zone_used_.assign(m.hours * m.zone_cap.size(), 0);
    for (size_t h = 0; h < m.hours; ++h)
      for (size_t o = 0; o < m.options; ++o)
        if (m.zone[o] >= 0) zone_used(h, o) += draft_.machines(h, o);
  }

  Draft run(Deadline until) {
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      bool better = false;
      for (size_t a = 0; a < m_.options; ++a) {
        if (fixed(a)) continue;
        better = move(a, a) || better;
        for (size_t b = 0; b < a; ++b)
          if (!fixed(b) && (used(a) || used(b))) better = move(a, b) || better;
        if (std::chrono::steady_clock::now() > until) return std::move(draft_);
      }
      if (!better) break;
    }
    return std::move(draft_);
  }

 private:
  struct Server {
    size_t option;
    double capacity, request;
    bool api;
  };
  using Values = std::array<double, kMoves>;

  bool fixed(size_t o) const { return m_.api(o) || m_.dominated[o]; }
  bool used(size_t o) const {
    for (size_t h = 0; h < m_.hours; ++h)
      if (draft_.machines(h, o) > 0) return true;
    return false;
  }
  int& zone_used(size_t h, size_t o) { return zone_used_[h * m_.zone_cap.size() + static_cast<size_t>(m_.zone[o])]; }

  bool fits(size_t h, size_t o, int by) {
    const int n = draft_.machines(h, o) + by;
    return n >= m_.lo(h, o) && n <= m_.hi(h, o);
  }
  bool zone_fits(size_t h, size_t o, int by) {
    return by <= 0 || m_.zone[o] < 0 || zone_used(h, o) + by <= m_.zone_cap[static_cast<size_t>(m_.zone[o])];
  }

  // Of the hour, `by` machines of a more and of b (if it is another) less, but for starts and machines that stay.
  double hour_value(size_t h, size_t a, size_t b, int by) {
    const bool pair = a != b;
    if (!fits(h, a, by) || (pair && !fits(h, b, -by))) return kNoLimit;
    if (!(pair && m_.zone[a] == m_.zone[b]) && (!zone_fits(h, a, by) || (pair && !zone_fits(h, b, -by))))
      return kNoLimit;
    double value = by * (on_(h, a) - (pair ? on_(h, b) : 0)), rest = demand_[h];
    const double short_of = almost(rest);
    for (size_t i = h * wide_; i < (h + 1) * wide_ && rest > short_of; ++i) {
      const Server& s = line_[i];
      double x = rest;
      if (!s.api) {
        int n = draft_.machines(h, s.option);
        if (s.option == a) n += by;
        if (pair && s.option == b) n -= by;
        x = std::min(rest, n * s.capacity);
      }
      rest -= x;
      value += x * s.request;
    }
    return rest > short_of ? kNoLimit : value;
  }

  double start_value(size_t h, size_t o, int before, int now) const {
    const int was = (h > 0 ? draft_.machines(h - 1, o) : m_.running[o]) + before;
    const int more = draft_.machines(h, o) + now - was;
    return more > 0 ? more * start_(h, o) : 0;
  }

  // The best way through the hours with -kReach..kReach machines moved in each.
  bool move(size_t a, size_t b) {
    const bool pair = a != b, starts = has_start_[a] || (pair && has_start_[b]);
    from_.resize(m_.hours);
    Values best{};
    best.fill(kNoLimit);
    best[kReach] = 0;
    double unmoved = 0;
    for (size_t h = 0; h < m_.hours; ++h) {
      Values next;
      const double least = *std::min_element(best.begin(), best.end());
      for (int k = 0; k < kMoves; ++k) {
        const auto at = static_cast<size_t>(k);
        const int by = k - kReach;
        next[at] = kNoLimit;
        const double value = hour_value(h, a, b, by);
        if (by == 0) unmoved += value + start_value(h, a, 0, 0) + (pair ? start_value(h, b, 0, 0) : 0);
        if (value == kNoLimit) continue;
        for (int j = 0; j < kMoves; ++j) {
          const double so_far = best[static_cast<size_t>(j)];
          if (so_far == kNoLimit || (!starts && so_far > least)) continue;
          double sum = so_far + value;
          if (starts) sum += start_value(h, a, j - kReach, by) + (pair ? start_value(h, b, kReach - j, -by) : 0);
          if (sum < next[at]) next[at] = sum, from_[h][at] = static_cast<int8_t>(j);
        }
      }
      best = next;
      if (h == 0) continue;
    }
    const auto end = std::min_element(best.begin(), best.end());
    if (!(*end < unmoved - 1e-9 * std::abs(unmoved) - 1e-12)) return false;
    auto k = static_cast<int>(end - best.begin());
    for (size_t h = m_.hours; h-- > 0;) {
      const int by = k - kReach;
      shift(h, a, by);
      if (pair) shift(h, b, -by);
      k = static_cast<uint8_t>(from_[h][static_cast<size_t>(k)]);
    }
    return true;
  }

  void shift(size_t h, size_t o, int by) {
    draft_.machines(h, o) += by;
    if (m_.zone[o] >= 0) zone_used(h, o) += by;
  }

  const PlanModel& m_;
  Draft draft_;
  Grid2<double> on_, start_;
  std::vector<double> demand_;
  std::vector<Server> line_;  // wide_ of each hour, cheapest request first
  size_t wide_ = 0;
  std::vector<bool> has_start_;
  std::vector<int> zone_used_;
  std::vector<std::array<int8_t, kMoves>> from_;
};

}  // namespace

double served(const PlanModel& m, const std::vector<double>& waiting, size_t h) {
  return std::max(0.0, m.demand[h] + (h > 0 ? waiting[h - 1] : 0) - waiting[h]);
}

Settled settle(const PlanModel& m, Weights w, const Draft& draft) {
  Settled s;
  s.requests = Grid2<double>(m.hours, m.options);
  s.possible = true;
  for (size_t h = 0; h < m.hours; ++h) {
    double rest = served(m, draft.waiting, h);
    const double short_of = almost(rest);
    for (const size_t o : merit_order(m, w, h)) {
      const int n = draft.machines(h, o), before = h > 0 ? draft.machines(h - 1, o) : m.running[o];
      const double x = m.api(o) ? rest : std::min(rest, n * m.capacity[o]);
      s.requests(h, o) = x;
      rest -= x;
      s.amount += x * m.request(h, o);
      s.amount += n * m.on(h, o);
      if (n > before) s.amount += (n - before) * m.start(h, o);
    }
    s.possible = s.possible && rest <= short_of;
  }
  return s;
}

Draft improve(const PlanModel& model, Weights weights, Draft draft, Deadline until) {
  return Mover(model, weights, std::move(draft)).run(until);
}

}  // namespace trine::fleet
