#include "fleet/plan_lp.h"

#include <algorithm>
#include <cmath>

namespace trine::fleet {
namespace {

struct Entry {
  int row;
  double value;
};

class LpBuilder {
 public:
  LpBuilder(const PlanModel& m, Weights weights, const LpOptions& o) : m_(m), weights_(weights), o_(o) {
    if (o.scaled) lp_.unit = std::max(1.0, *std::max_element(m.demand.begin(), m.demand.end()) / 100);
    lp_.x = lp_.n = lp_.s = lp_.start_row = Grid2<int>(m.hours, m.options, -1);
    lp_.w.assign(m.hours, -1);
    lp_.zone_row.assign(m.hours * m.zone_cap.size(), -1);
  }

  PlanLp build() {
    if (o_.budget) lp_.budget_row = row(-kNoLimit, o_.budget->most, "budget");
    for (size_t h = 0; h < m_.hours; ++h) hour_rows(h);
    for (size_t h = 0; h < m_.hours; ++h) {
      for (size_t o = 0; o < m_.options; ++o)
        if (hi(h, o) > 0 || (m_.api(o) && !m_.dominated[o])) option(h, o);
      if (m_.most_waiting[h] > 0) {
        lp_.w[h] = static_cast<int>(lp_.cost.size());
        column({}, 0, m_.most_waiting[h] / lp_.unit, {{lp_.demand_row[h], 1}, {lp_.demand_row[h + 1], -1}});
      }
    }
    lp_.begin.push_back(static_cast<int>(lp_.row.size()));
    return std::move(lp_);
  }

 private:
  int hi(size_t h, size_t o) const { return o_.most ? (*o_.most)(h, o) : m_.hi(h, o); }

  int row(double low, double high, std::string name) {
    lp_.rows.push_back({low, high, std::move(name)});
    return static_cast<int>(lp_.rows.size()) - 1;
  }

  void hour_rows(size_t h) {
    const double d = m_.demand[h] / lp_.unit;
    lp_.demand_row.push_back(row(d, d, fmt::format("demand_{}", h)));
    for (size_t z = 0; z < m_.zone_cap.size(); ++z)
      lp_.zone_row[h * m_.zone_cap.size() + z] = row(-kNoLimit, m_.zone_cap[z], fmt::format("zone_{}_{}", h, z));
    for (size_t o = 0; o < m_.options; ++o)
      if (starts(o) && (hi(h, o) > 0 || (h > 0 && hi(h - 1, o) > 0)))
        lp_.start_row(h, o) = row(-kNoLimit, h == 0 ? m_.running[o] : 0, fmt::format("start_{}_{}", h, o));
  }

  // Some start of the option has a price.
  bool starts(size_t o) const {
    for (size_t h = 0; h < m_.hours; ++h)
      if (m_.start(h, o).eur > 0 || m_.start(h, o).kg > 0) return true;
    return false;
  }

  void column(Amount2 price, double low, double high, std::vector<Entry> entries) {
    lp_.cost.push_back(weights_(price));
    lp_.low.push_back(low), lp_.high.push_back(high);
    lp_.begin.push_back(static_cast<int>(lp_.row.size()));
    if (lp_.budget_row >= 0) {
      const double v = o_.budget->of_eur ? price.eur : price.kg;
      if (v != 0) entries.push_back({lp_.budget_row, v});
    }
    for (const Entry& e : entries) lp_.row.push_back(e.row), lp_.element.push_back(e.value);
  }

  int next() const { return static_cast<int>(lp_.cost.size()); }

  int zone_row(size_t h, size_t o) const {
    if (m_.zone[o] < 0) return -1;
    return lp_.zone_row[h * m_.zone_cap.size() + static_cast<size_t>(m_.zone[o])];
  }

