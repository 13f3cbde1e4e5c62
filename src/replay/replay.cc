#include "replay/replay.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>

#include "replay/control.h"
#include "replay/hourly_planner.h"

namespace trine::replay {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPolicies[] = {"static", "autoscale", "api", "cost", "carbon", "latency", "csoa", "hindsight"};

// The mean of the slots that begin within the hour, else the one that covers it.
std::optional<double> hour_of(const grid::Series& s, Wall hour) {
  const auto& p = s.points();
  auto it =
      std::lower_bound(p.begin(), p.end(), hour, [](const grid::Series::Point& a, Wall t) { return a.start < t; });
  double sum = 0;
  int n = 0;
  for (; it != p.end() && it->start < hour + 1h; ++it, ++n) sum += it->value.g_per_kwh;
  if (n > 0) return sum / n;
  const auto* covering = s.covering(hour);
  return covering ? std::optional(covering->value.g_per_kwh) : std::nullopt;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

Result<fleet::GridHours> grid_hours(const Scenario& s, const fleet::Fleet& fleet, const fleet::Candidates& may) {
  fleet::GridHours out;
  std::map<std::string, std::vector<std::string>> standing;
  for (const size_t i : may.index) standing[fleet.options[i].zone].push_back(fleet.options[i].name);
  for (const auto& [zone, options] : standing) {
    auto it = s.grid->zones.find(zone);
    if (it == s.grid->zones.end()) it = s.grid->zones.find("");
    if (it == s.grid->zones.end()) {
      std::vector<std::string> has;
      for (const auto& [name, _] : s.grid->zones) has.push_back(name);
      return fail(Code::not_found,
                  "{}: has no column for zone {}, where {} would run. It has {}; leave the zone out with --zones, or "
                  "take another file.",
                  s.grid_name, zone, joined(options), joined(has));
    }
    auto& hours = out[zone];
    for (int h = 0; h < s.hours; ++h) {
      const Wall t = s.start + h * 1h;
      const auto value = hour_of(it->second, t);
      if (!value)
        return fail(Code::not_found, "{}: zone {} has no value for {}; the replay needs {} hours from {}.", s.grid_name,
                    zone, iso8601(t), s.hours, iso8601(s.start));
      hours.push_back(*value);
    }
  }
  return out;
}

Load load_of(const fleet::Trace& trace, const fleet::Mix& mix) {
  Load load;
  load.mix = mix;
  if (trace.requests.empty()) return load;
  const double cached = mix.in > 0 ? mix.cached / mix.in : 0;
  load.mix = {.in = trace.mean_in, .cached = cached * trace.mean_in, .out = trace.mean_out};
  return load;
}

score::Weights weights_for(double kg_weight, const std::vector<Service>& services) {
  // the product's weights that agree with EUR + lambda kg to first order, at what a full machine is billed
  double eur = 0, kg = 0;
  for (const Service& s : services) {
    eur += s.eur / s.requests;
    kg += (s.joules / kJoulesPerKwh * s.g_per_kwh + s.embodied_g) / 1000 / s.requests;
  }
  if (!(kg_weight > 0)) return {1, 0, 0};
  if (!std::isfinite(kg_weight)) return {0, 0, 1};
  return {eur / (eur + kg_weight * kg), 0, kg_weight * kg / (eur + kg_weight * kg)};
}

}  // namespace

const char* name(Policy policy) {
  return kPolicies[static_cast<size_t>(policy)];
}

std::optional<Policy> policy_named(std::string_view word) {
  for (size_t i = 0; i < std::size(kPolicies); ++i)
    if (word == kPolicies[i]) return static_cast<Policy>(i);
  return std::nullopt;
}

Result<Replay> Replay::make(const Scenario& scenario) {
  Replay r;
  r.s_ = scenario;
  r.fleet_ = *scenario.fleet;
  if (!scenario.zones.empty()) r.fleet_.zones = scenario.zones;
  r.load_ = load_of(*scenario.trace, r.fleet_.tokens);
  auto hourly =
      fleet::demand(*scenario.trace, scenario.shape, r.fleet_.peak_tokens_per_min, r.load_.mix, scenario.hours);
  if (!hourly) return tl::unexpected(hourly.error());
  r.hourly_ = std::move(*hourly);
  constexpr double kMostRequests = 1e10;  // hours of computing
  const double requests = std::accumulate(r.hourly_.begin(), r.hourly_.end(), 0.0);
  if (!(requests <= kMostRequests))
    return fail(Code::invalid_argument,
                "{:.2g} requests are more than the {:.0g} that a replay takes; lower peak_tokens_per_min, or ask for "
                "fewer hours.",
                requests, kMostRequests);
  r.candidates_ = fleet::candidates(r.fleet_, r.load_.mix);
  if (r.candidates_.index.empty()) {
    std::string why;
    for (const auto& x : r.candidates_.rejected) why += fmt::format("\n  {}: {}", x.option, x.reason);
    return fail(Code::failed_precondition, "No option of the fleet may serve:{}", why);
  }
  auto grid = grid_hours(scenario, r.fleet_, r.candidates_);
  if (!grid) return tl::unexpected(grid.error());
  r.grid_ = std::move(*grid);
  return r;
}

Result<fleet::PlanProblem> Replay::whole() const {
  auto problem = fleet::plan_problem(fleet_, candidates_, load_.mix, grid_, s_.start, hourly_.size());
  if (!problem) return problem;
  problem->requests = hourly_;
  // A policy may fill a machine wholly, so the bound does: else it would be none.
  for (size_t k = 0; k < problem->options.size(); ++k)
    if (fleet_.options[candidates_.index[k]].machine)
      problem->options[k].requests_per_machine_hour = 3600 * candidates_.capacity[k].requests_per_s;
  return problem;
}

Result<std::string> Replay::lp(const fleet::Goal& goal) const {
  const auto problem = whole();
  if (!problem) return tl::unexpected(problem.error());
  return fleet::lp_format(*problem, goal);
}

Result<Outcome> Replay::bound(const Choice& choice) const {
  const auto problem = whole();
  if (!problem) return tl::unexpected(problem.error());
  const auto bound = fleet::hindsight_bound(*problem, choice.goal);
  if (!bound) return tl::unexpected(bound.error());
  Outcome out;
  out.policy = name(Policy::hindsight);
  out.lambda = bound->lambda;
  out.cost_eur = bound->eur;
  out.carbon_kg = bound->kg;
  for (const double n : hourly_) out.requests += n;
  out.served = out.requests;
  out.tokens = out.requests * load_.mix.total();
  for (size_t k = 0; k < candidates_.index.size(); ++k) {
    const fleet::Option& o = fleet_.options[candidates_.index[k]];
    double machines = 0, requests = 0;
    for (size_t h = 0; h < hourly_.size(); ++h) {
      machines += bound->machines[h].empty() ? 0 : bound->machines[h][k];
      requests += bound->requests[h][k];
    }
    Taken taken;
    taken.served = static_cast<uint64_t>(requests);
    taken.machine_s = machines * 3600;
    if (o.machine) {
      const fleet::Linear l = fleet::linear(o, load_.mix, candidates_.capacity[k]);
      taken.joules = (l.on_w * taken.machine_s + l.joules_per_request * requests) * l.pue;
    } else if (const auto one = fleet::per_request(*o.vendor, load_.mix)) {
      taken.joules = one->joules * requests;
    }
    out.energy_kwh += taken.joules / kJoulesPerKwh;
    out.machine_hours += machines;
    out.options.push_back(o.name);
    out.by_option.push_back(taken);
  }
  out.joules_per_token = out.tokens > 0 ? out.energy_kwh * kJoulesPerKwh / out.tokens : 0;
  out.refused = candidates_.rejected;
  return out;
}

Result<Outcome> Replay::run(const Choice& choice) const {
  return choice.policy == Policy::hindsight ? bound(choice) : simulate(choice);
}

Result<Outcome> Replay::simulate(const Choice& choice) const {
  Cluster::Setup setup;
  setup.load = load_;
  setup.slo = fleet_.slo;
  setup.patience_s = kPatience * (fleet_.slo.ttft_s > 0 ? fleet_.slo.ttft_s : kNoSlo_s);
  setup.router.weights = {1, 0, 0};
  std::vector<size_t> used;  // in candidates_.index
  const bool one = choice.policy == Policy::fixed || choice.policy == Policy::autoscale;
  const auto named = std::find_if(fleet_.options.begin(), fleet_.options.end(), [&](const fleet::Option& o) {
    return fleet_.baseline.empty() ? o.machine.has_value() : o.name == fleet_.baseline;
  });
  const std::string baseline = named == fleet_.options.end() ? fleet_.baseline : named->name;
  if (one && (named == fleet_.options.end() || !named->machine))
    return fail(Code::failed_precondition,
                "Policy {} needs machines: the baseline{} is none; set `baseline` to an option with a gpu.",
                name(choice.policy), baseline.empty() ? "" : " " + baseline);
  double fastest = 0;
  for (size_t k = 0; k < candidates_.index.size(); ++k) {
    const fleet::Option& o = fleet_.options[candidates_.index[k]];
    if (one && o.name != baseline) continue;
    if (choice.policy == Policy::api && o.machine) continue;
    if (choice.policy == Policy::latency) {
      if (!o.machine || o.max == 0) continue;
      const double seconds = score::quote(o.machine->hardware, o.machine->speed, {}, 0,
                                          {.in = std::llround(load_.mix.in),
                                           .cached = std::llround(load_.mix.cached),
                                           .out = std::llround(load_.mix.out)})
                                 .seconds;
      if (!used.empty() && seconds >= fastest) continue;
      fastest = seconds;
      used.clear();
    }
    used.push_back(k);
  }
  if (used.empty()) {
    std::string why;
    for (const auto& x : candidates_.rejected) why += fmt::format("\n  {}: {}", x.option, x.reason);
    return fail(Code::failed_precondition, "Policy {} has no option that may serve{}{}", name(choice.policy),
                one ? fmt::format(" (the baseline is {})", baseline) : "", why.empty() ? "." : ":" + why);
  }
  for (const size_t k : used) {
    auto service = make_service(fleet_.options[candidates_.index[k]], load_, fleet_.slo);
    if (!service) return tl::unexpected(service.error());
    setup.services.push_back(std::move(*service));
  }
  if (choice.policy == Policy::latency) setup.aim = Aim::seconds;
  const std::vector<Service> shown = setup.services;  // as they are before any hour's prices
  const size_t services = shown.size();
  const double peak = fleet_.peak_tokens_per_min / load_.mix.total() / 60;
  const auto to_be_had = [&](size_t k) {
    const fleet::Option& o = fleet_.options[candidates_.index[used[k]]];
    const auto cap = fleet_.zone_caps.find(o.zone);
    return std::max(1, cap == fleet_.zone_caps.end() ? o.max : std::min(o.max, cap->second));
  };
  const auto for_peak = [&](size_t k) {
    const double each = candidates_.capacity[used[k]].requests_per_s * fleet_.utilisation;
    return static_cast<int>(std::clamp(std::ceil(peak / each - 1e-9), 1.0, static_cast<double>(to_be_had(k))));
  };

  Outcome out;
  out.policy = name(choice.policy);
  std::optional<HourlyPlanner> planner;
  std::unique_ptr<Control> control;
  if (choice.policy == Policy::fixed || choice.policy == Policy::latency) {
    control = fixed(0, for_peak(0));
  } else if (choice.policy == Policy::autoscale) {
    control = autoscale(0, fleet_.utilisation, to_be_had(0));
  } else if (choice.policy == Policy::api) {
    control = std::make_unique<Control>();
  } else {
    planner.emplace(HourlyPlanner::Setup{&fleet_, &candidates_, load_.mix, &shown, s_.grid, s_.grid_name, s_.catalog,
                                         s_.start, choice.goal});
    PlannedSetup p;
    p.peak_per_s = peak;
    const bool pure = choice.goal.kind != fleet::Goal::Kind::lambda;
    p.kg_weight = pure ? 0 : choice.goal.value;
    for (const auto& [zone, cap] : fleet_.zone_caps) {
      PlannedSetup::Cap c;
      c.machines = cap;
      for (uint32_t i = 0; i < services; ++i)
        if (shown[i].option->zone == zone) c.services.push_back(i);
      p.caps.push_back(std::move(c));
    }
    p.plan = [&planner](const PlanInput& input) { return planner->plan(input); };
    control = planned(std::move(p));
  }

  Arrivals arrivals(*s_.trace, s_.shape, fleet_.tokens, hourly_, s_.seed);
  Cluster cluster(std::move(setup));
  std::vector<double> g(services);
  Arrival next;
  bool more = arrivals.next(next);
  uint64_t minute = 0, hour = 0;
  for (size_t k = 0;; ++k) {
    const double until = static_cast<double>(k) * kTick_s;
    while (true) {
      const double event = cluster.next_at();
      if (event < until && (!more || event <= next.at_s)) {
        cluster.step();
      } else if (more && next.at_s < until) {
        cluster.arrive(next);
        ++minute, ++hour;
        more = arrivals.next(next);
      } else {
        break;
      }
    }
    cluster.expire(until);
    if (k % 60 == 0) {
      const size_t h = k / 60;
      if (k > 0) control->hour_over(static_cast<double>(hour));
      hour = 0;
      if (h == hourly_.size()) break;
      for (size_t i = 0; i < services; ++i) g[i] = grid_.at(shown[i].option->zone)[h];
      cluster.set_grid(until, g);
      if (choice.weights)
        cluster.set_weights(*choice.weights);
      else if (choice.policy != Policy::latency)
        cluster.set_weights(weights_for(control->kg_weight(), cluster.services()));
      if (k == 0) control->start(cluster);
    }
    const Tick tick{until, static_cast<double>(k % 60), k / 60, minute};
    minute = 0;
    if (auto ok = control->tick(cluster, tick); !ok) return tl::unexpected(ok.error());
  }
  const double end = static_cast<double>(hourly_.size()) * 3600;
  cluster.finish(end);

  const Tally& t = cluster.tally();
  const auto requests = static_cast<double>(t.requests);
  if (planner) out.lambda = planner->lambda(), out.plan_s = planner->seconds();
  out.requests = requests;
  out.served = static_cast<double>(t.served);
  out.running = static_cast<double>(cluster.running());
  out.mean_running = t.running_s / end;
  out.tokens = static_cast<double>(t.tokens);
  out.ttft_p50_s = t.ttft.percentile(0.5);
  out.ttft_p95_s = t.ttft.percentile(0.95);
  out.tpot_p95_s = t.tpot.percentile(0.95);
  if (requests > 0) {
    out.slo_miss_fraction = static_cast<double>(t.misses + t.unserved) / requests;
    out.unserved_fraction = static_cast<double>(t.unserved) / requests;
  }
  for (size_t i = 0; i < services; ++i) {
    const Taken& taken = cluster.taken()[i];
    out.cost_eur += taken.eur;
    out.energy_kwh += taken.joules / kJoulesPerKwh;
    out.carbon_kg += taken.grams / 1000;
    out.machine_hours += taken.machine_s / 3600;
    out.options.push_back(shown[i].option->name);
    out.by_option.push_back(taken);
  }
  out.joules_per_token = out.tokens > 0 ? out.energy_kwh * kJoulesPerKwh / out.tokens : 0;
  out.refused = candidates_.rejected;
  return out;
}

}  // namespace trine::replay
