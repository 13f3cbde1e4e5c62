#include "fleet/plan_options.h"

#include <algorithm>

namespace trine::fleet {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

bool holds(const std::vector<std::string>& words, const std::string& word) {
  return words.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

// A clause; empty: it may serve.
std::string unfit(const Fleet& fleet, const Option& o) {
  if (!holds(fleet.zones, o.zone))
    return fmt::format("residency: zone {} is not among the fleet's ({})", o.zone, joined(fleet.zones));
  if (!holds(fleet.jurisdictions, o.jurisdiction))
    return fmt::format("residency: its operator is under the law of {}, and the fleet allows {}",
                       o.jurisdiction.empty() ? "nobody named" : o.jurisdiction, joined(fleet.jurisdictions));
  if (o.control.value < fleet.min_control)
    return fmt::format("control {:.2f} is under the {:.2f} asked for", o.control.value, fleet.min_control);
  if (!o.licensed) return "its licence forbids this use";
  return "";
}

Result<PlanOption> vendor_option(const Option& o, const Mix& mix, const std::vector<double>& grid) {
  const auto each = per_request(*o.vendor, mix);
  if (!each) return fail(Code::invalid_argument, "Option \"{}\": {}", o.name, each.error().message);
  PlanOption p;
  p.name = o.name, p.zone = o.zone;
  for (const double g : grid) {
    p.eur_per_request.push_back(each->eur);
    p.kg_per_request.push_back((each->joules / kJoulesPerKwh * g + each->embodied_g) / 1000);
  }
  return p;
}

PlanOption machine_option(const Option& o, const Mix& mix, const Capacity& c, double utilisation,
                          const std::vector<double>& grid) {
  const Linear l = linear(o, mix, c);
  PlanOption p;
  p.name = o.name, p.zone = o.zone;
  p.requests_per_machine_hour = 3600 * c.requests_per_s * utilisation;
  p.min = o.min, p.max = o.max;
  p.startup_hours = seconds(o.startup) / 3600;
  const double on_kwh = l.on_w / 1000 * l.pue, request_kwh = l.joules_per_request * l.pue / kJoulesPerKwh;
  for (const double g : grid) {
    p.eur_per_machine_hour.push_back(l.eur_per_hour + l.eur_per_kwh * on_kwh);
    p.kg_per_machine_hour.push_back((on_kwh * g + l.embodied_g_per_hour) / 1000);
    p.eur_per_request.push_back(l.eur_per_kwh * request_kwh);
    p.kg_per_request.push_back(request_kwh * g / 1000);
  }
  return p;
}

std::string zone_users(const Fleet& fleet, const Candidates& c, const std::string& zone) {
  std::vector<std::string> names;
  for (const size_t i : c.index)
    if (fleet.options[i].zone == zone) names.push_back(fleet.options[i].name);
  return joined(names);
}

}  // namespace

Candidates candidates(const Fleet& fleet, const Mix& mix) {
  Candidates out;
  for (size_t i = 0; i < fleet.options.size(); ++i) {
    const Option& o = fleet.options[i];
    std::string reason = unfit(fleet, o);
    Capacity c;
    if (reason.empty() && o.machine) {
      const auto full = capacity(o, mix, fleet.slo);
      if (full)
        c = *full;
      else
        reason = full.error().message;
    }
    if (!reason.empty()) {
      out.rejected.push_back({o.name, std::move(reason)});
      continue;
    }
    out.index.push_back(i);
    out.capacity.push_back(c);
  }
  return out;
}

Result<PlanProblem> plan_problem(const Fleet& fleet, const Candidates& candidates, const Mix& mix,
                                 const GridHours& grid, Wall start, size_t hours) {
  if (candidates.index.empty()) {
    std::string why;
    for (const auto& r : candidates.rejected) why += fmt::format("\n  {}: {}", r.option, r.reason);
    return fail(Code::failed_precondition, "No option is left that may serve:{}", why);
  }
  PlanProblem p;
  p.start = start;
  p.zone_caps = fleet.zone_caps;
  p.deferrable = fleet.deferrable, p.defer_hours = fleet.defer_hours;
  for (size_t i = 0; i < candidates.index.size(); ++i) {
    const Option& o = fleet.options[candidates.index[i]];
    const auto series = grid.find(o.zone);
    if (series == grid.end() || series->second.size() != hours)
      return fail(Code::invalid_argument, "Zone {} has {} hours of intensity and the plan has {} (options: {}).",
                  o.zone, series == grid.end() ? 0 : series->second.size(), hours,
                  zone_users(fleet, candidates, o.zone));
    if (o.machine) {
      p.options.push_back(machine_option(o, mix, candidates.capacity[i], fleet.utilisation, series->second));
      continue;
    }
    auto vendor = vendor_option(o, mix, series->second);
    if (!vendor) return tl::unexpected(vendor.error());
    p.options.push_back(std::move(*vendor));
  }
  return p;
}

}  // namespace trine::fleet
