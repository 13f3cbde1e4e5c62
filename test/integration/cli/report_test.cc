// trine report, erase, ledger verify and ledger close-month on a ledger that is written here.
#include <nlohmann/json.hpp>

#include "integration/cli/ledger.h"
#include "integration/cli/program.h"

namespace trine::cli::report_test {
namespace {

using namespace testing;
using Json = nlohmann::json;
using namespace std::chrono_literals;

const Wall kNine = *parse_iso8601("2026-11-23T09:00:00Z");

class TrineReport : public ::testing::Test {
 protected:
  // Two requests in one hour, one in the next; and an hour of an idle device.
  void SetUp() override {
    const auto ledger = open_ledger(dir_.path() / "ledger");
    ASSERT_TRUE(ledger);
    write_request(ledger->journal(0), 1, "fr-4090", "FR", kNine + 10min);
    write_request(ledger->journal(0), 2, "fr-4090", "FR", kNine + 20min);
    write_request(ledger->journal(0), 3, "de-a100", "DE", kNine + 70min);
    energy::DeviceWindow w;
    w.device = w.deployment = "de-a100";
    w.zone = "DE";
    w.begin = kNine + 30min;
    w.end = kNine + 31min;
    w.total.energy = w.unattributed.energy = joules(3000);
    w.total.operational = w.unattributed.operational = grams(0.3);
    w.total.cost = w.unattributed.cost = euros(0.02);
    ASSERT_TRUE(ledger->back_office().append(w));
  }

  std::string config(const std::string& baseline) {
    return dir_.file("trine.yaml", "ledger: { dir: " + (dir_.path() / "ledger").string() +
                                       " }\ngrid: { zones: { US: { g_per_kwh: 400 } } }\n" + baseline);
  }
  Ran report(std::vector<std::string> more) {
    std::vector<std::string> words = {"report", "--since", "2026-11-23T09:00:00Z", "--until", "2026-11-23T11:00:00Z"};
    words.insert(words.end(), more.begin(), more.end());
    return run_trine(words);
  }
  Json json(std::vector<std::string> more) {
    more.push_back("--json");
    const auto ran = report(std::move(more));
    EXPECT_EQ(ran.status, 0) << ran.err;
    return Json::parse(ran.out, nullptr, false);
  }
  std::string ledger_dir() const { return (dir_.path() / "ledger").string(); }

