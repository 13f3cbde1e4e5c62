#include "cli/options_fleet.h"

#include <CLI/CLI.hpp>

#include "cli/options_common.h"

namespace trine::cli {
namespace {

void fleet_folder(CLI::App* c, std::string& into) {
  c->add_option("--dir", into, "the folder of the fleet's events")->type_name("DIR")->capture_default_str();
}

}  // namespace

void plan_options(CLI::App* plan, PlanOptions& p) {
  plan->add_option("--fleet", p.fleet, "workload and options (docs/fleet-file.md)")->type_name("FILE")->required();
  plan->add_option("--grid", p.grid, "g/kWh by hour: ts_utc,FR,DE,...; default: the typical day of each zone")
      ->type_name("FILE");
  auto* trace =
      plan->add_option("--trace", p.trace, "Azure's, Mooncake's or BurstGPT's; default: every hour at the peak")
          ->type_name("FILE");
  plan->add_option("--shape", p.shape, "raw: the trace's hours; smooth: its mean day")
      ->type_name("SHAPE")
      ->check(CLI::IsMember({"raw", "smooth"}))
      ->capture_default_str()
      ->needs(trace);
  plan->add_option("--hours", p.hours, "how long")
      ->type_name("N")
      ->check(CLI::Range(1, 8784).description(""))
      ->capture_default_str();
  plan->add_option("--at", p.at, "the first hour; default: the grid file's first, or the next one")->type_name("TIME");
  const auto amount = number_in(0.0, 1e12);
  auto* lambda = plan->add_option("--lambda", p.lambda, "EUR that a kg CO2e counts for; default: 0, the least cost");
  auto* slack =
      plan->add_option("--cost-slack", p.cost_slack, "least carbon within so much over the least cost (0.05)");
  auto* budget = plan->add_option("--carbon-budget", p.carbon_budget, "least cost with at most so many kg CO2e");
  lambda->type_name("EUR")->check(amount)->excludes(slack)->excludes(budget);
  slack->type_name("SHARE")->check(amount)->excludes(budget);
  budget->type_name("KG")->check(amount);
  plan->add_option("--zones", p.zones, "only options in these, as DE,FR")->type_name("ZONES")->delimiter(',');
  plan->add_option("--seconds", p.seconds, "that the search may take")
      ->type_name("N")
      ->check(number_in(0.1, 3600.0))
      ->capture_default_str();
  plan->add_option("--svg", p.svg, "draw it there")->type_name("FILE");
  plan->add_option("--dump-lp", p.dump_lp, "write the hindsight bound's linear programme there")->type_name("FILE");
  plan->add_option("--dir", p.dir, "catalog files in it replace the built-in ones")->type_name("DIR");
  json_flag(plan, p.json);
}

void replay_options(CLI::App* replay, ReplayOptions& r) {
  replay->add_option("--trace", r.trace, "Azure's, Mooncake's or BurstGPT's")->type_name("FILE")->required();
  replay->add_option("--fleet", r.fleet, "workload and options (docs/fleet-file.md)")->type_name("FILE")->required();
  replay->add_option("--grid", r.grid, "g/kWh by hour: ts_utc,FR,DE,...")->type_name("FILE")->required();
  replay->add_option("--policy", r.policy, "static, autoscale, api, cost, carbon, latency, csoa or hindsight")
      ->type_name("POLICY")
      ->check(CLI::IsMember({"static", "autoscale", "api", "cost", "carbon", "latency", "csoa", "hindsight"}))
      ->required();
  auto* lambda = replay->add_option("--lambda", r.lambda, "EUR that a kg CO2e counts for")
                     ->type_name("EUR")
                     ->check(number_in(0.0, 1e6));
  auto* slack = replay->add_option("--cost-slack", r.cost_slack, "least carbon within so much over the least cost")
                    ->type_name("SHARE")
                    ->check(number_in(0.0, 100.0));
  lambda->excludes(slack);
  replay->add_option("--weights", r.weights, "of csoa's router: cost=0.5,control=0.2,carbon=0.3")->type_name("LIST");
  replay->add_option("--shape", r.shape, "raw: the trace's hours; smooth: its mean day")
      ->type_name("SHAPE")
      ->check(CLI::IsMember({"raw", "smooth"}))
      ->capture_default_str();
  replay->add_option("--seed", r.seed, "of the arrivals")->type_name("N")->capture_default_str();
  replay->add_option("--grid-start", r.grid_start, "the grid's hour of the first request; default: its first")
      ->type_name("TIME");
  auto* days = replay->add_option("--days", r.days, "how long; default: as the trace")
                   ->type_name("N")
                   ->check(CLI::Range(1, 366).description(""));
  replay->add_option("--hours", r.hours, "likewise")
      ->type_name("N")
      ->check(CLI::Range(1, 8784).description(""))
      ->excludes(days);
  replay->add_option("--zones", r.zones, "only options in these, as DE,FR")->type_name("ZONES");
  replay->add_option("--dump-lp", r.dump_lp, "write the bound's linear programme there")->type_name("FILE");
  replay->add_option("--dir", r.dir, "catalog files in it replace the built-in ones")->type_name("DIR");
  json_flag(replay, r.json);
}

void instances_list_options(CLI::App* c, InstancesListOptions& o) {
  fleet_folder(c, o.dir);
  if (o.events) c->add_option("--instance", o.instance, "only this one's")->type_name("ID");
  json_flag(c, o.json);
}

void instances_apply_options(CLI::App* apply, InstancesApplyOptions& a) {
  apply
      ->add_option("--plan", a.plan,
                   "JSON: {\"wanted\": [{\"option\", \"machines\"}]}, or what `trine plan --json` prints")
      ->type_name("FILE")
      ->required();
  fleet_folder(apply, a.dir);
  apply->add_option("--actuator", a.actuator, "who starts and stops them: dry-run, command or webhook")
      ->type_name("WHO")
      ->check(CLI::IsMember({"dry-run", "command", "webhook"}))
      ->capture_default_str();
  apply->add_option("--command", a.command, "the program of the actuator command, as a path")->type_name("FILE");
  apply->add_option("--arg", a.arguments, "an argument for it, before the action; may stand again")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  apply->add_option("--pass-env", a.pass_env, "an environment variable that it gets; may stand again")
      ->type_name("NAME")
      ->allow_extra_args(false);
  apply->add_option("--url", a.url, "of the web hook")->type_name("URL");
  apply->add_option("--secret-file", a.secret_file, "with the secret that signs what it is sent")->type_name("FILE");
  apply->add_option("--ca-file", a.ca_file, "certificates to trust besides the system's")->type_name("FILE");
  apply->add_option("--timeout", a.timeout, "of a run (default: 60s) or an answer (30s)")->type_name("TIME");
  apply->add_option("--watch", a.watch, "go on, a pass each TIME, until SIGTERM")->type_name("TIME");
  apply->add_option("--max", a.max, "machines of each option at most")
      ->type_name("N")
      ->check(CLI::Range(0, 100'000).description(""))
      ->capture_default_str();
  const auto time = [&](const char* name, std::string& into, const char* about) {
    apply->add_option(name, into, about)->type_name("TIME")->capture_default_str();
  };
  time("--min-uptime", a.min_uptime, "how long a ready machine runs at least");
  time("--start-timeout", a.start_timeout, "what is not ready by then has failed");
  time("--drain-deadline", a.drain_deadline, "how long requests in flight are waited for");
  time("--keep", a.keep, "how long stopped machines are listed");
  json_flag(apply, a.json);
}

}  // namespace trine::cli
