#include "replay/cluster.h"

#include <gtest/gtest.h>

#include <cmath>

#include "catalog/load.h"
#include "fleet/fleet_file.h"

namespace trine::replay::cluster_test {
namespace {

const fleet::Mix kChat{.in = 1155, .cached = 0, .out = 211};
const fleet::Slo kSlo{.ttft_s = 2, .tpot_s = 0.08};

fleet::Fleet read(std::string_view options) {
  const auto catalog = *catalog::load();
  auto fleet = fleet::read_fleet_text(
      "fleet.yaml", fmt::format("peak_tokens_per_min: 3000000\nmodel: llama-3.1-8b\noptions:\n{}", options), *catalog);
  EXPECT_TRUE(fleet) << fleet.error().message;
  return fleet.value_or(fleet::Fleet{});
}

constexpr const char* kH100 = "  - { name: a, gpu: H100, zone: DE, per_hour: 2.5, startup: 5m }\n";
constexpr const char* kTwo =
    "  - { name: dear, gpu: H100, zone: DE, per_hour: 9 }\n  - { name: cheap, gpu: H100, zone: FR, per_hour: 2 }\n";

Cluster::Setup setup(const fleet::Fleet& fleet) {
  Cluster::Setup s;
  s.load.mix = kChat;
  s.slo = kSlo;
  s.router.weights = {1, 0, 0};
  for (const auto& o : fleet.options) s.services.push_back(make_service(o, s.load, kSlo).value());
  return s;
}

// Poisson arrivals of `rate` a second until `end`.
uint64_t drive(Cluster& c, double rate, double end, uint64_t seed = 1, double begin = 0) {
  Random random(seed);
  uint64_t n = 0;
  for (double t = begin + random.exponential() / rate; t < end; t += random.exponential() / rate, ++n) {
    while (c.next_at() <= t) c.step();
    c.arrive({t, 1155, 211});
  }
  while (c.next_at() < end) c.step();
  return n;
}

TEST(ACluster, ServesWhatArrivesOrSaysThatItDidNot) {
  const auto fleet = read(kH100);
  Cluster c(setup(fleet));
  c.set_grid(0, {300});
  c.order(0, 0, true);
  const double rate = 3 * c.services()[0].requests_per_s;  // far too much
  const uint64_t n = drive(c, rate, 300);
  c.finish(300);
  EXPECT_EQ(c.tally().requests, n);
  EXPECT_EQ(c.tally().served + c.tally().unserved + c.running(), n);
  EXPECT_GT(c.tally().unserved, 0u);
}

TEST(ACluster, DoesWhatCapacityPromises) {
  const auto fleet = read(kH100);
  Cluster c(setup(fleet));
  c.set_grid(0, {300});
  c.order(0, 0, true);
  const Service& s = c.services()[0];
  drive(c, 1.5 * s.requests_per_s, 600);
  const uint64_t before = c.tally().served;
  const double running = c.tally().running_s;
  drive(c, 1.5 * s.requests_per_s, 1800, 2, 600);
  const double rate = static_cast<double>(c.tally().served - before) / 1200;
  EXPECT_NEAR(rate, s.requests_per_s, 0.01 * s.requests_per_s);
  // Little's law: what runs is what leaves times how long it stays
  const double batch = (c.tally().running_s - running) / 1200;
  EXPECT_NEAR(batch, s.max_batch, 0.01 * s.max_batch);
  EXPECT_NEAR(rate * s.response_s, batch, 0.05 * batch);
}

TEST(ACluster, ThatIsFullTakesTheCurvesEnergy) {
  const auto fleet = read(kH100);
  Cluster c(setup(fleet));
  c.set_grid(0, {300});
  c.order(0, 0, true);
  const Service& s = c.services()[0];
  drive(c, 1.5 * s.requests_per_s, 1800);
  c.finish(1800);
  const energy::Work work{.fresh = kChat.in, .cached = 0, .out = kChat.out, .context = kChat.in + kChat.out / 2};
  const double each = energy::work_joules(s.weights, work, s.max_batch);
  const double full = (each * static_cast<double>(c.tally().served + c.running() / 2) + s.host_w * 1800) * s.pue;
  EXPECT_NEAR(c.taken()[0].joules, full, 0.01 * full);
  EXPECT_NEAR(c.taken()[0].grams, c.taken()[0].joules / 3.6e6 * 300 + s.embodied_g_per_s * 1800, 1e-6);
  EXPECT_NEAR(c.taken()[0].eur, 1.25, 1e-9) << "half an hour at 2.50";
}

TEST(ACluster, PaysFromTheOrderToTheStop) {
  const auto fleet = read(kH100);
  Cluster c(setup(fleet));
  c.set_grid(0, {300});
  c.order(0, 100);
  EXPECT_EQ(c.ready(0), 0);
  c.arrive({350, 1155, 211});
  EXPECT_EQ(c.waiting(), 1u);
  ASSERT_DOUBLE_EQ(c.next_at(), 400) << "it starts for five minutes";
  c.step();
  EXPECT_EQ(c.ready(0), 1);
  EXPECT_EQ(c.running(), 1u) << "who waits is served first";
  c.drain(0, 401);
  EXPECT_EQ(c.count(0), 0);
  c.arrive({402, 1155, 211});
  EXPECT_EQ(c.waiting(), 1u) << "a machine that drains takes nobody";
  const double end = c.next_at();
  c.step();
  EXPECT_EQ(c.tally().served, 1u);
  EXPECT_NEAR(c.taken()[0].machine_s, end - 100, 1e-9) << "it stops with its last request";
  EXPECT_NEAR(c.taken()[0].joules / c.services()[0].pue,
              (c.services()[0].idle_w + c.services()[0].host_w) * 300 +
                  energy::work_joules(c.services()[0].weights,
                                      {.fresh = 1155, .cached = 0, .out = 211, .context = 1155 + 105.5}, 1) +
                  c.services()[0].host_w * (end - 400),
              1);
}

TEST(ACluster, FillsTheMachineThatTheScorePrefers) {
  const auto fleet = read(kTwo);
  Cluster c(setup(fleet));
  c.set_grid(0, {300, 40});
  c.order(0, 0, true);
  c.order(1, 0, true);
  drive(c, 0.5 * c.services()[1].requests_per_s, 600);
  EXPECT_EQ(c.taken()[0].served, 0u);
  EXPECT_GT(c.taken()[1].served, 1000u);
}

TEST(ACluster, TurnsToTheVendorWhereNoMachineCanStart) {
  const auto fleet = read(
      "  - { name: a, gpu: RTX-4090, zone: DE, per_hour: 0.37 }\n"
      "  - { name: api, vendor: mistral, model: ministral-8b-latest }\n");
  Cluster c(setup(fleet));
  c.set_grid(0, {300, 40});
  c.order(0, 0, true);
  const uint64_t n = drive(c, 3 * c.services()[0].requests_per_s, 600);
  EXPECT_GT(c.taken()[1].served, n / 2);
  EXPECT_EQ(c.tally().unserved, 0u);
  EXPECT_EQ(c.tally().misses, 0u);
  const double one = c.services()[1].eur;
  EXPECT_NEAR(c.taken()[1].eur, one * static_cast<double>(c.taken()[1].served), 1e-6 * c.taken()[1].eur);
}

TEST(ACluster, DropsWhoHasWaitedTooLong) {
  const auto fleet = read(kH100);
  auto s = setup(fleet);
  s.patience_s = 10;
  Cluster c(std::move(s));
  c.set_grid(0, {300});
  c.arrive({1, 1155, 211});
  c.arrive({8, 1155, 211});
  c.expire(12);
  EXPECT_EQ(c.tally().unserved, 1u);
  EXPECT_EQ(c.waiting(), 1u);
}

// Machines that let nobody wait are a loss system: Erlang's formula, whatever the service times.
TEST(Staffing, LeavesAboutOneInAThousandWithoutAPlace) {
  for (const double rate : {2.0, 20.0, 200.0}) {
    const double response = 10, offered = rate * response;
    const int places = static_cast<int>(std::ceil(staffed(rate, response) * response));
    double blocked = 1;
    for (int k = 1; k <= places; ++k) blocked = offered * blocked / (k + offered * blocked);
    EXPECT_LT(blocked, 1.5e-3) << rate;
    EXPECT_GT(blocked, 1e-6) << "and not many more machines than that takes, at " << rate;
  }
}

TEST(AHistogram, ReadsPercentilesWithinItsBuckets) {
  Histogram h;
  for (int i = 1; i <= 10000; ++i) h.add(i * 1e-3);
  EXPECT_NEAR(h.percentile(0.5), 5, 0.05);
  EXPECT_NEAR(h.percentile(0.95), 9.5, 0.08);
  EXPECT_EQ(Histogram{}.percentile(0.5), 0);
}

}  // namespace
}  // namespace trine::replay::cluster_test
