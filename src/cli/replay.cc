// trine replay: one policy over a trace and a grid, the static fleet and the hindsight bound beside it.
#include <cmath>
#include <future>

#include "base/text.h"
#include "catalog/load.h"
#include "cli/commands.h"
#include "cli/replay_view.h"
#include "cli/say.h"
#include "cli/write_file.h"

namespace trine::cli {
namespace {

constexpr double kCarbonOnly = 1e6;  // EUR/kg at which cost no longer counts

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (const auto word = trim(list.substr(0, comma)); !word.empty()) words.emplace_back(word);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return words;
}

Result<score::Weights> read_weights(std::string_view list) {
  score::Weights w{0, 0, 0};
  for (const std::string& word : words_of(list)) {
    const auto equals = word.find('=');
    const auto axis = word.substr(0, equals);
    const double value = equals == std::string::npos ? -1 : parse_number(word.substr(equals + 1)).value_or(-1);
    double* into = axis == "cost" ? &w.cost : axis == "control" ? &w.control : axis == "carbon" ? &w.carbon : nullptr;
    if (!into || !(value >= 0))
      return fail(Code::invalid_argument, "--weights: \"{}\" is not one of cost=, control=, carbon= with a number.",
                  word);
    *into = value;
  }
  const double sum = w.cost + w.control + w.carbon;
  if (!(std::abs(sum - 1) < 1e-6))
    return fail(Code::invalid_argument, "--weights sum to {:.4g}; they must sum to 1.", sum);
  return w;
}

Result<replay::Choice> choice_of(const ReplayOptions& o) {
  replay::Choice c;
  c.policy = *replay::policy_named(o.policy);
  if (o.cost_slack)
    c.goal = {fleet::Goal::Kind::cost_slack, *o.cost_slack};
  else
    c.goal = {fleet::Goal::Kind::lambda, o.lambda.value_or(c.policy == replay::Policy::carbon ? kCarbonOnly : 0)};
  if (!o.weights.empty()) {
    if (c.policy != replay::Policy::csoa) return fail(Code::invalid_argument, "--weights belong to --policy csoa.");
    auto w = read_weights(o.weights);
    if (!w) return tl::unexpected(w.error());
    c.weights = *w;
  }
  return c;
}

Result<Wall> first_hour(const ReplayOptions& o, const grid::SeriesFile& grid) {
  if (o.grid_start.empty()) {
    std::optional<Wall> first;
    for (const auto& [_, series] : grid.zones)
      if (!series.points().empty())
        first = std::min(first.value_or(series.points().front().start), series.points().front().start);
    if (!first) return fail(Code::invalid_argument, "{}: has no value.", o.grid);
    return Wall(std::chrono::floor<std::chrono::hours>(*first));
  }
  const auto t = parse_iso8601(o.grid_start);
  if (!t)
    return fail(Code::invalid_argument, "--grid-start: \"{}\" is not a time such as 2026-01-31T09:00:00Z.",
                o.grid_start);
  return Wall(std::chrono::floor<std::chrono::hours>(*t));
}

Result<ReplayView> replay_all(const ReplayOptions& o, const replay::Choice& choice) {
  auto catalog = catalog::load({.folder = o.dir, .euro_rates = {}});
  if (!catalog) return tl::unexpected(catalog.error());
  const auto fleet = fleet::read_fleet_file(o.fleet, **catalog);
  if (!fleet) return tl::unexpected(fleet.error());
  const auto trace = fleet::read_trace_file(o.trace);
  if (!trace) return tl::unexpected(trace.error());
  const auto grid = grid::read_series_file(o.grid);
  if (!grid) return tl::unexpected(grid.error());
  const auto start = first_hour(o, *grid);
  if (!start) return tl::unexpected(start.error());
  replay::Scenario scenario;
  scenario.fleet = &*fleet;
  scenario.trace = &*trace;
  scenario.grid = &*grid;
  scenario.grid_name = o.grid;
  scenario.catalog = *catalog;
  scenario.shape = o.shape == "smooth" ? fleet::Shape::smooth : fleet::Shape::raw;
  scenario.start = *start;
  scenario.hours = o.hours ? *o.hours : o.days ? *o.days * 24 : static_cast<int>(trace->hourly.size());
  scenario.seed = o.seed;
  scenario.zones = words_of(o.zones);
  const auto replay = replay::Replay::make(scenario);
  if (!replay) return tl::unexpected(replay.error());
  if (!o.dump_lp.empty()) {
    const auto lp = replay->lp(choice.goal);
    if (!lp) return tl::unexpected(lp.error());
    if (auto ok = write_file(o.dump_lp, *lp); !ok) return tl::unexpected(ok.error());
  }
  // the two it is compared with depend on nothing that it does
  auto fixed = std::async(std::launch::async, [&] { return replay->run({replay::Policy::fixed, {}, std::nullopt}); });
  const auto began = std::chrono::steady_clock::now();
  auto run = replay->run(choice);
  const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  auto beside = fixed.get();
  if (!run) return tl::unexpected(run.error());
  if (!beside) return tl::unexpected(beside.error());
  auto bound = choice.policy == replay::Policy::hindsight
                   ? run
                   : replay->run({replay::Policy::hindsight, choice.goal, std::nullopt});
  if (!bound) return tl::unexpected(bound.error());
  return ReplayView{*run, *beside, *bound, fleet->currency, o.trace, o.grid, wall_s};
}

}  // namespace

int run_replay(const ReplayOptions& o) {
  const auto choice = choice_of(o);
  if (!choice) return complain(choice.error().message, kUsage);
  const auto view = replay_all(o, *choice);
  if (!view) return complain(view.error());
  say(o.json ? replay_json(*view) : replay_text(*view));
  return kOk;
}

}  // namespace trine::cli
