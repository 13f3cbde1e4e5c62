// How sources are asked: when, how often, and what is known when they are silent.
#include "grid/poller.h"

#include <fstream>

#include "grid/budget.h"
#include "unit/grid/poller_fixture.h"

namespace trine::grid::poller_test {
namespace {

TEST_F(PollerTest, TheLetterRisesFromTheTypicalDayToTheHour) {
  EXPECT_EQ(now().granularity, Granularity::typical_day);
  const uint64_t version = live->version();
  use({electricity_maps()});
  advance(5s);
  EXPECT_EQ(now().granularity, Granularity::hourly);
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 60);
  EXPECT_EQ(now().source, "electricity_maps");
  EXPECT_EQ(now().method, "lifecycle");
  EXPECT_TRUE(now().estimated) << "the source says so of its newest hour";
  EXPECT_NE(live->version(), version);
  EXPECT_EQ(requests.at(0).target, "/v3/carbon-intensity/history?zone=FR");
  EXPECT_EQ(requests.at(0).token, "secret");
  EXPECT_TRUE(status().up);
}

TEST_F(PollerTest, AsksOnceAnHourSoonAfterItBeginsAndNeverAtTheSameMoment) {
  use({electricity_maps()});
  advance(5s);
  requests.clear();
  advance(6h);
  std::vector<Wall> asked;
  for (const auto& r : requests)
    if (r.target.find("history") != std::string::npos) asked.push_back(r.at);
  ASSERT_EQ(asked.size(), 6u);
  std::set<Nanos> offsets;
  for (const Wall t : asked) {
    const Nanos into = t - std::chrono::floor<std::chrono::hours>(t);
    EXPECT_LE(into, 5min) << iso8601(t);
    offsets.insert(into);
  }
  EXPECT_GT(offsets.size(), 1u);
  EXPECT_EQ(now().granularity, Granularity::hourly);
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 66);
}

TEST_F(PollerTest, AForecastThatTheTokenDoesNotReachIsAskedForOnceADay) {
  use({electricity_maps()});
  advance(20h);
  const auto forecasts = std::count_if(requests.begin(), requests.end(),
                                       [](const auto& r) { return r.target.find("forecast") != std::string::npos; });
  EXPECT_EQ(forecasts, 1);
  EXPECT_EQ(status().errors, 0);
}

TEST_F(PollerTest, ARestartWithoutANetworkGoesOnFromTheCache) {
  use({electricity_maps()});
  advance(5s);
  poller.stop();
  unreachable = true;
  clock.advance(10min);
  const auto cached = load_feeds(folder.path / "grid");
  EXPECT_TRUE(cached.problems.empty());
  live = fresh();
  live->publish(wanted(cached.feeds, {electricity_maps()}));
  use({electricity_maps()});
  EXPECT_EQ(now().granularity, Granularity::hourly);
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 60);
  advance(3h);
  EXPECT_EQ(now().granularity, Granularity::yesterday) << "the last value is over for more than 2 h";
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 63);
  EXPECT_FALSE(status().up);
  EXPECT_GT(status().errors, 3);
}

TEST_F(PollerTest, ARestartDoesNotAskAgainWithinTheSlot) {
  use({electricity_maps()});
  advance(5s);
  requests.clear();
  use({electricity_maps()});
  EXPECT_TRUE(status().up) << "it answered when it was last asked";
  advance(30min);
  EXPECT_TRUE(requests.empty());
  advance(20min);
  EXPECT_FALSE(requests.empty());
}

TEST_F(PollerTest, WaitsLongerAfterEachFailureAndAtMostAnHour) {
  answer = [](const Request&) { return page("", "500 Internal Server Error"); };
  use({electricity_maps()});
  advance(24h);
  ASSERT_GT(requests.size(), 8u);
  EXPECT_LT(requests.size(), 60u);
  EXPECT_EQ(status().errors, static_cast<int64_t>(requests.size()));
  EXPECT_LE(requests.at(1).at - requests.at(0).at, 30s);
  for (size_t i = 8; i + 1 < requests.size(); ++i) {
    EXPECT_GE(requests[i + 1].at - requests[i].at, 30min);
    EXPECT_LE(requests[i + 1].at - requests[i].at, 1h + 1s);
  }
  EXPECT_EQ(now().granularity, Granularity::typical_day) << "never zero grams, never a failure";
  answer = [this](const Request&) { return page(history()); };
  advance(1h);
  EXPECT_EQ(now().granularity, Granularity::hourly);
  EXPECT_EQ(status().trouble, "");
}

TEST_F(PollerTest, LeavesASourceAloneAsLongAsItAsksFor) {
  answer = [](const Request&) { return page("", "429 Too Many Requests", "Retry-After: 7200\r\n"); };
  SourceSpec two = electricity_maps();
  two.zones = {"FR", "DE"};
  use({two});
  advance(2h - 1min);
  EXPECT_EQ(requests.size(), 1u) << "the other zone is not asked either";
  advance(5min);
  EXPECT_GE(requests.size(), 2u);
  EXPECT_NE(status().trouble.find("electricity_maps"), std::string::npos);
  EXPECT_EQ(status().trouble.find("secret"), std::string::npos);
}

