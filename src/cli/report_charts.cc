#include "cli/report_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "cli/table.h"

namespace trine::cli {
namespace {

using report::BarChart;

struct Unit {
  const char* name;
  double base;  // J or g
};
constexpr Unit kEnergies[] = {{"MWh", 3.6e9}, {"kWh", 3.6e6}, {"kJ", 1e3}, {"J", 1}, {"mJ", 1e-3}};
constexpr Unit kCarbons[] = {{"t", 1e6}, {"kg", 1e3}, {"g", 1}, {"mg", 1e-3}, {"ug", 1e-6}};

// The largest that makes the tallest bar at least 1 (0.1 for kWh and above, as figures in texts do).
template <size_t N>
const Unit& unit_for(const Unit (&units)[N], double most) {
  for (const Unit& u : units)
    if (most >= u.base * (u.base >= 3.6e6 ? 0.1 : 1)) return u;
  return units[N - 1];
}

double tallest(const std::vector<std::vector<double>>& values) {
  double most = 0;
  for (const auto& bar : values) {
    double sum = 0;
    for (const double v : bar) sum += v;
    most = std::max(most, sum);
  }
  return most;
}

void scale_to(BarChart& chart, const Unit& unit) {
  chart.unit = unit.name;
  for (auto& bar : chart.values)
    for (double& v : bar) v /= unit.base;
}

// Series that are nowhere are not shown.
void drop_empty_series(BarChart& chart) {
  for (size_t s = chart.series.size(); s-- > 1;) {
    const bool any = std::any_of(chart.values.begin(), chart.values.end(), [&](const auto& v) { return v[s] > 0; });
    if (any) continue;
    chart.series.erase(chart.series.begin() + static_cast<std::ptrdiff_t>(s));
    for (auto& bar : chart.values) bar.erase(bar.begin() + static_cast<std::ptrdiff_t>(s));
  }
}

// How much of an ISO time names a bar, and what is written under it.
struct Steps {
  size_t length;
  Nanos step;
  const char* word;
};
Steps steps_of(const ledger::ReportQuery& q) {
  const Nanos d = q.until - q.since;
  if (d <= std::chrono::hours(48)) return {13, std::chrono::hours(1), "hour"};
  if (d <= std::chrono::hours(24 * 62)) return {10, std::chrono::hours(24), "day"};
  return {7, std::chrono::hours(24), "month"};
}

std::string bar_name(const std::string& time, const Steps& steps) {
  if (steps.length == 13) return time.substr(11, 2) + "h";
  return steps.length == 10 ? time.substr(5, 5) : time.substr(0, 7);
}

struct Bar {
  double requests = 0, idle = 0, gateway = 0;
  double operational = 0, embodied = 0;
};

// Also the bars without traffic: a gap is news.
std::map<std::string, Bar> bars_of(const ledger::Report& by_hour, const Steps& steps) {
  std::map<std::string, Bar> bars;
  const auto from = std::chrono::floor<std::chrono::hours>(by_hour.query.since);
  for (Wall t = from; t < by_hour.query.until; t += steps.step) bars[iso8601(t).substr(0, steps.length)];
  for (const auto& row : by_hour.rows) {
    auto& bar = bars[row.name.substr(0, steps.length)];
    const auto& s = row.sums;
    const auto& u = row.unattributed;
    bar.requests += to_joules(s.energy);
    bar.idle += to_joules(u.energy);
    bar.gateway += to_joules(row.gateway.energy);
    bar.operational += to_grams(s.operational + u.operational + row.gateway.carbon);
    bar.embodied += to_grams(s.embodied + u.embodied);
  }
  return bars;
}

constexpr size_t kMostNames = 10;

void keep_largest(BarChart& chart) {
  std::vector<size_t> order(chart.bars.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto sum = [&](size_t i) {
    double s = 0;
    for (const double v : chart.values[i]) s += v;
    return s;
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return sum(a) > sum(b); });
  BarChart kept = chart;
  kept.bars.clear();
  kept.values.clear();
  for (const size_t i : order) {
    if (sum(i) <= 0) continue;
    if (kept.bars.size() < kMostNames) {
      kept.bars.push_back(chart.bars[i]);
      kept.values.push_back(chart.values[i]);
      continue;
    }
    if (kept.bars.size() == kMostNames) {
      kept.bars.emplace_back("all others");
      kept.values.emplace_back(chart.series.size());
    }
    for (size_t s = 0; s < chart.series.size(); ++s) kept.values.back()[s] += chart.values[i][s];
  }
  chart = std::move(kept);
}

}  // namespace

std::vector<BarChart> time_charts(const ReportData& data) {
  const Steps steps = steps_of(data.hours.query);
  const auto bars = bars_of(data.hours, steps);
  BarChart energy{fmt::format("Electricity by {}", steps.word), {}, false,
                  {"requests", "idle machines", "the gateway"}, {}, {}};
  BarChart carbon{fmt::format("CO2e by {}", steps.word), {}, false, {"operation", "hardware (embodied)"}, {}, {}};
  for (const auto& [name, bar] : bars) {
    energy.bars.push_back(bar_name(name, steps));
    energy.values.push_back({bar.requests, bar.idle, bar.gateway});
    carbon.bars.push_back(energy.bars.back());
    carbon.values.push_back({bar.operational, bar.embodied});
  }
  drop_empty_series(energy);
  drop_empty_series(carbon);
  scale_to(energy, unit_for(kEnergies, tallest(energy.values)));
  scale_to(carbon, unit_for(kCarbons, tallest(carbon.values)));
  return {std::move(energy), std::move(carbon)};
}

std::vector<BarChart> name_charts(const ReportData& data) {
  BarChart cost{
      "Cost by organisation, team and project", data.report.currency, true, {"requests", "idle share"}, {}, {}};
  for (const auto& c : data.chargeback) {
    std::string bar;
    for (const auto* name : {&c.org, &c.team, &c.project})
      if (!name->empty()) bar += (bar.empty() ? "" : " / ") + printable(*name);
    cost.bars.push_back(bar.empty() ? "(none)" : std::move(bar));
    cost.values.push_back({std::max(0.0, to_euros(c.cost.direct)), std::max(0.0, to_euros(c.cost.idle))});
  }
  drop_empty_series(cost);
  keep_largest(cost);

  BarChart carbon{"CO2e of operation by deployment and zone", {}, true, {"operation"}, {}, {}};
  for (const auto& p : data.ghg.places) {
    carbon.bars.push_back(
        fmt::format("{} ({})", printable(p.deployment), p.zone.empty() ? "zone unknown" : printable(p.zone)));
    carbon.values.push_back({std::max(0.0, to_grams(p.lifecycle))});
  }
  keep_largest(carbon);
  scale_to(carbon, unit_for(kCarbons, tallest(carbon.values)));

  std::vector<BarChart> out;
  for (auto* chart : {&cost, &carbon})
    if (!chart->bars.empty()) out.push_back(std::move(*chart));
  return out;
}

}  // namespace trine::cli
