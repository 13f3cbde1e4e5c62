#include "cli/plan_view.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/human.h"
#include "cli/json_number.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::hours;

Wall hour_of(const PlanView& v, size_t h) {
  return v.problem.start + hours(h);
}

bool used(const PlanView& v, size_t o) {
  return std::any_of(v.plan.requests.begin(), v.plan.requests.end(), [o](const auto& h) { return h[o] > 0; }) ||
         std::any_of(v.plan.machines.begin(), v.plan.machines.end(), [o](const auto& h) { return h[o] > 0; });
}

bool api(const PlanView& v, size_t o) {
  return v.problem.options[o].requests_per_machine_hour == 0;
}

std::string lambda_text(double lambda) {
  return std::isfinite(lambda) ? fmt::format("{:.3g}", lambda) : "carbon alone";
}

std::string money(const PlanView& v, double eur) {
  return human(euros(eur), v.currency);
}

std::string carbon(double kg) {
  return human(grams(kg * 1000)) + " CO2e";
}

// Rows of a day's shape: a digit or letter a machine count would not fit, so each hour has three places.
void chart_days(const PlanView& v, std::string& out) {
  size_t width = 6;
  for (const auto& o : v.problem.options) width = std::max(width, o.name.size());
  for (size_t first = 0; first < v.problem.hours(); first += 24) {
    const size_t end = std::min(v.problem.hours(), first + 24);
    out += fmt::format("{:<{}}", iso8601(hour_of(v, first)).substr(0, 10), std::max<size_t>(width, 10));
    for (size_t h = first; h < end; ++h) out += fmt::format(" {:>2}", iso8601(hour_of(v, h)).substr(11, 2));
    out += '\n';
    for (size_t o = 0; o < v.problem.options.size(); ++o) {
      if (!used(v, o)) continue;
      out += fmt::format("{:<{}}", printable(v.problem.options[o].name), std::max<size_t>(width, 10));
      for (size_t h = first; h < end; ++h) {
        if (api(v, o))
          out += v.plan.requests[h][o] > 0 ? "  +" : "  .";
        else if (v.plan.machines[h][o] > 0)
          out += fmt::format(" {:>2}", v.plan.machines[h][o]);
        else
          out += "  .";
      }
      out += '\n';
    }
  }
}

struct OptionTotal {
  double machine_hours = 0, requests = 0;
  int starts = 0, most = 0;
};

OptionTotal total_of(const PlanView& v, size_t o) {
  OptionTotal t;
  for (size_t h = 0; h < v.problem.hours(); ++h) {
    t.machine_hours += v.plan.machines[h][o];
    t.requests += v.plan.requests[h][o];
    t.starts += v.plan.starts[h][o];
    t.most = std::max(t.most, v.plan.machines[h][o]);
  }
  return t;
}

std::string options_table(const PlanView& v) {
  Table table({{"option"}, {"zone"}, {"machine h", true}, {"most", true}, {"starts", true}, {"requests", true}});
  for (size_t o = 0; o < v.problem.options.size(); ++o) {
    if (!used(v, o)) continue;
    const OptionTotal t = total_of(v, o);
    table.row({printable(v.problem.options[o].name), v.problem.options[o].zone, fmt::format("{:.0f}", t.machine_hours),
               fmt::format("{}", t.most), fmt::format("{}", t.starts), fmt::format("{:.0f}", t.requests)});
  }
  return table.text();
}

std::vector<std::string> binding(const PlanView& v) {
  std::vector<std::string> out;
  for (size_t o = 0; o < v.problem.options.size(); ++o) {
    const auto& po = v.problem.options[o];
    const auto full = std::count_if(v.plan.machines.begin(), v.plan.machines.end(),
                                    [&](const auto& h) { return !api(v, o) && po.max > 0 && h[o] >= po.max; });
    if (full > 0) out.push_back(fmt::format("{}: all {} machines in {} hours", printable(po.name), po.max, full));
  }
  for (const auto& [zone, cap] : v.problem.zone_caps) {
    int full = 0;
    for (const auto& h : v.plan.machines) {
      int n = 0;
      for (size_t o = 0; o < h.size(); ++o)
        if (v.problem.options[o].zone == zone) n += h[o];
      full += n >= cap;
    }
    if (full > 0) out.push_back(fmt::format("zone {}: all {} machines in {} hours", zone, cap, full));
  }
  return out;
}