TEST_F(PollerTest, RetryAfterMayBeADate) {
  answer = [](const Request&) {
    return page("", "503 Service Unavailable", "Retry-After: Thu, 15 Jan 2026 13:20:00 GMT\r\n");
  };
  use({electricity_maps()});
  advance(2h + 59min);
  EXPECT_EQ(requests.size(), 1u);
  advance(2min);
  EXPECT_GE(requests.size(), 2u);
}

TEST_F(PollerTest, ABudgetIsSpreadOverTheDayAndNeverOverdrawn) {
  SourceSpec s = electricity_maps();
  s.requests_per_day = 20;
  use({s});
  advance(13h + 40min);  // until midnight
  EXPECT_LE(requests.size(), 20u);
  EXPECT_GT(requests.size(), 6u);
  const Nanos apart = requests.at(4).at - requests.at(2).at;
  EXPECT_GT(apart, 2h) << "two requests a refresh, nine refreshes a day";
}

TEST_F(PollerTest, ABudgetThatIsUsedUpIsWaitedOut) {
  SourceSpec s = electricity_maps();
  s.requests_per_day = 2;
  use({s});
  advance(5s);
  EXPECT_EQ(requests.size(), 2u);
  use({s});  // a reload does not make a new budget
  advance(13h);
  EXPECT_EQ(requests.size(), 2u);
  advance(26h);
  EXPECT_GT(requests.size(), 2u);
}

TEST_F(PollerTest, ATokenForTheLatestValueAloneIsEnough) {
  answer = [this](const Request& r) {
    if (r.target.find("/latest") == std::string::npos) return page("{}", "403 Forbidden");
    return page(fmt::format(R"({{"zone": "FR", "carbonIntensity": 77, "datetime": "{}"}})",
                            iso8601(std::chrono::floor<std::chrono::hours>(clock.wall()))));
  };
  use({electricity_maps()});
  advance(5s);
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 77);
  advance(1h);
  EXPECT_DOUBLE_EQ(live->at("FR", clock.wall() - 1h).value.g_per_kwh, 77) << "what was said before stays";
}

TEST_F(PollerTest, HolesAreCountedAndGoDownTheLadder) {
  answer = [this](const Request& r) {
    if (r.target.find("forecast") != std::string::npos) return page("{}", "404 Not Found");
    std::string text = history();
    const auto last = text.rfind("\"carbonIntensity\": 60");
    text.replace(last, 21, "\"carbonIntensity\": 0 ");
    return page(text);
  };
  use({electricity_maps()});
  advance(5s);
  EXPECT_EQ(now().granularity, Granularity::recent);
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 59);
  EXPECT_EQ(status().holes, 1u);
}

TEST_F(PollerTest, KeepsTheSourcesForecastApart) {
  answer = [this](const Request& r) {
    if (r.target.find("forecast") == std::string::npos) return page(history());
    return page(R"({"zone": "FR", "forecast": [{"datetime": "2026-01-15T11:00:00Z", "carbonIntensity": 33},
      {"datetime": "2026-01-15T12:00:00Z", "carbonIntensity": 34}]})");
  };
  use({electricity_maps()});
  advance(5s);
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 60);
  const auto ahead = live->table()->forecast("FR", clock.wall(), 4);
  ASSERT_EQ(ahead.size(), 4u);
  EXPECT_DOUBLE_EQ(ahead[1].value.g_per_kwh, 33);
  EXPECT_EQ(ahead[1].source, "electricity_maps");
  EXPECT_DOUBLE_EQ(ahead[2].value.g_per_kwh, 34);
  EXPECT_EQ(ahead[3].source, "persistence x profile");
  poller.stop();
  clock.advance(1h);
  EXPECT_EQ(now().granularity, Granularity::recent) << "a forecast fills no gap";
}

TEST_F(PollerTest, OtherMethodsStandBesideAndNeverFillTheHeadline) {
  answer = [this](const Request&) {
    return page(
        fmt::format(R"({{"data": [{{"from": "{}", "to": "{}", "intensity": {{"forecast": 83, "actual": 85}}}}]}})",
                    "2026-01-15T10:00Z", "2026-01-15T10:30Z"));
  };
  SourceSpec s;
  s.kind = SourceKind::uk_carbon_intensity;
  s.url = "http://uk.test";
  s.zones = {"GB"};
  use({s});
  advance(5s);
  EXPECT_EQ(now("GB").granularity, Granularity::typical_day);
  const auto beside = live->table()->beside("GB", clock.wall());
  ASSERT_EQ(beside.size(), 1u);
  EXPECT_EQ(beside[0].method, "direct");
  EXPECT_DOUBLE_EQ(beside[0].value.g_per_kwh, 85);
  EXPECT_EQ(requests.at(0).target, "/intensity/2026-01-14T10:20Z/2026-01-15T10:20Z");
}

