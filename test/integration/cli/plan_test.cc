// trine plan, as people call it.
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "integration/cli/program.h"

namespace trine::cli::plan_test {
namespace {

using namespace testing;
using Json = nlohmann::json;

constexpr const char* kFleet =
    "model: llama-3.1-8b\n"
    "peak_tokens_per_min: 1000000\n"
    "options:\n"
    "  - { name: de, gpu: A100, zone: DE, per_hour: 1.5, startup: 5m }\n"
    "  - { name: fr, gpu: A100, zone: FR, per_hour: 1.6, startup: 5m }\n"
    "  - { name: big, gpu: L4, zone: DE, per_hour: 1, model: llama-3.1-70b }\n";

std::string grid_text(int hours, int hole = -1) {
  std::string text = "ts_utc,DE,FR\n";
  for (int h = 0; h < hours; ++h)
    text += "2022-01-01T" + std::string(h < 10 ? "0" : "") + std::to_string(h) + ":00:00Z," +
            (h == hole ? "" : std::to_string(400 + 10 * h)) + ",50\n";
  return text;
}

struct Place {
  TempDir dir;
  std::string fleet = dir.file("fleet.yaml", kFleet), grid = dir.file("grid.csv", grid_text(12));
  std::vector<std::string> words(std::vector<std::string> more) const {
    std::vector<std::string> all = {"plan", "--fleet", fleet, "--grid", grid, "--hours", "12"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST(PlanCommand, PrintsMachinesByHourTotalsAndWhatIsLeftOut) {
  const Place place;
  const Ran ran = run_trine(place.words({}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("2022-01-01 00 01 02"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("left out: big: the model's"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("hindsight bound"), std::string::npos) << ran.out;
}

TEST(PlanCommand, ASlackMovesItToTheCleanZone) {
  const Place place;
  const Ran cheap = run_trine(place.words({"--json"})),
            clean = run_trine(place.words({"--json", "--cost-slack", "0.1"}));
  ASSERT_EQ(cheap.status, 0) << cheap.err;
  ASSERT_EQ(clean.status, 0) << clean.err;
  const Json a = Json::parse(cheap.out), b = Json::parse(clean.out);
  EXPECT_EQ(a["hours"].size(), 12U);
  EXPECT_TRUE(a["hours"][0]["machines"].contains("de"));
  EXPECT_TRUE(b["hours"][0]["machines"].contains("fr"));
  EXPECT_LE(b["cost"].get<double>(), 1.1 * a["cost"].get<double>());
  EXPECT_LT(b["carbon_kg"].get<double>(), 0.5 * a["carbon_kg"].get<double>());
  EXPECT_GE(a["value"].get<double>(), a["hindsight"]["value"].get<double>());
}

TEST(PlanCommand, AMissingHourOrZoneIsAnErrorThatNamesWhoNeedsIt) {
  const Place place;
  const std::string holes = place.dir.file("holes.csv", grid_text(12, 5));
  const Ran hole = run_trine({"plan", "--fleet", place.fleet, "--grid", holes, "--hours", "12"});
  EXPECT_EQ(hole.status, 1);
  EXPECT_NE(hole.err.find("DE has no value for the hour of 2022-01-01T05:00:00Z, which de needs"), std::string::npos)
      << hole.err;
  const std::string one = place.dir.file("one.csv", "ts_utc,DE\n2022-01-01T00:00:00Z,400\n");
  const Ran zone = run_trine({"plan", "--fleet", place.fleet, "--grid", one, "--hours", "1"});
  EXPECT_NE(zone.err.find("has no column for FR, which fr needs; --zones leaves options out"), std::string::npos)
      << zone.err;
  const Ran without = run_trine({"plan", "--fleet", place.fleet, "--grid", one, "--hours", "1", "--zones", "DE"});
  EXPECT_EQ(without.status, 0) << without.err;
}

// The optimum that another solver finds in the dumped programme is ours.
void expect_same_optimum(const std::vector<std::string>& goal) {
  const Place place;
  const std::string lp = (place.dir.path() / "bound.lp").string(), answer = (place.dir.path() / "answer").string();
  std::vector<std::string> words = {"--json", "--dump-lp", lp};
  words.insert(words.end(), goal.begin(), goal.end());
  const Ran ran = run_trine(place.words(words));
  ASSERT_EQ(ran.status, 0) << ran.err;
  ASSERT_EQ(std::system(("glpsol --lp " + lp + " -w " + answer + " > /dev/null").c_str()), 0);
  std::ifstream file(answer);
  std::string line;
  double optimum = std::nan("");
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string s, bas, primal, dual;
    int rows = 0, columns = 0;
    if (fields >> s && s == "s" && fields >> bas >> rows >> columns >> primal >> dual >> optimum) break;
  }
  const double ours = Json::parse(ran.out)["hindsight"]["value"].get<double>();
  EXPECT_NEAR(optimum, ours, 1e-6 * ours);
}

TEST(PlanCommand, AnotherSolverFindsTheSameBound) {
  if (std::system("command -v glpsol > /dev/null") != 0) GTEST_SKIP() << "glpsol is not here (Debian: glpk-utils).";
  expect_same_optimum({});
  expect_same_optimum({"--cost-slack", "0.05"});
  expect_same_optimum({"--lambda", "0.7"});
}

TEST(PlanCommand, DrawsItself) {
  const Place place;
  const std::string svg = (place.dir.path() / "plan.svg").string();
  const Ran ran = run_trine(place.words({"--svg", svg}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  std::stringstream text;
  text << std::ifstream(svg).rdbuf();
  EXPECT_NE(text.str().find("<svg"), std::string::npos);
  EXPECT_NE(text.str().find("g CO2e/kWh"), std::string::npos);
  EXPECT_NE(text.str().find(">de</text>"), std::string::npos);
}

}  // namespace
}  // namespace trine::cli::plan_test
