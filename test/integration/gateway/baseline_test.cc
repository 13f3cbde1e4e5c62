// What the baseline would have taken, counted request by request, beside the report's saving over the same hour.
#include "gateway/savings_baseline.h"
#include "integration/gateway/harness.h"

namespace trine::gateway::test::baseline_test {
namespace {

Sample against(const string& baseline) {
  Sample s;
  s.routes = R"(
  - { model: small, deployments: [fr, de], weights: { cost: 0, control: 0, carbon: 1 }, cache: { }, workload: night }
)";
  s.grid = "{ zones: { FR: { g_per_kwh: 50 }, DE: { g_per_kwh: 400 }, US: { g_per_kwh: 380 } } }";
  s.more = baseline.empty() ? string() : "baseline: " + baseline + "\n";
  return s;
}

string ask_for(string_view text) {
  return fmt::format(R"({{"model":"small","temperature":0,"messages":[{{"role":"user","content":"{}"}}]}})", text);
}

struct BaselineTest : TwoEnginesTest {
  Harness& h() { return *kept; }
  const DeploymentCounters& counters(string_view name) { return h().deployment(name).state->probe.all()[0]; }
  // The baseline's side of the saving, as `trine report` reckons it.
  score::Savings savings() {
    const Snapshot& snapshot = *h().context.snapshot();
    std::vector<score::ServedHour> hours;
    for (const auto& row : h().hours().rows) {
      score::ServedHour hour;
      hour.sums = row.sums;
      hour.avoided = row.avoided;
      const grid::Reading r = snapshot.grid->at(snapshot.baseline->zone, h().clock.wall());
      hour.grid = {r.value.g_per_kwh, r.sigma_ln, r.hourly()};
      hours.push_back(hour);
    }
    const auto s = score::savings(savings_baseline(*snapshot.baseline), hours);
    if (!s) throw std::runtime_error(s.error().message);
    return *s;
  }
};

TEST_F(BaselineTest, EachRequestCountsAsTheReportCountsItsHour) {
  with(against("{ vendor: openai, model: gpt-4o-mini, zone: US }"));
  EXPECT_EQ(h().ask(chat(ask_for("one"))).status, 200);
  EXPECT_EQ(h().ask(chat(ask_for("two"))).status, 200);
  const AmountCounters& n = counters("fr").baseline;
  const score::Amounts asked = savings().baseline;
  EXPECT_GT(n.energy_uj.get(), 0);
  EXPECT_GT(n.carbon_ng.get(), 0);
  EXPECT_GT(n.cost_n.get(), 0);
  EXPECT_LE(std::abs(n.energy_uj.get() - asked.energy.raw()), 2) << "each request is rounded for itself";
  EXPECT_LE(std::abs(n.carbon_ng.get() - asked.carbon.raw()), 2);
  EXPECT_LE(std::abs(n.cost_n.get() - asked.cost.raw()), 2);
  EXPECT_EQ(counters("de").baseline.cost_n.get(), 0) << "it served nothing";
  const size_t place = h().context.snapshot()->workloads.place("night");
  const WorkloadCounters* cell = counters("fr").workloads.find(place);
  ASSERT_NE(cell, nullptr);
  EXPECT_EQ(cell->baseline.energy_uj.get(), n.energy_uj.get());
  EXPECT_EQ(cell->baseline.carbon_ng.get(), n.carbon_ng.get());
  EXPECT_EQ(cell->baseline.cost_n.get(), n.cost_n.get());
}

TEST_F(BaselineTest, AnAnswerFromTheCacheWouldHaveBeenServedAgain) {
  with(against("{ vendor: openai, model: gpt-4o-mini, zone: US }"));
  h().ask(chat(ask_for("one")));
  const int64_t once = counters("fr").baseline.cost_n.get();
  EXPECT_EQ(h().ask(chat(ask_for("one"))).header("x-trine-cache"), "hit");
  EXPECT_EQ(counters("fr").baseline.cost_n.get(), 2 * once) << "at the deployment that made the answer";
  EXPECT_EQ(counters("fr").tokens_in.get(), 20) << "computed once";
  EXPECT_LE(std::abs(counters("fr").baseline.cost_n.get() - savings().baseline.cost.raw()), 2);
}

// The embedding that finds the answer is a call of its own, which the baseline would not have made.
TEST_F(BaselineTest, AnAnswerFoundByItsMeaningCountsAsItsOwnDoes) {
  Sample s = against("{ vendor: openai, model: gpt-4o-mini, zone: US }");
  s.routes.replace(s.routes.find("cache: { }"), 10, "cache: { semantic: { embeddings: emb, threshold: 0.9 } }");
  s.deployments +=
      R"(  - { name: emb, url: "http://emb.test/v1", model: bge, catalog_model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 } }
)";
  with(s);
  h().engines["emb.test"].on_request = answers(json_answer(
      R"({"object":"list","data":[{"index":0,"embedding":[1,0]}],"usage":{"prompt_tokens":3,"total_tokens":3}})"));
  h().ask(chat(ask_for("one")));
  const int64_t once = counters("fr").baseline.cost_n.get();
  EXPECT_GT(once, 0);
  EXPECT_EQ(h().ask(chat(ask_for("uno"))).header("x-trine-cache"), "semantic");
  EXPECT_EQ(counters("fr").baseline.cost_n.get(), 2 * once) << "at the deployment that made the answer";
  EXPECT_EQ(counters("emb").tokens_in.get(), 6);
  EXPECT_EQ(counters("emb").baseline.cost_n.get(), 0);
}

