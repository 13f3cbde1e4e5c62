// The agent and the gateway's source together: what was counted there arrives here, once, in order and rightly dated.
#include <map>

#include "meter/prometheus_text.h"
#include "unit/meter_agent/agent_fixture.h"

namespace trine::meter_agent::agent_test {
namespace {

// What a source gave over several reads.
struct Given {
  void add(const Result<meter::Readings>& r) {
    ASSERT_TRUE(r) << r.error().message;
    readings.insert(readings.end(), r->devices.begin(), r->devices.end());
    notes.insert(notes.end(), r->notes.begin(), r->notes.end());
  }
  // One reading for every second, each with the energy that had flowed then.
  void expect_each_second() const {
    for (size_t i = 0; i < readings.size(); ++i) {
      EXPECT_EQ(readings[i].counter_uj, PlayedMeter::energy_at(Mono(*readings[i].mono))) << i;
      if (i > 0) {
        EXPECT_EQ(*readings[i].mono - *readings[i - 1].mono, 1s) << i;
        EXPECT_EQ(readings[i].at - readings[i - 1].at, 1s) << i;
      }
    }
  }
  bool told(std::string_view part) const {
    for (const auto& n : notes)
      if (n.find(part) != std::string::npos) return true;
    return false;
  }
  std::vector<meter::DeviceReading> readings;
  std::vector<std::string> notes;
};

TEST_F(AgentTest, GivesTheReadingsSinceTheLastOneWithAllThatTheMeterKnows) {
  start();
  const auto source = open();
  Given given;
  given.add(read(*source));
  ASSERT_EQ(given.readings.size(), 1u);
  const meter::DeviceReading& r = given.readings.front();
  EXPECT_EQ(r.device, "GPU-0");
  EXPECT_EQ(r.host, "gpu-1");
  EXPECT_EQ(r.model, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(r.boundary, meter::Boundary::gpu);
  EXPECT_TRUE(r.whole_device);
  EXPECT_EQ(r.power_w, 300);
  EXPECT_EQ(r.utilisation, 0.37);
  EXPECT_FALSE(r.sm_activity.has_value());
  EXPECT_EQ(source->name(), "trine-meter gpu-1:9410/v1/readings");

  advance(2900ms);
  given.add(read(*source));
  EXPECT_EQ(given.readings.size(), 3u);
  given.add(read(*source));  // nothing new yet
  EXPECT_EQ(given.readings.size(), 3u);
  given.expect_each_second();
  EXPECT_TRUE(given.notes.empty());
  EXPECT_EQ(dialled, 1);
}

TEST_F(AgentTest, LosesNothingWhileTheNetworkIsDown) {
  start();
  const auto source = open();
  Given given;
  given.add(read(*source));
  pull_the_cable();
  for (int i = 0; i < 10; ++i) {
    advance(1min);
    const auto r = read(*source);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, Code::unavailable);
  }
  cut = false;
  given.add(read(*source));
  EXPECT_EQ(given.readings.size(), 601u);
  given.expect_each_second();
  EXPECT_TRUE(given.notes.empty());
}

TEST_F(AgentTest, GivesTheSamplesOfALostAnswerWithTheNextOneAndNoneTwice) {
  start();
  const auto source = open();
  Given given;
  given.add(read(*source));
  run->server->close_all();
  advance(5s);
  break_after = 400;  // in the middle of the page
  EXPECT_EQ(read(*source).error().code, Code::unavailable);
  break_after = SIZE_MAX;
  advance(1s);
  given.add(read(*source));
  given.add(read(*source));
  EXPECT_EQ(given.readings.size(), 7u);
  given.expect_each_second();
}

TEST_F(AgentTest, AnAbsenceLongerThanWhatIsKeptIsSaidAndTheCounterCoversIt) {
  start({"GPU-0"}, 60);
  const auto source = open();
  Given given;
  given.add(read(*source));
  pull_the_cable();
  advance(10min);
  cut = false;
  given.add(read(*source));
  EXPECT_EQ(given.readings.size(), 61u);
  EXPECT_TRUE(given.told("540 samples of gpu-1 were no longer kept"));
  const auto& last = given.readings.back();
  EXPECT_EQ(*last.counter_uj - *given.readings.front().counter_uj, int64_t{600} * 300'000'000);
}

TEST_F(AgentTest, AnAgentThatStartsAgainIsSaidAndItsCountersGoOn) {
  theirs.mono_ahead = 5h;
  start();
  const auto source = open();
  Given given;
  given.add(read(*source));
  advance(3500ms);
  given.add(read(*source));
  pull_the_cable();
  run.reset();
  theirs.mono_ahead = 1min;  // and its host was booted
  start({"GPU-0"}, 3600, "run_B");
  cut = false;
  advance(2s);
  const size_t before = given.readings.size();
  given.add(read(*source));
  EXPECT_TRUE(given.told("started again"));
  EXPECT_EQ(given.readings.size(), before + 3);
  for (size_t i = 1; i < given.readings.size(); ++i) {
    EXPECT_GT(*given.readings[i].counter_uj, *given.readings[i - 1].counter_uj);
    EXPECT_GT(given.readings[i].at, given.readings[i - 1].at);
    EXPECT_EQ(given.readings[i].counter_uj, PlayedMeter::energy_at(Mono(*given.readings[i].mono)));
  }
}

TEST_F(AgentTest, ABacklogOfManyPagesComesInOneRead) {
  start({"GPU-0", "GPU-1", "GPU-2"});
  const auto source = open();
  advance(30min);
  const auto r = read(*source);
  ASSERT_TRUE(r);
  EXPECT_GT(r->devices.size(), 2 * kSamplesPerPage);
  EXPECT_EQ(r->devices.size(), 3u * 1801u);
  for (const char* name : {"GPU-0", "GPU-1", "GPU-2"}) {
    Given one;
    for (const auto& d : r->devices)
      if (d.device == name) one.readings.push_back(d);
    EXPECT_EQ(one.readings.size(), 1801u);
    one.expect_each_second();
  }
}

TEST_F(AgentTest, AGatewayThatStartsAgainGoesOnWhereItsLastWindowEnded) {
  start();
  Given given;
  {
    const auto source = open();
    advance(5s);
    given.add(read(*source));
  }
  const Wall end = given.readings.back().at;
  advance(20s);
  const auto again = open(end);
  const auto r = read(*again);
  ASSERT_TRUE(r);
  ASSERT_EQ(r->devices.size(), 21u);
  EXPECT_EQ(r->devices.front().counter_uj, given.readings.back().counter_uj);  // begins the next window
  const auto fresh = open();  // without that, only what comes from now on
  advance(1s);
  EXPECT_EQ(read(*fresh)->devices.size(), 1u);
}

TEST_F(AgentTest, ADifferentClockIsCorrectedAndSaidBeyondAQuarterOfASecond) {
  theirs.wall_ahead = 1500ms;
  theirs.mono_ahead = 12345s;
  start();
  const Wall begin = clock.wall();
  const auto source = open();
  auto r = read(*source);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->devices.front().at, begin);
  EXPECT_EQ(r->clock_offset, 1500ms);
  ASSERT_EQ(r->notes.size(), 1u);
  EXPECT_NE(r->notes.front().find("the clock of gpu-1 is 1.500 s ahead of"), std::string::npos) << r->notes.front();

