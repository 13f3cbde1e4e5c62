// trine grid and trine grid import, as people call them.
#include <nlohmann/json.hpp>

#include "integration/cli/program.h"

namespace trine::cli::grid_test {
namespace {

using namespace testing;
using Json = nlohmann::json;

TEST(TrineGrid, WorksWithoutConfigurationOrNetwork) {
  const auto ran = run_trine({"grid", "--zone", "FR"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("rung      typical day"), std::string::npos) << ran.out;
  const auto json = run_trine({"grid", "--zone", "FR", "--zone", "DE", "--json"});
  EXPECT_EQ(Json::parse(json.out).at("zones").size(), 2u);
}

TEST(TrineGrid, SaysWhatItDoesNotKnow) {
  const auto ran = run_trine({"grid", "--zone", "FX"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("unknown grid zone \"FX\""), std::string::npos) << ran.err;
  const auto none = run_trine({"grid", "--json"});
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("--zone FR"), std::string::npos) << none.err;
}

TEST(TrineGridImport, PutsValuesWhereTheyAreFound) {
  const TempDir dir;
  const std::string cache = dir.file("cache", "") + ".d";
  const auto csv = dir.file("v.csv", "ts_utc,FR,DE\n2026-01-01T00:00:00Z,41,300\n2026-01-01T01:00:00Z,,0\n");
  const auto ran = run_trine({"grid", "import", csv, "--cache", cache});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("FR: 1 value (lifecycle) from 2026-01-01T00:00:00Z to 2026-01-01T01:00:00Z"),
            std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("2 places without a value"), std::string::npos) << ran.out;
  const auto shown = run_trine({"grid", "--cache", cache, "--zone", "FR", "--from", "2026-01-01T00:00:00Z", "--to",
                                "2026-01-01T01:00:00Z", "--json"});
  const auto slot = Json::parse(shown.out).at("zones").at(0).at("slots").at(0);
  EXPECT_EQ(slot.at("g_per_kwh"), 41);
  EXPECT_EQ(slot.at("source"), "import");
  // A second file of the same zone adds to the first.
  const auto more = dir.file("w.csv", "ts,g_per_kwh\n2026-01-01T01:00:00Z,45\n");
  EXPECT_EQ(run_trine({"grid", "import", more, "--cache", cache, "--zone", "FR"}).status, 0);
  const auto both = run_trine({"grid", "--cache", cache, "--zone", "FR", "--from", "2026-01-01T00:00:00Z", "--to",
                               "2026-01-01T02:00:00Z", "--json"});
  EXPECT_EQ(Json::parse(both.out).at("zones").at(0).at("slots").at(1).at("g_per_kwh"), 45);
}

TEST(TrineGridImport, ACorrectionByTheHourGoesBeforeQuarters) {
  const TempDir dir;
  const std::string cache = (dir.path() / "cache").string();
  const auto import = [&](const std::string& rows) {
    const auto ran =
        run_trine({"grid", "import", dir.file("v.csv", "ts,g_per_kwh\n" + rows), "--cache", cache, "--zone", "FR"});
    EXPECT_EQ(ran.status, 0) << ran.err;
  };
  import("2026-01-01T00:00:00Z,200\n2026-01-01T00:15:00Z,210\n2026-01-01T00:30:00Z,220\n");
  import("2026-01-01T00:00:00Z,300\n");
  const auto shown = run_trine({"grid", "--cache", cache, "--zone", "FR", "--from", "2026-01-01T00:00:00Z", "--to",
                                "2026-01-01T01:00:00Z", "--json"});
  const Json all = Json::parse(shown.out);
  ASSERT_FALSE(all.at("zones").at(0).at("slots").empty());
  for (const auto& slot : all.at("zones").at(0).at("slots")) {
    EXPECT_EQ(slot.at("g_per_kwh"), 300) << shown.out;
    EXPECT_EQ(slot.at("source"), "import");
  }
}

TEST(TrineGridImport, RefusesWhatNoGridHas) {
  const TempDir dir;
  const std::string cache = dir.file("cache", "") + ".d";
  const auto absurd = dir.file("a.csv", "ts_utc,FR\n2026-01-01T00:00:00Z,41\n2026-01-01T01:00:00Z,41000\n");
  const auto ran = run_trine({"grid", "import", absurd, "--cache", cache});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find(absurd + ":3: "), std::string::npos) << ran.err;
  const auto unnamed = dir.file("u.csv", "ts,g_per_kwh\n2026-01-01T00:00:00Z,41\n");
  EXPECT_EQ(run_trine({"grid", "import", unnamed, "--cache", cache}).status, 2);
  EXPECT_EQ(run_trine({"grid", "import", unnamed, "--cache", cache, "--zone", "Atlantis"}).status, 1);
  const auto holes = dir.file("h.csv", "ts_utc,FR\n2026-01-01T00:00:00Z,\n");
  EXPECT_NE(run_trine({"grid", "import", holes, "--cache", cache}).err.find("no value of FR"), std::string::npos);
  EXPECT_EQ(run_trine({"grid", "import", unnamed}).status, 2);
}

}  // namespace
}  // namespace trine::cli::grid_test
