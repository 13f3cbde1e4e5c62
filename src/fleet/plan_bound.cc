// Hours on their own, and the Lagrangian that makes a bound of them.
#include <algorithm>
#include <numeric>

#include "fleet/plan_hour.h"
#include "fleet/plan_search.h"

namespace trine::fleet {
namespace {

constexpr double kHourTolerance = 5e-4;
constexpr int kHourNodes = 400;
constexpr int kMostSteps = 600, kPatience = 12, kVisitEvery = 10;
constexpr double kLeastStep = 0.02;

std::vector<HourOption> hour_options(const PlanModel& m, Weights w, size_t h) {
  std::vector<HourOption> options(m.options);
  for (size_t o = 0; o < m.options; ++o)
    options[o] = {.capacity = m.capacity[o],
                  .on = w(m.on(h, o)),
                  .request = w(m.request(h, o)),
                  .lo = m.lo(h, o),
                  .hi = m.hi(h, o),
                  .zone = m.zone[o],
                  .most = m.dominated[o] ? 0 : kNoLimit};
  return options;
}

// All that may run, the largest machines first: serves whatever can be served.
void fill(const PlanModel& m, size_t h, int* machines) {
  std::vector<size_t> order(m.options);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return m.capacity[a] > m.capacity[b]; });
  std::vector<int> left = m.zone_cap;
  for (size_t o = 0; o < m.options; ++o)
    if (m.zone[o] >= 0) left[static_cast<size_t>(m.zone[o])] -= m.lo(h, o);
  for (const size_t o : order) {
    machines[o] = m.hi(h, o);
    if (m.zone[o] < 0) continue;
    int& zone = left[static_cast<size_t>(m.zone[o])];
    machines[o] = std::min(m.hi(h, o), m.lo(h, o) + std::max(0, zone));
    zone -= machines[o] - m.lo(h, o);
  }
}

}  // namespace

Hours hours_alone(const PlanModel& m, Weights w, const std::vector<double>& waiting) {
  Hours all{Machines(m.hours, m.options), 0};
  for (size_t h = 0; h < m.hours; ++h) {
    const HourAnswer a =
        best_hour(hour_options(m, w, h), served(m, waiting, h), m.zone_cap, kHourTolerance, kHourNodes);
    all.bound += a.bound;
    if (a.value < kNoLimit)
      std::copy(a.machines.begin(), a.machines.end(), all.machines.row(h));
    else
      fill(m, h, all.machines.row(h));
  }
  return all;
}

// Multipliers: start rows n_h - n_(h-1) - s_h <= (running at the start), zone rows, and demand rows where work may
// wait, whose hour then serves any number between two, at the multiplier's price.
Hours lagrangian(const PlanModel& m, Weights w, const LpAnswer& lp) {
  Hours all{Machines(m.hours, m.options), 0};
  const size_t zones = m.zone_cap.size();
  const auto start = [&](size_t h, size_t o) { return std::min(lp.start(h, o), w(m.start(h, o))); };
  for (size_t h = 0; h < m.hours; ++h) {
    auto options = hour_options(m, w, h);
    for (size_t o = 0; o < m.options; ++o) {
      if (m.api(o)) continue;
      options[o].on += start(h, o) - (h + 1 < m.hours ? start(h + 1, o) : 0);
      if (m.zone[o] >= 0) options[o].on += lp.zone[h * zones + static_cast<size_t>(m.zone[o])];
      options[o].zone = -1;
      if (h == 0) all.bound -= start(h, o) * m.running[o];
    }
    for (size_t z = 0; z < zones; ++z) all.bound -= lp.zone[h * zones + z] * m.zone_cap[z];
    const double before = h > 0 ? m.most_waiting[h - 1] : 0, price = std::max(0.0, lp.demand[h]);
    const double least = std::max(0.0, m.demand[h] - m.most_waiting[h]), most = m.demand[h] + before;
    if (most > least) {  // what is not served of `most` costs the price
      options.push_back({.capacity = 0, .on = 0, .request = price, .lo = 0, .hi = 0, .zone = -1, .most = most - least});
      const double next = h + 1 < m.hours ? std::max(0.0, lp.demand[h + 1]) : 0;
      all.bound += price * (m.demand[h] - most) + std::min(0.0, next - price) * m.most_waiting[h];
    }
    const HourAnswer a = best_hour(options, most, {}, kHourTolerance, kHourNodes);
    all.bound += a.bound;
    std::copy_n(a.machines.begin(), m.options, all.machines.row(h));
  }
  return all;
}

// Subgradients with Polyak's step towards `value`, which some plan has; half of it where nothing was gained for a
// while.
double ascend(const PlanModel& m, Weights w, LpAnswer lp, double value, double enough, Deadline until,
              const std::function<void(const Machines&)>& visit) {
  double best = -kNoLimit, step = 1;
  Grid2<double> best_at = lp.start;
  for (int i = 0, idle = 0; i < kMostSteps && step > kLeastStep; ++i) {
    const Hours hours = lagrangian(m, w, lp);
    if (hours.bound > best + 1e-5 * std::abs(best)) idle = 0;
    if (hours.bound > best) best = hours.bound, best_at = lp.start;
    if (i % kVisitEvery == 0) visit(hours.machines);
    if (best >= enough || std::chrono::steady_clock::now() > until) break;
    if (++idle > kPatience) step /= 2, idle = 0, lp.start = best_at;
    Grid2<int> slope(m.hours, m.options);
    double norm = 0;
    for (size_t h = 0; h < m.hours; ++h)
      for (size_t o = 0; o < m.options; ++o) {
        const double most = w(m.start(h, o)), at = lp.start(h, o);
        int g = hours.machines(h, o) - (h > 0 ? hours.machines(h - 1, o) : m.running[o]);
        if ((g > 0 && at >= most) || (g < 0 && at <= 0)) g = 0;
        slope(h, o) = g;
        norm += static_cast<double>(g) * g;
      }
    if (norm == 0) break;
    const double by = step * std::max(value - hours.bound, 1e-6 * std::abs(value)) / norm;
    for (size_t h = 0; h < m.hours; ++h)
      for (size_t o = 0; o < m.options; ++o)
        lp.start(h, o) = std::clamp(lp.start(h, o) + by * slope(h, o), 0.0, w(m.start(h, o)));
  }
  return best;
}

}  // namespace trine::fleet