  TempDir dir_;
};

TEST_F(TrineReport, GroupsAddUpToTheTotalInIntegers) {
  for (const std::string by : {"deployment", "zone", "hour", "workload", "key", "user", "model"}) {
    const auto j = json({"--ledger", ledger_dir(), "--by", by});
    EXPECT_EQ(j.at("by"), by);
    for (const char* field : {"requests", "calls", "tokens_in", "tokens_out", "energy_uj", "carbon_ng", "cost_neur"}) {
      int64_t sum = 0;
      for (const auto& row : j.at("rows")) sum += row.at(field).get<int64_t>();
      EXPECT_EQ(sum, j.at("total").at(field).get<int64_t>()) << by << " " << field;
    }
    EXPECT_EQ(j.at("total").at("energy_uj"), 1'200'000'000);
  }
}

TEST_F(TrineReport, ThePeriodIsHalfOpen) {
  const auto hour = [&](const char* since, const char* until) {
    const auto ran = run_trine({"report", "--ledger", ledger_dir(), "--since", since, "--until", until, "--json"});
    return Json::parse(ran.out).at("total").at("requests").get<int>();
  };
  EXPECT_EQ(hour("2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"), 2);
  EXPECT_EQ(hour("2026-11-23T09:20:00Z", "2026-11-23T10:10:00Z"), 1) << "its end at 09:20 counts, that at 10:10 not";
}

TEST_F(TrineReport, FiltersLeaveOneThing) {
  EXPECT_EQ(json({"--ledger", ledger_dir(), "--deployment", "de-a100"}).at("total").at("requests"), 1);
  EXPECT_EQ(json({"--ledger", ledger_dir(), "--zone", "FR"}).at("total").at("requests"), 2);
  EXPECT_EQ(json({"--ledger", ledger_dir(), "--key", "nobody"}).at("total").at("requests"), 0);
}

TEST_F(TrineReport, TheTableShowsIdleAndSaysSimulated) {
  const auto ran = report({"--ledger", ledger_dir(), "--by", "deployment"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  for (const char* part : {"fr-4090", "de-a100", "unattributed idle", "3.00 kJ", "fully loaded", "4.20 kJ",
                           "Simulated: every answer", "only a configuration"}) {
    EXPECT_NE(ran.out.find(part), std::string::npos) << part << " is not in\n" << ran.out;
  }
}

TEST_F(TrineReport, TheSavingIsTheBaselinesLessOursAndOurIdleHours) {
  const auto j = json({"-c", config("baseline: { vendor: openai, model: gpt-4o-mini }\n")});
  const auto& s = j.at("savings");
  EXPECT_EQ(s.at("actual").at("energy_uj"), 1'200'000'000 + 3'000'000'000ll);
  EXPECT_EQ(s.at("actual").at("cost_neur"), 300'000 + 20'000'000);
  EXPECT_EQ(s.at("actual").at("carbon_ng"), 75'000'000 + 300'000'000);
  EXPECT_EQ(s.at("energy_uj").get<int64_t>(),
            s.at("baseline").at("energy_uj").get<int64_t>() - s.at("actual").at("energy_uj").get<int64_t>());
  EXPECT_EQ(s.at("tokens"), 3600);
  EXPECT_EQ(s.at("quality"), "S");
  EXPECT_EQ(s.at("simulated"), true);
  EXPECT_LT(s.at("cost_neur").get<int64_t>(), 0) << "2 cents of idleness for three requests";
  EXPECT_NE(s.at("sentence").get<std::string>().find("Saving -€0.0"), std::string::npos) << s.at("sentence");
}

TEST_F(TrineReport, WithoutABaselineTheReportStandsAndSaysHowToHaveOne) {
  const auto ran = report({"-c", config("")});
  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(ran.out.find("No saving: the configuration has no baseline; name what you compare with"),
            std::string::npos);
}

TEST_F(TrineReport, AWrongPeriodOrPlaceIsSaid) {
  EXPECT_EQ(run_trine({"report", "--ledger", ledger_dir(), "--since", "soon"}).status, 2);
  const auto nowhere = run_trine({"report", "--ledger", (dir_.path() / "nothing").string()});
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_NE(nowhere.err.find("there is no ledger in"), std::string::npos) << nowhere.err;
}

TEST_F(TrineReport, VerifyFindsAWholeLedgerWhole) {
  const auto ran = run_trine({"ledger", "verify", "--ledger", ledger_dir(), "--json"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  const auto j = Json::parse(ran.out);
  EXPECT_EQ(j.at("ok"), true);
  EXPECT_EQ(j.at("requests"), 3);
  EXPECT_EQ(j.at("settlements"), 3);
  EXPECT_EQ(j.at("windows"), 1);
}

TEST_F(TrineReport, VerifyReadsTheJournalsBesideARunningLedger) {
  const auto ledger = open_ledger(dir_.path() / "ledger");
  write_request(ledger->journal(0), 9, "fr-4090", "FR", kNine + 30min);
  const auto j = Json::parse(run_trine({"ledger", "verify", "--ledger", ledger_dir(), "--json"}).out);
  EXPECT_EQ(j.at("ok"), true);
  EXPECT_GE(j.at("journal_records"), 4);
}

// The journal files of a ledger that dies with these records in them, the first record of worker 0 broken.
std::filesystem::path broken_copy(const std::filesystem::path& dir, int records) {
  const auto copy = dir / "broken";
  std::filesystem::create_directory(copy);
  const auto ledger = open_ledger(dir / "ledger");
  for (int i = 0; i < records; ++i) {
    const CallId call{RequestId{0x019a'0000'0000'0100ull, static_cast<uint64_t>(i)}, 0};
    EXPECT_TRUE(ledger->journal(0).intent(intent_of(call, "fr-4090", "FR", kNine)));
  }
  for (const auto& e : std::filesystem::directory_iterator(dir / "ledger")) {
    if (e.path().extension() == ".trj") std::filesystem::copy_file(e.path(), copy / e.path().filename());
  }
  EXPECT_EQ(run_trine({"ledger", "verify", "--ledger", copy.string()}).status, 0)
      << "whole as long as nobody breaks it";
  for (const auto& e : std::filesystem::directory_iterator(copy)) {
    if (e.path().filename().string().find("w000-") != 0) continue;
    std::fstream file(e.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(128 + 40);  // in the first record's payload (docs/formats/journal.md)
    file.put('\x7f');
  }
  return copy;
}

TEST_F(TrineReport, VerifyFindsADamagedRecord) {
  const auto ran = run_trine({"ledger", "verify", "--ledger", broken_copy(dir_.path(), 2).string()});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find(".trj: record 1 at byte 128 is damaged"), std::string::npos) << ran.err << ran.out;
}

TEST_F(TrineReport, VerifyTakesAHalfWrittenTailForWhatACrashLeaves) {
  const auto ran = run_trine({"ledger", "verify", "--ledger", broken_copy(dir_.path(), 1).string()});
  EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST_F(TrineReport, ErasingTakesTheNameAndLeavesTheFigures) {
  const auto before = json({"--ledger", ledger_dir(), "--by", "user"});
  const auto ran = run_trine({"erase", "--ledger", ledger_dir(), "--user", "ada@example.com"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out.find("Erased: this user is now erased-"), 0u) << ran.out;
  EXPECT_EQ(ran.out.find("ada@"), std::string::npos);
  const auto after = json({"--ledger", ledger_dir(), "--by", "user"});
  EXPECT_EQ(after.at("total"), before.at("total"));
  EXPECT_EQ(after.dump().find("ada@"), std::string::npos);
  EXPECT_NE(after.at("rows").at(0).at("name").get<std::string>().find("erased-"), std::string::npos);
}

TEST_F(TrineReport, ARunningLedgerIsAskedToErase) {
  const auto ledger = open_ledger(dir_.path() / "ledger");
  const auto ran = run_trine({"erase", "--ledger", ledger_dir(), "--key", "key_7"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out.find("Erased by the gateway that runs on "), 0u) << ran.out;
  EXPECT_EQ(json({"--ledger", ledger_dir(), "--by", "key"}).dump().find("key_7"), std::string::npos);
}

// Of a month that is over, with a settlement that comes after it was closed.
struct AClosedMonth : ::testing::Test {
  void SetUp() override {
    const auto ledger = open_ledger(dir_.path() / "ledger");
    ASSERT_TRUE(ledger);
    write_request(ledger->journal(0), 1, "fr-4090", "FR", kOctober);
  }
  void settle_late() {
    const auto ledger = open_ledger(dir_.path() / "ledger");
    ASSERT_TRUE(ledger);
    energy::Settlement s;
    s.call = {{0x019a'0000'0000'0000ull + 1, 1}, 0};
    s.version = 1;
    s.basis = energy::Basis::final;
    s.booked_at = kOctober;
    s.figures.energy = joules(450);
    ASSERT_TRUE(ledger->back_office().append(s));
  }
  Ran close(const std::string& month) { return run_trine({"ledger", "close-month", month, "--ledger", ledger_dir()}); }
  Json report(const std::string& since, const std::string& until) {
    const auto ran = run_trine({"report", "--ledger", ledger_dir(), "--since", since, "--until", until, "--json"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    return Json::parse(ran.out);
  }
  Json october() { return report("2025-10-01", "2025-11-01").at("total"); }
  std::string ledger_dir() const { return (dir_.path() / "ledger").string(); }

  const Wall kOctober = *parse_iso8601("2025-10-20T09:00:00Z");
  TempDir dir_;
};

TEST_F(AClosedMonth, KeepsItsTotalsAndTheNextOneShowsThePriorPeriod) {
  const auto ran = close("2025-10");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out.find("Closed 2025-10: its totals stay as they are."), 0u) << ran.out;
  const auto before = october();
  EXPECT_EQ(before.at("energy_uj"), 400'000'000);
  settle_late();
  EXPECT_EQ(october(), before);
  const auto now = report("1h", "2099-01-01").at("total");
  EXPECT_EQ(now.at("energy_uj"), 0);
  EXPECT_EQ(now.at("prior_period").at("energy_uj"), 50'000'000);
  EXPECT_EQ(now.at("prior_period").at("corrections"), 1);
  const auto text = run_trine({"report", "--ledger", ledger_dir(), "--since", "1h"});
  EXPECT_NE(text.out.find("\nprior period "), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("Prior period: of months that are closed, 0 calls that came late and 1 corrections"),
            std::string::npos)
      << text.out;

  const auto again = close("2025-10");
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.out, "2025-10 is closed already: nothing was changed.\n");
  EXPECT_EQ(run_trine({"ledger", "verify", "--ledger", ledger_dir()}).status, 0);
}

TEST_F(AClosedMonth, IsNotOneThatIsNotOverOrWhoseEarlierOnesAreOpen) {
  const auto early = close("2099-01");
  EXPECT_EQ(early.status, 1);
  EXPECT_EQ(early.err, "trine: 2099-01 is not over: it can be closed from 2099-02-01T00:00:00Z on.\n");
  const auto late = close("2025-11");
  EXPECT_EQ(late.status, 1);
  EXPECT_NE(late.err.find("close 2025-10 first"), std::string::npos) << late.err;
  const auto wrong = close("november");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("november is no month such as 2026-11."), std::string::npos) << wrong.err;
}

TEST_F(AClosedMonth, IsClosedByTheLedgerThatRuns) {
  const auto ledger = open_ledger(dir_.path() / "ledger");
  const auto ran = close("2025-10");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out.find("Closed 2025-10"), 0u) << ran.out;
  EXPECT_EQ(close("2025-10").out, "2025-10 is closed already: nothing was changed.\n");
}

TEST_F(TrineReport, ShowsMarketBasedGramsBesideAndLeavesTheBookedOnesAlone) {
  const auto series = dir_.file("market.csv", "ts,g_per_kwh\n2026-11-23T09:00:00Z,40\n");
  const auto file =
      dir_.file("market.yaml",
                fmt::format("ledger: {{ dir: {} }}\ngrid:\n  cache: {}\n  zones: {{ FR: {{ market_g_per_kwh: 0 }} }}\n",
                            ledger_dir(), (dir_.path() / "grid").string()));
  const auto imported = run_trine({"grid", "import", series, "-c", file, "--zone", "DE", "--method", "market"});
  ASSERT_EQ(imported.status, 0) << imported.err;
  const auto with = json({"-c", file}), without = json({"--ledger", ledger_dir()});
  EXPECT_EQ(with.at("total"), without.at("total")) << "location-based, as before";
  EXPECT_EQ(without.at("market_based"), Json::array());
  const auto& zones = with.at("market_based");
  ASSERT_EQ(zones.size(), 2u);
  EXPECT_EQ(zones[0].at("zone"), "DE");
  EXPECT_EQ(zones[0].at("energy_uj"), 3'000'000'000) << "the idle device, at nine";
  EXPECT_EQ(zones[0].at("operational_ng"), emitted(joules(3000), Intensity{40}).raw());
  EXPECT_EQ(zones[0].at("uncovered_energy_uj"), 400'000'000) << "at ten there is no value, and none is made up";
  EXPECT_EQ(zones[1].at("zone"), "FR");
  EXPECT_EQ(zones[1].at("operational_ng"), 0) << "a contract may say so";
  EXPECT_EQ(zones[1].at("energy_uj"), 800'000'000);

  const auto grid = run_trine({"grid", "-c", file, "--zone", "FR", "--json"});
  const auto zone = Json::parse(grid.out).at("zones").at(0);
  EXPECT_EQ(zone.at("now").at("method"), "lifecycle");
  EXPECT_EQ(zone.at("beside").at(0).at("method"), "market");
  EXPECT_EQ(zone.at("beside").at(0).at("granularity"), "configured");
}

}  // namespace
}  // namespace trine::cli::report_test