  void option(size_t h, size_t o) {
    const double u = lp_.unit, capacity = m_.capacity[o] / u;
    const Amount2 request = u * m_.request(h, o);
    if (m_.api(o)) {
      lp_.x(h, o) = next();
      return column(request, 0, kNoLimit, {{lp_.demand_row[h], 1}});
    }
    const int zone = zone_row(h, o);
    if (!o_.all_columns && !o_.fixed && !starts(o) && m_.lo(h, o) == 0) {
      Amount2 full = request;
      full += (1 / capacity) * m_.on(h, o);
      std::vector<Entry> entries = {{lp_.demand_row[h], 1}};
      if (zone >= 0) entries.push_back({zone, 1 / capacity});
      lp_.x(h, o) = next();
      return column(full, 0, hi(h, o) * capacity, std::move(entries));
    }
    const int serve = row(-kNoLimit, 0, fmt::format("capacity_{}_{}", h, o));
    lp_.x(h, o) = next();
    column(request, 0, kNoLimit, {{lp_.demand_row[h], 1}, {serve, 1}});
    std::vector<Entry> entries = {{serve, -capacity}};
    if (zone >= 0) entries.push_back({zone, 1});
    if (lp_.start_row(h, o) >= 0) entries.push_back({lp_.start_row(h, o), 1});
    if (h + 1 < m_.hours && lp_.start_row(h + 1, o) >= 0) entries.push_back({lp_.start_row(h + 1, o), -1});
    lp_.n(h, o) = next();
    column(m_.on(h, o), o_.fixed ? hi(h, o) : m_.lo(h, o), hi(h, o), std::move(entries));
    if (lp_.start_row(h, o) < 0) return;
    lp_.s(h, o) = next();
    column(m_.start(h, o), 0, kNoLimit, {{lp_.start_row(h, o), -1}});
  }

  const PlanModel& m_;
  Weights weights_;
  const LpOptions& o_;
  PlanLp lp_;
};

std::vector<std::string> column_names(const PlanLp& lp, const PlanModel& m) {
  std::vector<std::string> names(lp.cost.size());
  for (size_t h = 0; h < m.hours; ++h) {
    if (lp.w[h] >= 0) names[static_cast<size_t>(lp.w[h])] = fmt::format("w_{}", h);
    for (size_t o = 0; o < m.options; ++o) {
      if (lp.x(h, o) >= 0) names[static_cast<size_t>(lp.x(h, o))] = fmt::format("x_{}_{}", h, o);
      if (lp.n(h, o) >= 0) names[static_cast<size_t>(lp.n(h, o))] = fmt::format("n_{}_{}", h, o);
      if (lp.s(h, o) >= 0) names[static_cast<size_t>(lp.s(h, o))] = fmt::format("s_{}_{}", h, o);
    }
  }
  return names;
}

void term(std::string& out, size_t& width, double v, const std::string& name) {
  const std::string t = fmt::format(" {} {:.17g} {}", v < 0 ? '-' : '+', std::abs(v), name);
  if ((width += t.size()) > 200) out += "\n ", width = t.size();
  out += t;
}

}  // namespace

PlanLp build_lp(const PlanModel& model, Weights weights, const LpOptions& options) {
  return LpBuilder(model, weights, options).build();
}

std::string lp_text(const PlanModel& model, const PlanLp& lp, const std::string& title) {
  const std::vector<std::string> names = column_names(lp, model);
  std::string out = fmt::format("\\ {}\n\\ x_H_O: requests, n_H_O: machines, w_H: requests that wait; hour H from {}\n",
                                title, iso8601(model.problem->start));
  for (size_t o = 0; o < model.options; ++o)
    out += fmt::format("\\ option {}: {}{}\n", o, model.problem->options[o].name,
                       model.dominated[o] ? " (left out: another is never worse)" : "");
  out += "Minimize\n value:";
  size_t width = 0;
  for (size_t c = 0; c < names.size(); ++c)
    if (lp.cost[c] != 0) term(out, width, lp.cost[c], names[c]);
  out += "\nSubject To\n";
  std::vector<std::vector<Entry>> by_row(lp.rows.size());
  for (size_t c = 0; c < names.size(); ++c)
    for (int e = lp.begin[c]; e < lp.begin[c + 1]; ++e)
      by_row[static_cast<size_t>(lp.row[static_cast<size_t>(e)])].push_back(
          {static_cast<int>(c), lp.element[static_cast<size_t>(e)]});
  for (size_t r = 0; r < by_row.size(); ++r) {
    if (by_row[r].empty()) continue;
    out += fmt::format(" {}:", lp.rows[r].name);
    width = 0;
    for (const Entry& e : by_row[r]) term(out, width, e.value, names[static_cast<size_t>(e.row)]);
    out += fmt::format(" {} {:.17g}\n", lp.rows[r].low == lp.rows[r].high ? "=" : "<=", lp.rows[r].high);
  }
  out += "Bounds\n";
  for (size_t c = 0; c < names.size(); ++c)
    if (std::isfinite(lp.high[c])) out += fmt::format(" {:.17g} <= {} <= {:.17g}\n", lp.low[c], names[c], lp.high[c]);
  return out + "End\n";
}

}  // namespace trine::fleet