TEST_F(PollerTest, WattTimeLogsInAndFindsItsRegionOnce) {
  answer = [](const Request& r) {
    if (r.target == "/login") return page(R"({"token": "t1"})");
    if (r.target.starts_with("/v3/region-from-loc")) return page(R"({"region": "CAISO_NORTH"})");
    return page(fmt::format(R"({{"data": [{{"point_time": "{}", "value": 1000}}],
      "meta": {{"units": "lbs_co2_per_mwh", "data_point_period_seconds": 300}}}})",
                            "2026-01-15T10:20:00Z"));
  };
  SourceSpec s;
  s.kind = SourceKind::watttime;
  s.url = "http://watttime.test";
  s.user = "me";
  s.password = "pass";
  s.zones = {"US-CAL-CISO"};
  s.areas = {{"US-CAL-CISO", "33.7, -118.2"}};
  use({s});
  advance(10s);
  ASSERT_GE(requests.size(), 3u);
  EXPECT_EQ(requests[0].authorization, "Basic bWU6cGFzcw==");
  EXPECT_EQ(requests[1].target, "/v3/region-from-loc?signal_type=co2_moer&latitude=33.7&longitude=-118.2");
  EXPECT_EQ(requests[2].authorization, "Bearer t1");
  EXPECT_NE(requests[2].target.find("region=CAISO_NORTH"), std::string::npos);
  const auto beside = live->table()->beside("US-CAL-CISO", clock.wall());
  ASSERT_EQ(beside.size(), 1u);
  EXPECT_EQ(beside[0].method, "marginal");
  EXPECT_NEAR(beside[0].value.g_per_kwh, 453.6, 0.1);
  EXPECT_NE(now("US-CAL-CISO").source, "watttime");
  advance(1h);
  EXPECT_EQ(std::count_if(requests.begin(), requests.end(), [](const auto& r) { return r.target == "/login"; }), 3)
      << "a token lasts less than half an hour";
}

TEST_F(PollerTest, AFileThatSomethingElseKeepsFreshIsReadAgain) {
  SourceSpec s;
  s.kind = SourceKind::file;
  s.path = (folder.path / "fr.csv").string();
  s.zones = {"FR"};
  const auto write = [&](int g) { std::ofstream(s.path) << "ts_utc,FR\n2026-01-15T10:00:00Z," << g << "\n"; };
  write(41);
  use({s});
  advance(5s);
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 41);
  write(42);
  advance(16min);
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 42);
  std::filesystem::remove(s.path);
  advance(16min);
  EXPECT_DOUBLE_EQ(now().value.g_per_kwh, 42);
  EXPECT_FALSE(status().up);
}

TEST_F(PollerTest, ASourceThatIsGoneFromTheConfigurationIsGone) {
  use({electricity_maps()});
  advance(5s);
  use({});
  EXPECT_TRUE(poller.status().empty());
  EXPECT_EQ(now().granularity, Granularity::typical_day);
  requests.clear();
  advance(5h);
  EXPECT_TRUE(requests.empty());
}

TEST(SourceSpecs, SayWhatIsMissing) {
  SourceSpec s;
  s.zones = {"FR"};
  EXPECT_EQ(make_source(s).error().message, "grid source electricity_maps: give its token");
  s.kind = SourceKind::uk_carbon_intensity;
  EXPECT_EQ(make_source(s).error().message, "grid source uk_carbon_intensity: knows zone GB alone, not FR");
  s.kind = SourceKind::entsoe;
  s.token = "t";
  EXPECT_TRUE(make_source(s));
  s.zones = {"US-CAL-CISO"};
  EXPECT_EQ(make_source(s).error().message, "grid source entsoe: say under areas what it calls US-CAL-CISO");
  s.kind = SourceKind::watttime;
  EXPECT_EQ(make_source(s).error().message, "grid source watttime: give user and password");
  s.kind = SourceKind::file;
  EXPECT_EQ(make_source(s).error().message, "grid source file: give its path");
}

TEST(Budget, TurnsWithTheDayAndTheMonthAndOutlastsARestart) {
  Folder folder;
  const auto file = folder.path / "q";
  const Wall end_of_month = *parse_iso8601("2026-01-31T23:00:00Z");
  {
    Budget b(2, 3, file);
    EXPECT_TRUE(b.take(end_of_month));
    EXPECT_TRUE(b.take(end_of_month));
    EXPECT_FALSE(b.take(end_of_month));
    EXPECT_EQ(b.wait(end_of_month), 1h);
  }
  Budget again(2, 3, file);
  EXPECT_FALSE(again.take(end_of_month));
  EXPECT_TRUE(again.take(end_of_month + 1h));
  EXPECT_TRUE(again.take(end_of_month + 1h));
  EXPECT_FALSE(again.take(end_of_month + 2h));
  EXPECT_TRUE(again.take(end_of_month + 25h));
  EXPECT_EQ(again.wait(end_of_month + 50h), 25 * 24h + 23h);
  EXPECT_EQ(Budget(0, 0, {}).wait(end_of_month), 0s);
  EXPECT_GE(Budget(100, 0, {}).pace(4), 57min);
}

}  // namespace
}  // namespace trine::grid::poller_test
