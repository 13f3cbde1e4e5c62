#include "observe/prometheus.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "observe/families.h"
#include "unit/observe/view_fixture.h"

namespace trine::observe::prometheus_test {
namespace {

using namespace std::chrono_literals;

const std::string kFr = "deployment=fr-4090";
const std::string kFrRest = "model=gpt-oss-20b,simulated=true,zone=FR}";
const std::string kDe = "deployment=de-a100";
const std::string kDeRest = "model=odd \"one\"\\,simulated=false,zone=DE}";

TEST_F(View, WorkersAreAddedUpByDeployment) {
  counters(0, 0).energy_uj.add(1'500'000);
  counters(0, 1).energy_uj.add(1);
  counters(0, 1).carbon_ng.add(250'000'000);
  counters(1, 0).cost_n.add(3);
  counters(0, 0).tokens_in.add(100);
  counters(0, 1).tokens_in.add(11);
  counters(0, 1).tokens_cached.add(64);
  counters(0, 1).tokens_out.add(7);
  counters(1, 1).retries.add();
  const auto s = series();
  EXPECT_EQ(s.at("trine_energy_joules_total{" + kFr + "," + kFrRest), 1.500001);
  EXPECT_EQ(s.at("trine_energy_joules_total{" + kDe + "," + kDeRest), 0);
  EXPECT_EQ(s.at("trine_carbon_grams_total{" + kFr + "," + kFrRest), 0.25);
  EXPECT_EQ(s.at("trine_cost_total{currency=EUR," + kDe + "," + kDeRest), 3e-9);
  EXPECT_EQ(s.at("trine_tokens_total{" + kFr + ",gen_ai_token_type=input," + kFrRest), 111);
  EXPECT_EQ(s.at("trine_tokens_total{" + kFr + ",gen_ai_token_type=output," + kFrRest), 7);
  EXPECT_EQ(s.at("trine_cached_tokens_total{" + kFr + "," + kFrRest), 64);
  EXPECT_EQ(s.at("trine_retries_total{" + kDe + "," + kDeRest), 1);
}

TEST_F(View, AmountsAreToldToTheirLastUnit) {
  counters(0, 0).energy_uj.add(9'007'199'254'740'993);  // 2^53 + 1: a double would round it
  EXPECT_NE(page().find("\"} 9007199254.740993\n"), std::string::npos);
}

TEST_F(View, OutcomesOfCallsAndRequestsAreCountedApart) {
  counters(0, 0).calls[static_cast<size_t>(energy::Outcome::failed)].add();
  counters(0, 1).calls[static_cast<size_t>(energy::Outcome::failed)].add();
  counters(0, 1).calls[static_cast<size_t>(energy::Outcome::ok)].add();
  workers[0].requests[static_cast<size_t>(energy::Outcome::cancelled)].add();
  workers[1].requests[static_cast<size_t>(energy::Outcome::refused)].add(4);
  workers[0].server_errors[static_cast<size_t>(energy::Outcome::failed)].add(7);
  workers[1].server_errors[static_cast<size_t>(energy::Outcome::refused)].add(2);
  workers[1].client_errors.add(5);
  workers[0].connections_open.set(12);
  workers[1].connections_open.set(8);
  workers[1].unrecorded.add(2);
  workers[0].waiting.add(8);
  workers[1].waiting.add(-1);
  workers[0].turned_away.add(3);
  workers[1].retries_refused.add(6);
  const auto s = series();
  EXPECT_EQ(s.at("trine_calls_total{" + kFr + ",model=gpt-oss-20b,outcome=failed,simulated=true,zone=FR}"), 2);
  EXPECT_EQ(s.at("trine_calls_total{" + kFr + ",model=gpt-oss-20b,outcome=ok,simulated=true,zone=FR}"), 1);
  EXPECT_EQ(s.at("trine_requests_total{outcome=ok}"), 0);
  EXPECT_EQ(s.at("trine_requests_total{outcome=cancelled}"), 1);
  EXPECT_EQ(s.at("trine_requests_total{outcome=refused}"), 4);
  EXPECT_EQ(s.at("trine_server_errors_total{outcome=failed}"), 7);
  EXPECT_EQ(s.at("trine_server_errors_total{outcome=refused}"), 2);
  EXPECT_EQ(s.at("trine_client_errors_total{}"), 5);
  EXPECT_EQ(s.at("trine_connections_open{}"), 20);
  EXPECT_EQ(s.at("trine_ledger_unrecorded_calls_total{}"), 2);
  EXPECT_EQ(s.at("trine_waiting_requests{}"), 7);
  EXPECT_EQ(s.at("trine_turned_away_requests_total{}"), 3);
  EXPECT_EQ(s.at("trine_retries_refused_total{}"), 6);
}

TEST_F(View, DurationsAreHistogramsWhoseCountIsTheirLastBucket) {
  counters(0, 0).first_token.observe(30ms);
  counters(0, 1).first_token.observe(3s);
  const auto s = series();
  const std::string name = "gen_ai_server_time_to_first_token_seconds";
  EXPECT_EQ(s.at(name + "_bucket{" + kFr + ",le=0.02," + kFrRest), 0);
  EXPECT_EQ(s.at(name + "_bucket{" + kFr + ",le=0.04," + kFrRest), 1);
  EXPECT_EQ(s.at(name + "_bucket{" + kFr + ",le=+Inf," + kFrRest), 2);
  EXPECT_EQ(s.at(name + "_count{" + kFr + "," + kFrRest), 2);
  EXPECT_DOUBLE_EQ(s.at(name + "_sum{" + kFr + "," + kFrRest), 3.03);
  EXPECT_EQ(s.at("gen_ai_server_request_duration_seconds_count{" + kFr + "," + kFrRest), 0);
}

TEST_F(View, ADeploymentThatRestsIsNotHealthyUntilItsRestIsOver) {
  gateway::DeploymentState& state = *snapshot->deployments[0]->state;
  state.batch.begin(1, now);
  for (int i = 0; i < gateway::Health::kTolerated; ++i) state.health.failure(now, now);
  auto s = series();
  EXPECT_EQ(s.at("trine_deployment_healthy{" + kFr + "," + kFrRest), 0);
  EXPECT_EQ(s.at("trine_deployment_healthy{" + kDe + "," + kDeRest), 1);
  EXPECT_EQ(s.at("trine_deployment_failures{" + kFr + "," + kFrRest), gateway::Health::kTolerated);
  EXPECT_EQ(s.at("trine_calls_running{" + kFr + "," + kFrRest), 1);
  now += gateway::Health::kFirstRest;
  s = series();
  EXPECT_EQ(s.at("trine_deployment_healthy{" + kFr + "," + kFrRest), 1);
}

TEST_F(View, TheGridIsShownForTheZonesOfDeploymentsAndOfTheConfiguration) {
  const auto s = series();
  EXPECT_EQ(s.at("trine_grid_intensity_grams_per_kwh{granularity=configured,method=lifecycle,zone=FR}"), 31);
  EXPECT_EQ(s.at("trine_grid_intensity_grams_per_kwh{granularity=configured,method=lifecycle,zone=SE}"), 25.5);
  const auto de = std::find_if(s.begin(), s.end(), [](const auto& e) {
    return e.first.starts_with("trine_grid_intensity_grams_per_kwh{") && e.first.ends_with("zone=DE}");
  });
  ASSERT_NE(de, s.end());
  EXPECT_GT(de->second, 50);
  EXPECT_EQ(s.at("trine_grid_intensity_age_seconds{zone=FR}"), 0);
}

TEST_F(View, AnUnknownZoneHasTheWorldsMeanAndNeverZero) {
  auto nowhere = std::make_shared<gateway::Deployment>(*snapshot->deployments[0]);
  nowhere->zone.clear();
  auto changed = std::make_shared<gateway::Snapshot>(*snapshot);
  changed->deployments[0] = nowhere;
  snapshot = changed;
  const auto s = series();
  EXPECT_EQ(s.at("trine_grid_intensity_grams_per_kwh{granularity=world,method=lifecycle,zone=world}"), 475);
  EXPECT_EQ(s.at("trine_calls_running{" + kFr + ",model=gpt-oss-20b,simulated=true,zone=world}"), 0);
}

TEST_F(View, SourcesOfIntensitiesShowTheirTroubleAndTheirHoles) {
  grid::SourceStatus emaps, silent;
  emaps.source = "electricity_maps";
  emaps.zone = "FR";
  silent.source = "entsoe";
  silent.zone = "DE";
  emaps.up = true;
  emaps.newest_end = kNow - 10min;
  emaps.errors = 3;
  emaps.holes = 2;
  emaps.absurd = 1;
  emaps.trouble = "it answered 500";
  sources = {emaps, silent};
  const auto s = series();
  EXPECT_EQ(s.at("trine_grid_source_up{source=electricity_maps,zone=FR}"), 1);
  EXPECT_EQ(s.at("trine_grid_source_up{source=entsoe,zone=DE}"), 0);
  EXPECT_EQ(s.at("trine_grid_source_age_seconds{source=electricity_maps,zone=FR}"), 600);
  EXPECT_EQ(s.count("trine_grid_source_age_seconds{source=entsoe,zone=DE}"), 0u) << "it never gave a value";
  EXPECT_EQ(s.at("trine_grid_source_errors_total{source=electricity_maps,zone=FR}"), 3);
  EXPECT_EQ(s.at("trine_grid_source_holes{kind=missing,source=electricity_maps,zone=FR}"), 2);
  EXPECT_EQ(s.at("trine_grid_source_holes{kind=absurd,source=electricity_maps,zone=FR}"), 1);
  EXPECT_EQ(page().find("it answered 500"), std::string::npos);
}

TEST_F(View, OtherMethodsOfTheGridStandBeside) {
  auto marginal = std::make_shared<grid::Feed>();
  marginal->zone = "FR";
  marginal->source = "watttime";
  marginal->method = grid::Method::marginal;
  marginal->values = grid::Series({{kNow - 2min, Intensity{420}}}, 5min);
  snapshot->grid->publish({marginal});
  const auto s = series();
  EXPECT_EQ(s.at("trine_grid_other_intensity_grams_per_kwh{method=marginal,source=watttime,zone=FR}"), 420);
  EXPECT_EQ(s.at("trine_grid_intensity_grams_per_kwh{granularity=configured,method=lifecycle,zone=FR}"), 31);
}

TEST_F(View, TheLedgersTroublesAreSeen) {
  EXPECT_EQ(series().count("trine_ledger_last_fold_timestamp_seconds{}"), 0u);
  ledger = {.lag_records = 17,
            .refused_appends = 3,
            .full = true,
            .fold = {.folded = 90, .damaged = 1, .last_error = "the disk is full", .last_fold = kNow}};
  const auto s = series();
  EXPECT_EQ(s.at("trine_ledger_lag_records{}"), 17);
  EXPECT_EQ(s.at("trine_ledger_refused_appends_total{}"), 3);
  EXPECT_EQ(s.at("trine_ledger_full{}"), 1);
  EXPECT_EQ(s.at("trine_ledger_folded_records_total{}"), 90);
  EXPECT_EQ(s.at("trine_ledger_damaged_records_total{}"), 1);
  EXPECT_EQ(s.at("trine_ledger_fold_failing{}"), 1);
  EXPECT_EQ(s.at("trine_ledger_last_fold_timestamp_seconds{}"), 1'764'000'000);
  EXPECT_EQ(page().find("the disk is full"), std::string::npos) << "a text without bound is no label";
}

TEST_F(View, TheProcessIsShown) {
  const auto s = series();
  EXPECT_EQ(s.at("process_cpu_seconds_total{}"), 1.25);
  EXPECT_EQ(s.at("process_resident_memory_bytes{}"), 12'345'678);
  EXPECT_EQ(s.at("trine_uptime_seconds{}"), 60);
  EXPECT_EQ(s.at("trine_workers{}"), 2);
  EXPECT_EQ(s.at("trine_config_generation{}"), 1);
}

TEST_F(View, CountersOutlastAReload) {
  counters(0, 0).tokens_out.add(5);
  use(kTwoDeployments);
  const auto s = series();
  EXPECT_EQ(s.at("trine_tokens_total{" + kFr + ",gen_ai_token_type=output," + kFrRest), 5);
  EXPECT_EQ(s.at("trine_config_generation{}"), 2);
}

TEST_F(View, AMeterThatWasNeverReadIsNotUp) {
  metering.use(snapshot);
  const auto s = series();
  EXPECT_EQ(s.at("trine_meter_up{" + kFr + "," + kFrRest), 0);
  EXPECT_EQ(s.at("trine_meter_samples_total{" + kFr + "," + kFrRest), 0);
  EXPECT_EQ(s.count("trine_meter_lag_seconds{" + kFr + "," + kFrRest), 0u);
  EXPECT_EQ(s.count("trine_meter_up{" + kDe + "," + kDeRest), 0u) << "no meter, so none that is down";
}

// What a family's row promises: the labels, and the names of its series.
std::set<std::string> label_set(std::string_view list) {
  std::set<std::string> names;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    names.emplace(trim(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return names;
}

TEST_F(View, EachSeriesHasTheNameAndTheLabelsOfItsRow) {
  metering.use(snapshot);
  ledger.fold.last_fold = kNow;
  size_t seen = 0;
  const auto ok = meter::parse_text(page(), meter::TextFormat::prometheus, [&](const meter::Series& s) {
    std::set<std::string> labels;
    for (const meter::Label& l : s.labels) labels.emplace(l.name);
    const auto row = std::find_if(families().begin(), families().end(), [&](const Family& f) {
      if (f.kind != Kind::histogram) return s.name == f.name;
      for (const char* suffix : {"_bucket", "_sum", "_count"})
        if (s.name == std::string(f.name) + suffix) return true;
      return false;
    });
    ASSERT_NE(row, families().end()) << s.name;
    EXPECT_EQ(labels.erase("le"), s.name.ends_with("_bucket") ? 1u : 0u) << s.name;
    EXPECT_EQ(labels, label_set(row->labels)) << s.name;
    ++seen;
  });
  EXPECT_TRUE(ok) << ok.error().message;
  EXPECT_GT(seen, families().size());
}

TEST(Families, FollowTheFieldsNamingRules) {
  std::set<std::string> names;
  for (const Family& f : families()) {
    const std::string_view name = f.name;
    EXPECT_TRUE(names.insert(f.name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << name;
    EXPECT_TRUE(name.starts_with("trine_") || name.starts_with("gen_ai_") || name.starts_with("process_")) << name;
    EXPECT_EQ(name.ends_with("_total"), f.kind == Kind::counter) << name;
    EXPECT_EQ(std::string_view(f.help).back(), '.') << name;
    EXPECT_EQ(std::string_view(f.help).find_first_of("\n|"), std::string_view::npos) << name;
  }
}

// The page does not grow with what clients send: twice the traffic, the same series.
TEST_F(View, TheNumberOfSeriesDependsOnTheConfigurationAlone) {
  const size_t before = series().size();
  for (int i = 0; i < 100; ++i) {
    counters(0, 0).duration.observe(std::chrono::milliseconds(i));
    counters(1, 1).calls[0].add();
    workers[0].requests[0].add();
  }
  EXPECT_EQ(series().size(), before);
}

TEST_F(View, WorkloadsAreToldApartByDeployment) {
  use(std::string(kTwoDeployments)
          .replace(std::string(kTwoDeployments).find("routes: [{ model: m,"), 20,
                   "routes: [{ model: m, workload: night,"));
  const auto place = [&](std::string_view name) { return snapshot->workloads.place(name); };
  counters(0, 0).workloads.of(place("night")).energy_uj.add(2'500'000);
  counters(0, 1).workloads.of(place("night")).energy_uj.add(1);
  counters(1, 0).workloads.of(place("a client's own")).calls.add(3);
  const auto s = series();
  EXPECT_EQ(s.at("trine_workload_energy_joules_total{deployment=fr-4090,simulated=true,workload=night,zone=FR}"),
            2.500001);
  EXPECT_EQ(s.at("trine_workload_calls_total{deployment=de-a100,simulated=false,workload=other,zone=DE}"), 3);
  EXPECT_EQ(s.count("trine_workload_calls_total{deployment=de-a100,simulated=false,workload=night,zone=DE}"), 0u);
}

TEST_F(View, TheBaselineIsShownBesideAndTheSavingMayBeNegative) {
  EXPECT_EQ(page().find("trine_saved_cost{"), std::string::npos) << "nothing to compare with";
  use(std::string(kTwoDeployments) + "baseline: { vendor: openai, model: gpt-4o-mini }\n");
  metering.use(snapshot);
  counters(0, 0).baseline.add(joules(5), grams(0.5), euros(0.01));
  counters(0, 1).baseline.add(joules(1), grams(0), euros(0));
  counters(0, 1).energy_uj.add(joules(2).raw());
  counters(0, 1).cost_n.add(euros(0.03).raw());
  counters(0, 0).workloads.of(gateway::WorkloadNames::kNone).baseline.add(joules(5), grams(0.5), euros(0.01));
  const auto s = series();
  const std::string fr = "{" + kFr + "," + kFrRest;
  const std::string fr_money = "{currency=EUR," + kFr + "," + kFrRest;
  EXPECT_EQ(s.at("trine_baseline_energy_joules_total" + fr), 6);
  EXPECT_EQ(s.at("trine_baseline_carbon_grams_total" + fr), 0.5);
  EXPECT_EQ(s.at("trine_baseline_cost_total" + fr_money), 0.01);
  EXPECT_EQ(s.at("trine_saved_energy_joules" + fr), 4);
  EXPECT_EQ(s.at("trine_saved_carbon_grams" + fr), 0.5);
  EXPECT_EQ(s.at("trine_saved_cost" + fr_money), -0.02);
  EXPECT_EQ(s.at("trine_saved_energy_joules{" + kDe + "," + kDeRest), 0);
  const std::string cell = "deployment=fr-4090,simulated=true,workload=none,zone=FR}";
  EXPECT_EQ(s.at("trine_workload_baseline_energy_joules_total{" + cell), 5);
  EXPECT_EQ(s.at("trine_workload_baseline_carbon_grams_total{" + cell), 0.5);
  EXPECT_EQ(s.at("trine_workload_baseline_cost_total{currency=EUR," + cell), 0.01);
}

TEST_F(View, TimeInStagesAndWhatTheySparedIsShown) {
  workers[0].phase_ns[static_cast<size_t>(gateway::Phase::guard)].add(1'500'000'000);
  workers[1].overhead.observe(300us);
  workers[0].spared.add("cache.exact", 10, 5);
  workers[1].spared.add("cache.exact", 1, 0);
  workers[1].spared.add("documents.repeats", -3, 0);
  const auto s = series();
  EXPECT_EQ(s.at("trine_stage_seconds_total{stage=guard}"), 1.5);
  EXPECT_EQ(s.at("trine_gateway_overhead_seconds_bucket{le=0.0005}"), 1);
  EXPECT_EQ(s.at("trine_gateway_overhead_seconds_bucket{le=0.0002}"), 0);
  EXPECT_EQ(s.at("trine_spared_requests_total{step=cache.exact}"), 2);
  EXPECT_EQ(s.at("trine_spared_tokens{gen_ai_token_type=input,step=cache.exact}"), 11);
  EXPECT_EQ(s.at("trine_spared_tokens{gen_ai_token_type=input,step=documents.repeats}"), -3);
}

// The scraper of the meters reads OpenMetrics too: it knows the format's rules.
TEST_F(View, OpenMetricsNamesFamiliesWithoutTheirSuffixAndEnds) {
  counters(0, 0).tokens_out.add(5);
  const gateway::GatewayView view{*snapshot, workers, ledger, metering, started, now, sources};
  const std::string text = render_page(view, kNow, process, gateway::MetricsForm::openmetrics);
  EXPECT_TRUE(text.ends_with("# EOF\n"));
  EXPECT_NE(text.find("# TYPE trine_tokens counter\n"), std::string::npos);
  EXPECT_NE(text.find("trine_tokens_total{"), std::string::npos);
  EXPECT_TRUE(meter::parse_text(text, meter::TextFormat::openmetrics, [](const meter::Series&) {}));
}

TEST_F(View, ABucketNamesTheTraceThatStandsForIt) {
  use(std::string(kTwoDeployments) + "traces: { otlp: \"http://127.0.0.1:1\", sample: 1 }\n");
  gateway::TraceExporter traces(loop);
  traces.use(snapshot);
  auto trace = std::make_shared<gateway::Trace>();
  trace->id = {1, 2};
  gateway::CallTrace call{.span = 3, .facts = {}, .figures = {}, .settled = true};
  call.facts.deployment = "fr-4090";
  call.facts.start = kNow - 100ms;
  call.facts.end = kNow;
  trace->calls.push_back(call);
  traces.take({trace});
  counters(0, 0).duration.observe(100ms);
  const gateway::GatewayView view{*snapshot, workers, ledger, metering, started, now, sources, {}, &traces};
  const std::string text = render_page(view, kNow, process, gateway::MetricsForm::openmetrics);
  EXPECT_NE(text.find("le=\"0.16\"} 1 # {trace_id=\"00000000000000010000000000000002\"} 0.1 1764000000.000\n"),
            std::string::npos);
  EXPECT_EQ(render_page(view, kNow, process).find("trace_id"), std::string::npos) << "the older format has none";
}

std::string document() {
  std::ostringstream out;
  out << "# Metrics\n\n"
         "`GET /metrics` on the admin port (never on the traffic port), Prometheus text format 0.0.4, or OpenMetrics "
         "1.0 "
         "(with\nexemplars) for a scraper that asks for it. This page is made from the table in the source; a test "
         "keeps "
         "the two equal. Boards\nand alert rules for it: [grafana.md](grafana.md).\n\n"
         "- Names are OpenTelemetry's GenAI names in Prometheus' form where there is one that means the same, "
         "`trine_*` else. The\n  `gen_ai_server_*` times are seen from the gateway: they include the network to the "
         "deployment. Buckets are those that\n  OpenTelemetry advises.\n"
         "- `deployment`, `model` (the engine's name of it), `zone` (`world`: not known) and `simulated` stand on all "
         "series of a\n  deployment, so that one can be divided by the other: joules per token is\n"
         "  `sum by (deployment) (rate(trine_energy_joules_total[5m])) / sum by (deployment) "
         "(rate(trine_tokens_total[5m]))`.\n"
         "- Energy, carbon and cost are those of the first settlement, at the end of a call. Where a meter is read, "
         "the final figures\n  differ; they are in the ledger (`trine report`).\n"
         "- Energy is facility energy: GPU and host, times PUE. What the meters show beside requests is in\n  "
         "`trine_device_unattributed_energy_joules_total`; the ledger says to whom it is given.\n"
         "- `workload` is one of those that the configuration names (62 at most), `none` where a request names none, "
         "else `other`.\n  A workload's series of a deployment appear with its first call there.\n"
         "- `trine_baseline_*` are what the configuration's `baseline` ([baseline.md](baseline.md)) would have taken "
         "for "
         "the same requests,\n  as they arrived: tokens that documents and caches spared are in it, each request "
         "counts "
         "once, and where an answer was given\n  again it counts at the deployment that made it. Both sides have the "
         "same labels: by workload or zone, the saving is\n  `sum by (zone) (rate(trine_baseline_cost_total[1h])) - "
         "sum "
         "by (zone) (rate(trine_cost_total[1h]))`.\n"
         "- `trine_saved_*` are gauges, since a saving can be negative and shrinks while hardware is idle: the "
         "baseline's less the calls' less\n  what the deployment's metered hardware took beside requests, since the "
         "process began. The gateway's own energy is no\n  deployment's: `sum(trine_saved_energy_joules) - "
         "sum(trine_gateway_energy_joules_total)`. They are provisional: each request is\n  priced when it ends, "
         "against "
         "own hardware as full as the last ten minutes' work would make it. `trine report` takes final\n  figures, "
         "whole "
         "hours and ranges, and is what to quote. Without a baseline there are none of these series.\n"
         "- No label holds what a client sent. The number of series depends on the configuration alone.\n\n"
         "| metric | type | labels | what it is |\n|---|---|---|---|\n";
  for (const Family& f : families())
    out << "| `" << f.name << "` | " << name(f.kind) << " | " << f.labels << " | " << f.help << " |\n";
  return out.str();
}

// TRINE_UPDATE_DOCS=1 writes the page instead.
TEST(Families, ThePageOfTheDocumentationShowsThem) {
  const std::string path = TRINE_SOURCE_DIR "/docs/metrics.md";
  if (std::getenv("TRINE_UPDATE_DOCS")) std::ofstream(path) << document();
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), document()) << "run this test once with TRINE_UPDATE_DOCS=1";
}

}  // namespace
}  // namespace trine::observe::prometheus_test