  theirs.wall_ahead = -200ms;  // NTP there has set it: a step of 1.7 s, of which no date here is to know
  advance(2s);
  r = read(*source);
  ASSERT_TRUE(r);
  ASSERT_EQ(r->devices.size(), 2u);
  EXPECT_EQ(r->devices[0].at, begin + 1s);
  EXPECT_EQ(r->devices[1].at, begin + 2s);
  EXPECT_EQ(r->clock_offset, -200ms);
  EXPECT_TRUE(r->notes.empty());
}

TEST_F(AgentTest, ASlowOneSidedNetworkMovesNoDateByMoreThanHalfOfItsQuickestExchange) {
  delay_back = 40ms;
  start();
  const Wall begin = clock.wall();
  const auto source = open();
  Given given;
  given.add(read(*source));
  EXPECT_LE(std::chrono::abs(given.readings.front().at - begin), 20ms);
  run->server->close_all();
  advance(1s);
  delay_back = 2ms;  // a quicker exchange
  given.add(read(*source));
  run->server->close_all();
  advance(1s);
  delay_back = 4s;  // and a very slow one, which is not believed
  given.add(read(*source));
  for (size_t i = 1; i < given.readings.size(); ++i)
    EXPECT_LE(std::chrono::abs(given.readings[i].at - (begin + std::chrono::seconds(i))), 1ms) << i;
}

TEST_F(AgentTest, TellsOurOwnClockStepByTheMonotonicClock) {
  start();
  const auto source = open();
  Given given;
  given.add(read(*source));
  clock.step_wall(-10s);
  advance(1s);
  given.add(read(*source));
  ASSERT_EQ(given.readings.size(), 2u);
  EXPECT_EQ(*given.readings[1].mono - *given.readings[0].mono, 1s);
  EXPECT_EQ(given.readings[1].at - given.readings[0].at, -9s);
}

TEST_F(AgentTest, AWrongTokenIsToldApartFromNone) {
  start();
  const auto r = read(*open({}, "another-token-0123456789"));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::unauthenticated);
  const std::string wrong = ask("/v1/readings", "Authorization: Bearer another-token-0123456789\r\n");
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 401 ")) << wrong;
  EXPECT_NE(wrong.find("wrong_token"), std::string::npos) << wrong;
  const std::string none = ask("/v1/readings");
  EXPECT_NE(none.find("www-authenticate: Bearer"), std::string::npos) << none;
  EXPECT_NE(none.find("missing_token"), std::string::npos) << none;
  EXPECT_NE(none.find("--token-file"), std::string::npos) << none;
  EXPECT_TRUE(
      ask("/v1/readings", "authorization: bearer " + std::string(kSecret) + "\r\n").starts_with("HTTP/1.1 200"));
}