TEST_F(BaselineTest, ARequestThatWasTriedAgainCountsOnce) {
  with(against("{ vendor: openai, model: gpt-4o-mini, zone: US }"));
  h().engines["fr.test"].on_request = answers("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}");
  EXPECT_EQ(h().ask(chat(ask_for("one"))).status, 200);
  EXPECT_EQ(counters("fr").baseline.cost_n.get(), 0);
  EXPECT_GT(counters("de").baseline.cost_n.get(), 0);
  EXPECT_LE(std::abs(counters("de").baseline.cost_n.get() - savings().baseline.cost.raw()), 2);
}

TEST_F(BaselineTest, WhatNoEngineWouldHaveServedDoesNotCount) {
  with(against("{ vendor: openai, model: gpt-4o-mini, zone: US }"));
  EXPECT_EQ(h().ask(chat(R"({"model":"none","messages":[]})")).status, 404);
  for (auto host : {"fr.test", "de.test"})
    h().engines[host].on_request = answers("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}");
  EXPECT_GE(h().ask(chat(ask_for("one"))).status, 500);
  for (auto name : {"fr", "de"}) EXPECT_EQ(counters(name).baseline.energy_uj.get(), 0) << name;
}

// A machine of ours with one request at a time takes what the formula says for a batch of one.
TEST_F(BaselineTest, OwnHardwareIsAsFullAsRecentWorkWouldMakeIt) {
  with(against("{ deployment: de }"));
  h().ask(chat(ask_for("one")));
  score::SavingsBaseline alone = savings_baseline(*h().context.snapshot()->baseline);
  std::get<score::OwnBaseline>(alone.what).batch = 1;
  const auto reading = h().context.snapshot()->grid->at("DE", h().clock.wall());
  const auto one = score::baseline_takes(
      alone, {1, 20, 0, 5}, {{reading.value.g_per_kwh, reading.sigma_ln, reading.hourly()}, h().clock.wall(), 1});
  ASSERT_TRUE(one);
  EXPECT_GT(one->energy, Energy());
  EXPECT_EQ(counters("fr").baseline.energy_uj.get(), one->energy.raw());
  EXPECT_EQ(counters("fr").baseline.carbon_ng.get(), one->carbon.raw());
  EXPECT_EQ(counters("fr").baseline.cost_n.get(), one->cost.raw());
}

TEST_F(BaselineTest, WithoutOneNothingIsCounted) {
  with(against(""));
  h().ask(chat(ask_for("one")));
  EXPECT_EQ(counters("fr").tokens_in.get(), 20);
  EXPECT_EQ(counters("fr").baseline.cost_n.get(), 0);
}

TEST(RecentWork, MakesABusyMachineFullerAndFades) {
  const score::Speed speed{.step_s0 = 0.01, .step_s1 = 0.0002, .prefill_tokens_per_s = 10'000};
  RecentWork recent;
  EXPECT_EQ(recent.mean_batch(speed, 1), 1) << "nothing yet";
  Mono now{std::chrono::hours(1)};
  // 20 requests a second of 1000 and 50 tokens: 2 s of prompts and 10 s of answers a second, and more by what fills.
  for (int i = 0; i < 20 * 600; ++i) recent.add({1, 1000, 0, 50}, now += std::chrono::milliseconds(50));
  const double steady = score::mean_batch(speed, {1, 20'000, 0, 1000}, 1);
  EXPECT_GT(steady, 10);
  EXPECT_NEAR(recent.mean_batch(speed, 1), steady, 0.01 * steady);
  EXPECT_GT(recent.mean_batch(speed, 2), recent.mean_batch(speed, 1)) << "two workers' work on one machine";
  recent.add({1, 1, 0, 1}, now += std::chrono::hours(2));
  EXPECT_EQ(recent.mean_batch(speed, 1), 1);
}

TEST(RecentWork, ABurstIsNoSteadyLoad) {
  const score::Speed speed{.step_s0 = 0.01, .step_s1 = 0.0002, .prefill_tokens_per_s = 10'000};
  RecentWork recent;
  for (int i = 0; i < 2; ++i) recent.add({1, 1000, 0, 50}, Mono{std::chrono::milliseconds(i)});
  EXPECT_EQ(recent.mean_batch(speed, 1), 1);
}

}  // namespace
}  // namespace trine::gateway::test::baseline_test
