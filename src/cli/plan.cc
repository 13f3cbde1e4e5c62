// trine plan: machines by option and hour for a fleet file's workload.
#include <algorithm>
#include <fstream>

#include "base/text.h"
#include "catalog/load.h"
#include "cli/commands.h"
#include "cli/plan_view.h"
#include "cli/say.h"
#include "cli/write_file.h"
#include "fleet/demand.h"
#include "grid/grid.h"

namespace trine::cli {
namespace {

using std::chrono::hours;

std::string users_of(const fleet::Fleet& fleet, const fleet::Candidates& c, const std::string& zone) {
  std::string names;
  for (const size_t i : c.index)
    if (fleet.options[i].zone == zone) names += (names.empty() ? "" : ", ") + fleet.options[i].name;
  return names;
}

// The mean of an hour's slots; nothing where one is missing.
std::optional<double> mean_of_hour(const grid::Series& series, Wall hour) {
  double sum = 0;
  int slots = 0;
  for (Wall t = hour; t < hour + hours(1); t += series.step(), ++slots) {
    const auto* point = series.covering(t);
    if (!point) return std::nullopt;
    sum += point->value.g_per_kwh;
  }
  return sum / slots;
}

Result<std::vector<double>> hours_of(const PlanOptions& o, const grid::SeriesFile& file, const std::string& zone,
                                     const std::string& users, Wall start) {
  const auto column =
      std::find_if(file.zones.begin(), file.zones.end(), [&](const auto& z) { return iequals(z.first, zone); });
  if (column == file.zones.end())
    return fail(Code::not_found, "{}: has no column for {}, which {} needs; --zones leaves options out.", o.grid, zone,
                users);
  std::vector<double> out;
  for (int h = 0; h < o.hours; ++h) {
    const auto g = mean_of_hour(column->second, start + hours(h));
    if (!g)
      return fail(Code::out_of_range,
                  "{}: {} has no value for the hour of {}, which {} needs; choose --at and --hours.", o.grid, zone,
                  iso8601(start + hours(h)), users);
    out.push_back(*g);
  }
  return out;
}

Result<Wall> first_hour(const PlanOptions& o, const std::optional<grid::SeriesFile>& file) {
  if (!o.at.empty()) {
    const auto at = parse_iso8601(o.at);
    if (!at) return fail(Code::invalid_argument, "--at: \"{}\" is not a time such as 2026-01-31T09:00:00Z.", o.at);
    return Wall(std::chrono::floor<hours>(*at));
  }
  if (!file) return Wall(std::chrono::floor<hours>(system_clock().wall()) + hours(1));
  std::optional<Wall> first;
  for (const auto& [_, series] : file->zones)
    if (!series.points().empty())
      first = std::min(first.value_or(series.points().front().start), series.points().front().start);
  if (!first) return fail(Code::invalid_argument, "{}: has no value.", o.grid);
  return Wall(std::chrono::ceil<hours>(*first));
}

Result<fleet::GridHours> grid_hours(const PlanOptions& o, const std::optional<grid::SeriesFile>& file,
                                    const std::shared_ptr<const catalog::Catalog>& catalog, const fleet::Fleet& fleet,
                                    const fleet::Candidates& c, Wall start) {
  fleet::GridHours out;
  const grid::GridTable table(catalog);
  for (const size_t i : c.index) {
    const std::string& zone = fleet.options[i].zone;
    if (out.contains(zone)) continue;
    if (file) {
      auto values = hours_of(o, *file, zone, users_of(fleet, c, zone), start);
      if (!values) return tl::unexpected(values.error());
      out[zone] = std::move(*values);
      continue;
    }
    for (const auto& point : table.forecast(zone, start, o.hours)) out[zone].push_back(point.value.g_per_kwh);
  }
  return out;
}

// Requests by hour, and the mix that they have.
Result<std::vector<double>> demand_of(const PlanOptions& o, const fleet::Fleet& fleet, fleet::Mix& mix) {
  mix = fleet.tokens;
  if (o.trace.empty())
    return std::vector<double>(static_cast<size_t>(o.hours), 60 * fleet.peak_tokens_per_min / mix.total());
  const auto trace = fleet::read_trace_file(o.trace);
  if (!trace) return tl::unexpected(trace.error());
  if (trace->mean_in + trace->mean_out > 0) mix = {.in = trace->mean_in, .cached = 0, .out = trace->mean_out};
  return fleet::demand(*trace, o.shape == "smooth" ? fleet::Shape::smooth : fleet::Shape::raw,
                       fleet.peak_tokens_per_min, mix, o.hours);
}

fleet::Goal goal_of(const PlanOptions& o) {
  using Kind = fleet::Goal::Kind;
  if (o.cost_slack) return {Kind::cost_slack, *o.cost_slack};
  if (o.carbon_budget) return {Kind::carbon_budget, *o.carbon_budget};
  return {Kind::lambda, o.lambda.value_or(0)};
}

Result<PlanView> make_plan(const PlanOptions& o) {
  auto catalog = catalog::load({.folder = o.dir, .euro_rates = {}});
  if (!catalog) return tl::unexpected(catalog.error());
  auto fleet = fleet::read_fleet_file(o.fleet, **catalog);
  if (!fleet) return tl::unexpected(fleet.error());
  for (const auto& zone : o.zones)
    if (std::none_of(fleet->options.begin(), fleet->options.end(), [&](const auto& f) { return f.zone == zone; }))
      return fail(Code::not_found, "--zones: no option of {} is in {}.", o.fleet, zone);
  if (!o.zones.empty())
    std::erase_if(fleet->options, [&](const fleet::Option& f) {
      return std::find(o.zones.begin(), o.zones.end(), f.zone) == o.zones.end();
    });
  std::optional<grid::SeriesFile> file;
  if (!o.grid.empty()) {
    auto read = grid::read_series_file(o.grid);
    if (!read) return tl::unexpected(read.error());
    file = std::move(*read);
  }
  const auto start = first_hour(o, file);
  if (!start) return tl::unexpected(start.error());
  fleet::Mix mix;
  auto demand = demand_of(o, *fleet, mix);
  if (!demand) return tl::unexpected(demand.error());
  PlanView view;
  const auto able = fleet::candidates(*fleet, mix);
  auto grid = grid_hours(o, file, *catalog, *fleet, able, *start);
  if (!grid) return tl::unexpected(grid.error());
  auto problem = fleet::plan_problem(*fleet, able, mix, *grid, *start, static_cast<size_t>(o.hours));
  if (!problem) return tl::unexpected(problem.error());
  problem->requests = std::move(*demand);
  view.problem = std::move(*problem), view.grid = std::move(*grid), view.rejected = able.rejected;
  view.goal = goal_of(o), view.currency = fleet->currency;
  view.demand_source = o.trace.empty() ? "every hour at the peak" : o.trace + " (" + o.shape + ")";
  view.grid_source = o.grid.empty() ? "the catalog's typical day" : o.grid;
  auto plan = fleet::plan(view.problem, view.goal, {.seconds = o.seconds});
  if (!plan) return tl::unexpected(plan.error());
  auto bound = fleet::hindsight_bound(view.problem, view.goal);
  if (!bound) return tl::unexpected(bound.error());
  auto front = fleet::pareto_front(view.problem, 7, {.seconds = o.seconds, .mip = false, .certify = false});
  if (!front) return tl::unexpected(front.error());
  view.plan = std::move(*plan), view.hindsight = std::move(*bound), view.front = std::move(*front);
  return view;
}

}  // namespace

int run_plan(const PlanOptions& o) {
  const auto view = make_plan(o);
  if (!view) return complain(view.error());
  if (!o.dump_lp.empty()) {
    const auto lp = fleet::lp_format(view->problem, view->goal);
    if (!lp) return complain(lp.error());
    if (auto ok = write_file(o.dump_lp, *lp); !ok) return complain(ok.error());
  }
  if (!o.svg.empty())
    if (auto ok = write_file(o.svg, plan_svg(*view)); !ok) return complain(ok.error());
  say(o.json ? plan_json(*view) : plan_text(*view));
  return kOk;
}

}  // namespace trine::cli