TEST_F(AgentTest, RefusesWhatItDoesNotServeWithASentence) {
  start();
  const std::string shown = "Authorization: Bearer " + std::string(kSecret) + "\r\n";
  const std::vector<std::array<std::string, 4>> cases = {
      {"/v1/readings?since=run_A", shown, "400", "since wants RUN:NUMBER"},
      {"/v1/readings?since=run_A:-1", shown, "400", "since wants RUN:NUMBER"},
      {"/v1/readings?since=:1", shown, "400", "since wants RUN:NUMBER"},
      {"/v1/readings?since=run_A:99", shown, "400", "ahead of this run, whose last sample is number 1"},
      {"/v1/readings?sinse=run_A:0", shown, "400", "The only parameter"},
      {"/v1/readings?since=run_A:0&x=1", shown, "400", "The only parameter"},
      {"/v1/reading", shown, "404", "/v1/readings"},
  };
  for (const auto& [target, headers, status, words] : cases) {
    const std::string answer = ask(target, headers);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + status + " ")) << target << "\n" << answer;
    EXPECT_NE(answer.find(words), std::string::npos) << target << "\n" << answer;
  }
  EXPECT_TRUE(ask("/v1/readings", shown, "POST").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask("/v1/readings?since=run_A%3A0", shown).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask("/v1/readings?", shown).starts_with("HTTP/1.1 200 "));
  const std::string head = ask("/health", "", "HEAD");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n")) << head;
}

TEST_F(AgentTest, HealthNeedsAMeterThatAnswers) {
  start({"GPU-0", "GPU-1"});
  run->meters[0]->broken = "GPU is lost";
  advance(1s);
  const std::string one = ask("/health");
  EXPECT_TRUE(one.starts_with("HTTP/1.1 200 ")) << one;
  EXPECT_NE(one.find("GPU is lost"), std::string::npos) << one;
  run->meters[1]->broken = "GPU is lost too";
  advance(1s);
  EXPECT_TRUE(ask("/health").starts_with("HTTP/1.1 503 "));
}

TEST_F(AgentTest, MetricsAreThoseOfTheAgentAndNoneOfItsMeters) {
  start();
  advance(4500ms);
  (void)ask("/v1/readings");
  const std::string answer = ask("/metrics");
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  std::map<std::string, double> seen;
  const auto parsed = meter::parse_text(body, meter::TextFormat::prometheus, [&](const meter::Series& s) {
    seen[std::string(s.name) + (s.has("outcome") ? " " + s.label("outcome") : "")] = s.value;
  });
  ASSERT_TRUE(parsed) << parsed.error().message << "\n" << body;
  EXPECT_EQ(seen["trine_meter_agent_samples_total"], 5);
  EXPECT_EQ(seen["trine_meter_agent_samples_kept"], 5);
  EXPECT_EQ(seen["trine_meter_agent_up"], 1);
  EXPECT_NEAR(seen["trine_meter_agent_last_sample_age_seconds"], 0.5, 1e-6);
  EXPECT_EQ(seen["trine_meter_agent_requests_total unauthenticated"], 1);
  EXPECT_GT(seen["trine_meter_agent_cpu_seconds_total"], 0);
  EXPECT_GT(seen["trine_meter_agent_memory_bytes"], 100'000);
  EXPECT_EQ(body.find("GPU-0"), body.find("meter=\"GPU-0\"") + 7);  // the meter's name, no device's figure
}

}  // namespace
}  // namespace trine::meter_agent::agent_test
