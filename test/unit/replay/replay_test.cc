#include "replay/replay.h"

#include <gtest/gtest.h>

#include <cmath>

#include "catalog/load.h"

namespace trine::replay::replay_test {
namespace {

constexpr const char* kFleet =
    "peak_tokens_per_min: 600000\nmodel: llama-3.1-8b\ntokens: { in: 1155, out: 211 }\n"
    "slo: { ttft_p95: 2s, tpot_p95: 80ms }\nbaseline: de-a100\noptions:\n"
    "  - { name: de-a100, gpu: A100, zone: DE, per_hour: 1.6, startup: 5m }\n"
    "  - { name: de-h100, gpu: H100, zone: DE, per_hour: 2.45, startup: 5m }\n"
    "  - { name: se-h100, gpu: H100, zone: SE, per_hour: 2.73, startup: 5m }\n"
    "  - { name: api, vendor: mistral, model: ministral-8b-latest, zone: SE }\n";

// Two days with a night, DE ten times as dirty as SE.
struct World {
  std::shared_ptr<const catalog::Catalog> catalog = *catalog::load();
  fleet::Fleet fleet = *fleet::read_fleet_text("fleet.yaml", kFleet, *catalog);
  fleet::Trace trace;
  grid::SeriesFile grid;
  explicit World(int grid_hours = 48) {
    std::string csv = "ts_utc,DE,SE\n";
    const Wall start = *parse_iso8601("2022-01-01T00:00:00Z");
    for (int h = 0; h < grid_hours; ++h)
      csv += fmt::format("{},{},{}\n", iso8601(start + std::chrono::hours(h)), 350 + 50 * (h % 5), 30 + h % 3);
    grid = *grid::read_series_text("grid.csv", csv);
    for (int h = 0; h < 48; ++h) trace.hourly.push_back(100 + 80 * std::sin(h / 24.0 * 2 * 3.14159265358979));
  }
  Result<Replay> replay(int hours = 48, uint64_t seed = 1) const {
    Scenario s;
    s.fleet = &fleet;
    s.trace = &trace;
    s.grid = &grid;
    s.grid_name = "grid.csv";
    s.catalog = catalog;
    s.start = *parse_iso8601("2022-01-01T00:00:00Z");
    s.hours = hours;
    s.seed = seed;
    return Replay::make(s);
  }
  Outcome run(Policy policy, fleet::Goal goal = {}, uint64_t seed = 1) const {
    const auto r = replay(48, seed);
    EXPECT_TRUE(r) << r.error().message;
    auto out = r->run({policy, goal, std::nullopt});
    EXPECT_TRUE(out) << out.error().message;
    return out.value_or(Outcome{});
  }
};

TEST(AReplay, IsTheSameToTheBitForASeed) {
  const World world;
  const Outcome a = world.run(Policy::cost), b = world.run(Policy::cost), c = world.run(Policy::cost, {}, 2);
  EXPECT_EQ(a.cost_eur, b.cost_eur);
  EXPECT_EQ(a.carbon_kg, b.carbon_kg);
  EXPECT_EQ(a.energy_kwh, b.energy_kwh);
  EXPECT_EQ(a.ttft_p95_s, b.ttft_p95_s);
  EXPECT_EQ(a.requests, b.requests);
  EXPECT_NE(a.requests, c.requests);
}

TEST(AReplay, LosesNothing) {
  const World world;
  for (const Policy p :
       {Policy::fixed, Policy::autoscale, Policy::api, Policy::cost, Policy::carbon, Policy::latency}) {
    const Outcome o = world.run(p);
    double joules = 0, eur = 0, served = 0;
    for (const Taken& t : o.by_option) joules += t.joules, eur += t.eur, served += static_cast<double>(t.served);
    EXPECT_DOUBLE_EQ(o.energy_kwh, joules / 3.6e6) << name(p);
    EXPECT_DOUBLE_EQ(o.cost_eur, eur) << name(p);
    EXPECT_EQ(o.served, served) << name(p);
    EXPECT_NEAR(o.requests, o.served + o.running + o.unserved_fraction * o.requests, 0.5) << name(p);
    EXPECT_LE(o.ttft_p50_s, o.ttft_p95_s) << name(p);
  }
}

TEST(AReplay, PutsPoliciesInTheirOrder) {
  const World world;
  const Outcome fixed = world.run(Policy::fixed), scaled = world.run(Policy::autoscale), cost = world.run(Policy::cost);
  const Outcome carbon = world.run(Policy::carbon, {fleet::Goal::Kind::lambda, 1e6});
  const Outcome slack = world.run(Policy::carbon, {fleet::Goal::Kind::cost_slack, 0.05});
  const Outcome least = world.run(Policy::hindsight);
  const Outcome cleanest = world.run(Policy::hindsight, {fleet::Goal::Kind::lambda, 1e6});
  EXPECT_LT(scaled.cost_eur, fixed.cost_eur);
  EXPECT_LT(cost.cost_eur, scaled.cost_eur);
  EXPECT_LT(least.cost_eur, cost.cost_eur);
  EXPECT_LT(carbon.carbon_kg, slack.carbon_kg);
  EXPECT_LT(slack.carbon_kg, cost.carbon_kg);
  EXPECT_LT(cleanest.carbon_kg, carbon.carbon_kg);
  EXPECT_LT(cost.cost_eur, carbon.cost_eur) << "the cheapest is not the greenest";
  for (const Outcome* o : {&cost, &carbon, &slack}) {
    EXPECT_LT(o->slo_miss_fraction, 1e-3) << o->policy;
    EXPECT_LT(o->unserved_fraction, 1e-3) << o->policy;
  }
}

// A fleet that cannot be had is nothing to compare with.
TEST(AReplay, HasNoMoreMachinesThanCanBeHad) {
  const World free;
  World one, capped;
  for (fleet::Option& o : one.fleet.options) o.max = 1;
  capped.fleet.zone_caps = {{"DE", 1}};
  const double hours = 48 + 1;  // with what a machine takes to begin
  for (const Policy p : {Policy::fixed, Policy::autoscale}) {
    EXPECT_GT(free.run(p).machine_hours, hours) << name(p);
    EXPECT_LE(one.run(p).machine_hours, hours) << name(p);
    EXPECT_LE(capped.run(p).machine_hours, hours) << name(p);
  }
}

TEST(AReplay, KeepsItsSlackOverTheRun) {
  const World world;
  const Outcome cost = world.run(Policy::cost),
                slack = world.run(Policy::carbon, {fleet::Goal::Kind::cost_slack, 0.05});
  EXPECT_LT(slack.cost_eur, 1.08 * cost.cost_eur);
}

TEST(AReplay, RefusesAGridWithoutTheZoneOrTheHour) {
  const World world;
  const auto late = world.replay(49);
  ASSERT_FALSE(late);
  EXPECT_EQ(
      late.error().message,
      "grid.csv: zone DE has no value for 2022-01-03T00:00:00Z; the replay needs 49 hours from 2022-01-01T00:00:00Z.");
  World other;
  other.grid.zones.erase("SE");
  const auto lacks = other.replay();
  ASSERT_FALSE(lacks);
  EXPECT_NE(lacks.error().message.find("grid.csv: has no column for zone SE, where se-h100, api would run. It has DE; "
                                       "leave the zone out with --zones"),
            std::string::npos)
      << lacks.error().message;
}

TEST(AReplay, WithoutAnyOptionSaysWhy) {
  World world;
  world.fleet.zones = {"FR"};
  const auto none = world.replay();
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("de-a100: "), std::string::npos) << none.error().message;
}

}  // namespace
}  // namespace trine::replay::replay_test