const char* goal_name(fleet::Goal::Kind kind) {
  switch (kind) {
    case fleet::Goal::Kind::lambda:
      return "lambda";
    case fleet::Goal::Kind::cost_slack:
      return "cost_slack";
    case fleet::Goal::Kind::carbon_budget:
      return "carbon_budget";
    case fleet::Goal::Kind::cost_budget:
      return "cost_budget";
  }
  return "";
}

}  // namespace

std::string plan_text(const PlanView& v) {
  std::string out = fmt::format("{} hours from {}\nrequests: {}; grid: {}\n\n", v.problem.hours(),
                                iso8601(v.problem.start), printable(v.demand_source), printable(v.grid_source));
  chart_days(v, out);
  out += "\n" + options_table(v);
  out += fmt::format("\n{} and {}; lambda {} {}/kg; within {:.2f} % of the best possible{}\n", money(v, v.plan.eur),
                     carbon(v.plan.kg), lambda_text(v.plan.lambda), v.currency, 100 * v.plan.gap,
                     v.plan.by_mip ? " (branch and cut)" : "");
  out += fmt::format("hindsight bound (fractions of machines, no start-up): {} and {}\n", money(v, v.hindsight.eur),
                     carbon(v.hindsight.kg));
  if (v.front.size() > 1) {
    out += "\nwhat carbon costs:\n";
    Table table({{"lambda", true}, {"cost", true}, {"carbon", true}});
    for (const auto& p : v.front) table.row({lambda_text(p.lambda), money(v, p.eur), carbon(p.kg)});
    out += table.text();
  }
  for (const auto& b : binding(v)) out += "at its limit: " + b + "\n";
  for (const auto& r : v.rejected) out += fmt::format("left out: {}: {}\n", printable(r.option), printable(r.reason));
  return out;
}

std::string plan_json(const PlanView& v) {
  Json j;
  j["start"] = iso8601(v.problem.start);
  j["goal"] = Json{{"kind", goal_name(v.goal.kind)}, {"value", v.goal.value}};
  j["currency"] = v.currency;
  j["cost"] = v.plan.eur;
  j["carbon_kg"] = v.plan.kg;
  j["lambda"] = number_or_null(v.plan.lambda);
  j["value"] = v.plan.value;
  j["bound"] = v.plan.bound;
  j["gap"] = v.plan.gap;
  j["hindsight"] = Json{{"value", v.hindsight.value},
                        {"cost", v.hindsight.eur},
                        {"carbon_kg", v.hindsight.kg},
                        {"lambda", number_or_null(v.hindsight.lambda)}};
  j["hours"] = Json::array();
  for (size_t h = 0; h < v.problem.hours(); ++h) {
    Json hour{{"start", iso8601(hour_of(v, h))}, {"machines", Json::object()}, {"requests", Json::object()}};
    for (size_t o = 0; o < v.problem.options.size(); ++o) {
      if (v.plan.machines[h][o] > 0) hour["machines"][v.problem.options[o].name] = v.plan.machines[h][o];
      if (v.plan.requests[h][o] > 0) hour["requests"][v.problem.options[o].name] = v.plan.requests[h][o];
    }
    hour["postponed"] = v.plan.postponed[h];
    j["hours"].push_back(std::move(hour));
  }
  j["front"] = Json::array();
  for (const auto& p : v.front)
    j["front"].push_back(Json{{"lambda", number_or_null(p.lambda)}, {"cost", p.eur}, {"carbon_kg", p.kg}});
  j["binding"] = binding(v);
  j["rejected"] = Json::array();
  for (const auto& r : v.rejected) j["rejected"].push_back(Json{{"option", r.option}, {"reason", r.reason}});
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace trine::cli
