// Small problems of the planner, and their answer by trying everything.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>

#include "fleet/plan.h"

namespace trine::fleet::testing {

inline PlanOption machine(std::string name, std::string zone, double capacity, double eur, double kg, size_t n,
                          double startup_hours = 0) {
  PlanOption o;
  o.name = std::move(name), o.zone = std::move(zone);
  o.requests_per_machine_hour = capacity;
  o.eur_per_machine_hour.assign(n, eur), o.kg_per_machine_hour.assign(n, kg);
  o.eur_per_request.assign(n, 0), o.kg_per_request.assign(n, 0);
  o.startup_hours = startup_hours;
  return o;
}

inline PlanOption api(std::string name, double eur, double kg, size_t n) {
  PlanOption o;
  o.name = std::move(name), o.zone = "US";
  o.eur_per_request.assign(n, eur), o.kg_per_request.assign(n, kg);
  return o;
}

// Of machines that are given, without work that may wait: the least that serving costs, or infinity.
inline double value_of(const PlanProblem& p, double lambda, const std::vector<std::vector<int>>& n) {
  double sum = 0;
  for (size_t h = 0; h < p.hours(); ++h) {
    std::vector<std::pair<double, double>> servers;  // price, room
    std::map<std::string, int> zones;
    for (size_t o = 0; o < p.options.size(); ++o) {
      const PlanOption& po = p.options[o];
      const double request = po.eur_per_request[h] + lambda * po.kg_per_request[h];
      if (po.requests_per_machine_hour == 0) {
        servers.emplace_back(request, std::numeric_limits<double>::infinity());
        continue;
      }
      servers.emplace_back(request, n[h][o] * po.requests_per_machine_hour);
      zones[po.zone] += n[h][o];
      const auto on = [&](size_t t) { return po.eur_per_machine_hour[t] + lambda * po.kg_per_machine_hour[t]; };
      sum += n[h][o] * on(h);
      const int before = h > 0 ? n[h - 1][o] : po.running;
      const double start = po.startup_hours * on(h > 0 ? h - 1 : 0) + po.eur_per_start + lambda * po.kg_per_start;
      sum += std::max(0, n[h][o] - before) * start;  // of a start-up of at most an hour
    }
    for (const auto& [zone, cap] : p.zone_caps)
      if (zones[zone] > cap) return std::numeric_limits<double>::infinity();
    std::sort(servers.begin(), servers.end());
    double rest = p.requests[h];
    for (const auto& [price, room] : servers) {
      const double x = std::min(rest, room);
      sum += x > 0 ? x * price : 0;
      rest -= x;
    }
    if (rest > 1e-6) return std::numeric_limits<double>::infinity();
  }
  return sum;
}

// Over all numbers of machines in all hours.
inline double brute_force(const PlanProblem& p, double lambda) {
  std::vector<std::vector<int>> n(p.hours(), std::vector<int>(p.options.size(), 0));
  double best = std::numeric_limits<double>::infinity();
  const std::function<void(size_t)> at = [&](size_t cell) {
    if (cell == p.hours() * p.options.size()) {
      best = std::min(best, value_of(p, lambda, n));
      return;
    }
    const size_t h = cell / p.options.size(), o = cell % p.options.size();
    const PlanOption& po = p.options[o];
    const bool machines = po.requests_per_machine_hour > 0;
    for (int k = machines ? po.min : 0; k <= (machines ? po.max : 0); ++k) n[h][o] = k, at(cell + 1);
  };
  at(0);
  return best;
}

}  // namespace trine::fleet::testing
