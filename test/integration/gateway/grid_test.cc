// From a source of intensities to a request's grams: the whole path, in virtual time, and the source is what the test
// says.
#include "grid/poller.h"
#include "integration/gateway/harness.h"

namespace trine::gateway::test::grid_test {
namespace {

struct GridTest : testing::Test {
  GridTest() {
    h.clock.advance(*parse_iso8601("2026-01-15T10:20:00Z") - h.clock.wall());
    sample.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, pue: 1.2, price: { per_hour: 0.36 } }
)";
    sample.routes = "\n  - { model: small, deployments: [fr] }\n";
    sample.grid = fmt::format(
        "{{ cache: \"{}\", sources: [ {{ kind: electricity_maps, token: t, url: \"http://emaps.test\" }} ] }}",
        (h.dir.path() / "grid").string());
    h.reload(sample);
    h.engines["fr.test"].on_request = answers(json_answer(completion(usage_json(800, 100))));
    source().on_request = [this](EngineSide& side, const Message& m) {
      const bool forecast = m.start.find("/forecast") != string::npos;
      side.send(forecast ? json_answer("{}", 403) : json_answer(history));
    };
  }
  ~GridTest() override {
    poller.stop();
    h.engines.leave();
    h.advance(1h);
  }
  Engine& source() { return h.engines["emaps.test"]; }
  void say(double g) {
    history = fmt::format(R"({{"zone": "FR", "history": [{{"datetime": "{}", "carbonIntensity": {}}}]}})",
                          iso8601(std::chrono::floor<std::chrono::hours>(h.clock.wall())), g);
  }
  void poll() {
    const auto& s = *h.context.snapshot();
    poller.use(s.grid_sources, s.config->grid_cache, s.grid);
    h.advance(2s);
  }
  energy::Figures request() { return h.record(h.ask(chat())).calls.at(0).settlements.back().figures; }
  double booked() {  // grams per kWh
    const energy::Figures f = request();
    return to_grams(f.operational) / to_kwh(f.energy);
  }

  Sample sample;
  Harness h;
  grid::Poller poller{{.loop = h.loop, .seed = 3, .dialer = &h.engines}};
  string history = "{}";
};

TEST_F(GridTest, TheLetterRisesAndTheGramsFollowTheHour) {
  EXPECT_EQ(request().letter, energy::Letter::C) << "a typical day";
  say(61);
  poll();
  EXPECT_EQ(request().letter, energy::Letter::B) << "a curve and the hour's own value";
  EXPECT_NEAR(booked(), 61, 0.01);
  say(61);
  h.advance(40min);
  say(93);
  h.advance(10min);
  EXPECT_NEAR(booked(), 93, 0.01);
  const energy::Figures f = request();
  EXPECT_LT(f.carbon_low, f.carbon());
  EXPECT_GT(f.carbon_high, f.carbon());
}

TEST_F(GridTest, ASourceThatFallsSilentLowersTheLetterAndNeverGivesZeroGrams) {
  say(61);
  poll();
  source().refuses = true;
  source().on_request = answers(json_answer("{}", 500));
  h.advance(2h);
  EXPECT_EQ(request().letter, energy::Letter::B) << "the last value, over for less than 2 h";
  EXPECT_NEAR(booked(), 61, 0.01);
  h.advance(2h);
  EXPECT_EQ(request().letter, energy::Letter::C);
  EXPECT_GT(booked(), 5);
  EXPECT_GT(poller.status().at(0).errors, 0);
}

TEST_F(GridTest, ARestartTakesTheHoursFromTheCache) {
  say(61);
  poll();
  poller.stop();
  source().refuses = true;
  const auto again = must_snapshot(sample.yaml());  // as a new process does
  const auto r = again->grid->at("FR", h.clock.wall());
  EXPECT_EQ(r.granularity, grid::Granularity::hourly);
  EXPECT_DOUBLE_EQ(r.value.g_per_kwh, 61);
  h.context.use(again);
  EXPECT_EQ(request().letter, energy::Letter::B);
}

TEST_F(GridTest, AReloadKeepsWhatIsKnownAndForgetsASourceThatIsGone) {
  say(61);
  poll();
  h.reload(sample);
  EXPECT_EQ(request().letter, energy::Letter::B);
  Sample other = sample;
  other.grid = "{ zones: { FR: { g_per_kwh: 50 } } }";
  h.reload(other);
  poll();
  EXPECT_EQ(request().letter, energy::Letter::C);
  EXPECT_NEAR(booked(), 50, 0.01);
}

TEST_F(GridTest, ASourceWithoutZonesIsAskedForThoseOfTheDeployments) {
  const auto& specs = h.context.snapshot()->grid_sources;
  ASSERT_EQ(specs.size(), 1u);
  EXPECT_EQ(specs[0].zones, std::vector<string>{"FR"});
  Sample wrong = sample;
  wrong.grid = "{ sources: [ { kind: uk_carbon_intensity, zones: [FR] } ] }";
  const auto refused = snapshot_of(wrong.yaml());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("knows zone GB alone"), string::npos) << refused.error().message;
}

}  // namespace
}  // namespace trine::gateway::test::grid_test
