// trine report --format: every format tells the figures of --json.
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/human.h"
#include "base/text.h"
#include "integration/cli/ledger.h"
#include "integration/cli/program.h"

namespace trine::cli::report_formats_test {
namespace {

using namespace testing;
using Json = nlohmann::json;
using namespace std::chrono_literals;

const Wall kNine = *parse_iso8601("2026-11-23T09:00:00Z");

std::vector<std::map<std::string, std::string>> csv_rows(const std::string& text) {
  std::vector<std::string> names;
  std::vector<std::map<std::string, std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted)
        cells.emplace_back();
      else
        cells.back() += c;
    }
    if (names.empty()) {
      names = cells;
      continue;
    }
    EXPECT_EQ(cells.size(), names.size()) << line;
    auto& row = rows.emplace_back();
    for (size_t i = 0; i < std::min(cells.size(), names.size()); ++i) row[names[i]] = cells[i];
  }
  return rows;
}

std::string exact(const Json& units, int decimals) {
  return units.is_null() ? "" : fixed_point(units.get<int64_t>(), decimals);
}

class ReportFormats : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto ledger = open_ledger(dir_.path() / "ledger");
    ASSERT_TRUE(ledger);
    for (uint64_t n = 1; n <= 3; ++n)
      write_request(ledger->journal(0), n, "own", "DE", kNine + std::chrono::minutes(10 * n),
                    {.joules = 4e6, .grams = 1000});
    write_request(ledger->journal(0), 4, "rented", "FR", kNine + 70min, {.joules = 2e6, .grams = 300, .euros = 1.5});
    energy::DeviceWindow w;
    w.device = w.deployment = "own";
    w.zone = "DE";
    w.begin = kNine + 30min;
    w.end = kNine + 31min;
    w.total.energy = w.unattributed.energy = joules(3.6e6);
    w.total.operational = w.unattributed.operational = grams(40);
    w.total.cost = w.unattributed.cost = euros(0.2);
    ASSERT_TRUE(ledger->back_office().append(w));
    energy::Avoided spared{RequestId{0x019a'0000'0000'0001ull, 1}, "documents.repeats", kNine + 10min, 5000, 0, {}};
    spared.figures.energy = joules(500);
    spared.figures.cost = euros(0.01);
    ASSERT_TRUE(ledger->journal(0).append(spared));
    config_ = dir_.file("trine.yaml", "ledger: { dir: " + (dir_.path() / "ledger").string() + R"( }
grid: { zones: { DE: { g_per_kwh: 560, market_g_per_kwh: 5 } } }
deployments:
  - { name: own, url: "http://127.0.0.1:1/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: DE, price: { capex: 15000, electricity_per_kwh: 0.1 } }
  - { name: rented, url: "http://127.0.0.1:1/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: FR, price: { per_hour: 1.2 } }
routes: [ { model: small, deployments: [own, rented] } ]
baseline: { vendor: openai, model: gpt-4o-mini }
guard: { on: false }
)");
  }
  std::string run(std::vector<std::string> more) {
    std::vector<std::string> words = {"report", "-c", config_, "--month", "2026-11", "--by", "deployment"};
    words.insert(words.end(), more.begin(), more.end());
    const auto ran = run_trine(words);
    EXPECT_EQ(ran.status, 0) << ran.err;
    return ran.out;
  }
  Json json() { return Json::parse(run({"--json"}), nullptr, false); }
  // What every page says, as people read it.
  std::vector<std::string> told(const Json& j) {
    const auto& t = j.at("total");
    const auto& u = t.at("unattributed");
    const auto& g = j.at("ghg");
    const auto& s = j.at("savings");
    const auto energy = [](const Json& uj) { return human(Energy::raw(uj.get<int64_t>())); };
    const auto carbon = [](const Json& ng) { return human(Carbon::raw(ng.get<int64_t>())); };
    const auto money = [](const Json& n) { return human(Money::raw(n.get<int64_t>()), "EUR"); };
    const int64_t all = t.at("energy_uj").get<int64_t>() + u.at("energy_uj").get<int64_t>();
    std::vector<std::string> out = {human(Energy::raw(all)),
                                    energy(u.at("energy_uj")),
                                    energy(s.at("baseline").at("energy_uj")),
                                    carbon(s.at("actual").at("carbon_ng")),
                                    carbon(s.at("carbon_ng")),
                                    carbon(g.at("scope2_location_ng")),
                                    carbon(g.at("scope2_market_ng")),
                                    carbon(g.at("scope3_3_ng")),
                                    carbon(g.at("scope3_1_ng")),
                                    carbon(j.at("sci").at("embodied_ng")),
                                    human(grams(j.at("sci").at("grams_per_1k_tokens").get<double>()))};
    for (const auto& row : j.at("rows")) {
      out.push_back(energy(row.at("energy_uj")));
      out.push_back(carbon(row.at("carbon_ng")));
      out.push_back(money(row.at("cost_neur")));
    }
    for (const auto& c : j.at("chargeback")) {
      out.push_back(money(c.at("total_cost_neur")));
      out.push_back(energy(c.at("total_energy_uj")));
      out.push_back(carbon(c.at("total_carbon_ng")));
    }
    return out;
  }

  TempDir dir_;
  std::string config_;
};

TEST_F(ReportFormats, HtmlAndMarkdownTellTheFiguresOfJson) {
  const Json j = json();
  for (const char* format : {"html", "md"}) {
    const auto page = run({"--format", format});
    for (const auto& figure : told(j)) EXPECT_NE(page.find(figure), std::string::npos) << figure << " in " << format;
    EXPECT_NE(page.find("SIMULATED"), std::string::npos);
    EXPECT_NE(page.find("in 2026-11"), std::string::npos);
  }
}

TEST_F(ReportFormats, ThePdfSaysWhatIsInIt) {
  if (std::system("pdftotext -v >/dev/null 2>&1") != 0) GTEST_SKIP() << "no pdftotext (poppler-utils)";
  const auto file = (dir_.path() / "r.pdf").string(), text_file = (dir_.path() / "r.txt").string();
  EXPECT_EQ(run({"--format", "pdf", "-o", file}), "");
  ASSERT_EQ(std::system(("pdftotext -layout " + file + " " + text_file).c_str()), 0);
  std::ifstream in(text_file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  for (const auto& figure : told(json())) EXPECT_NE(text.find(figure), std::string::npos) << figure << " in\n" << text;
}

TEST_F(ReportFormats, CsvHasTheExactFiguresOfJson) {
  const Json j = json();
  const auto rows = csv_rows(run({"--format", "csv"}));
  ASSERT_EQ(rows.size(), j.at("rows").size());
  for (size_t i = 0; i < rows.size(); ++i) {
    auto row = rows[i];
    const auto& expected = j.at("rows").at(i);
    EXPECT_EQ(row["deployment"], expected.at("name"));
    EXPECT_EQ(row["requests"], expected.at("requests").dump());
    EXPECT_EQ(row["energy_j"], exact(expected.at("energy_uj"), 6));
    EXPECT_EQ(row["carbon_g"], exact(expected.at("carbon_ng"), 9));
    EXPECT_EQ(row["cost"], exact(expected.at("cost_neur"), 9));
    EXPECT_EQ(row["idle_energy_j"], exact(expected.at("unattributed").at("energy_uj"), 6));
    EXPECT_EQ(row["avoided_tokens_in"], expected.at("avoided").at("tokens_in").dump());
  }
}

TEST_F(ReportFormats, TheChargebackAddsUpToTheReport) {
  const Json j = json();
  const auto rows = csv_rows(run({"--format", "csv", "--table", "chargeback"}));
  ASSERT_EQ(rows.size(), 1u);
  auto row = rows[0];
  EXPECT_EQ(row["org"], "acme");
  EXPECT_EQ(row["team"], "claims");
  EXPECT_EQ(row["project"], "intake");
  EXPECT_EQ(row["from"], "2026-11-01T00:00:00Z");
  const auto& t = j.at("total");
  EXPECT_EQ(row["total_cost"],
            fixed_point(t.at("cost_neur").get<int64_t>() + t.at("unattributed").at("cost_neur").get<int64_t>(), 9));
  const auto& c = j.at("chargeback").at(0);
  EXPECT_EQ(row["total_cost"], exact(c.at("total_cost_neur"), 9));
  EXPECT_EQ(row["idle_energy_j"], exact(c.at("idle_energy_uj"), 6));
  EXPECT_EQ(row["total_carbon_g"], exact(c.at("total_carbon_ng"), 9));
}

TEST_F(ReportFormats, OrganisationsWithTeamsOfOneNameHaveTheirOwnBills) {
  {
    const auto ledger = open_ledger(dir_.path() / "ledger");
    ASSERT_TRUE(ledger);
    write_request(ledger->journal(0), 5, "rented", "FR", kNine + 80min,
                  {.joules = 1e6, .grams = 10, .euros = 7, .tenant = {"globex", "claims", "intake", "key_9"}});
  }
  auto rows = csv_rows(run({"--format", "csv", "--table", "chargeback"}));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["org"], "acme");
  EXPECT_EQ(rows[0]["requests"], "4");
  EXPECT_EQ(rows[1]["org"], "globex");
  EXPECT_EQ(rows[1]["team"], "claims");
  EXPECT_EQ(rows[1]["cost"], "7");
  EXPECT_EQ(json().at("chargeback").at(1).at("org"), "globex");
  const auto page = run({"--format", "md"});
  EXPECT_NE(page.find("globex / claims / intake"), std::string::npos) << page;
  const auto by_team =
      csv_rows(run_trine({"report", "-c", config_, "--month", "2026-11", "--format", "csv", "--by", "team"}).out);
  ASSERT_EQ(by_team.size(), 2u);
  EXPECT_EQ(by_team[1].at("team"), "globex/claims");
}

// Budgets are of names (docs/limits.md): one of a team counts the teams of that name in all organisations.
TEST_F(ReportFormats, ABudgetOfATeamCountsWhatTheLedgerHasOfItsName) {
  {
    const auto ledger = open_ledger(dir_.path() / "ledger");
    ASSERT_TRUE(ledger);
    const Wall now = system_clock().wall();
    write_request(ledger->journal(0), 6, "rented", "FR", now, {.euros = 1});
    write_request(ledger->journal(0), 7, "rented", "FR", now, {.euros = 2, .tenant = {"globex", "claims", "x", "k"}});
  }
  std::ifstream in(config_);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto file = dir_.file("budgets.yaml", text + R"(
keys: [ { id: key_7, secret: sk-7, org: acme, team: claims, project: intake } ]
budgets:
  - { for: { team: claims }, eur: 100, period: rolling 1h }
  - { for: { project: intake }, eur: 100, period: rolling 1h }
)");
  const auto ran = run_trine({"budgets", "list", "--json", "-c", file});
  ASSERT_EQ(ran.status, 0) << ran.err;
  std::map<std::string, double> spent;
  const Json listed = Json::parse(ran.out);
  for (const auto& b : listed.at("budgets")) spent[b.at("for").begin().key()] = b.at("spent").get<double>();
  EXPECT_DOUBLE_EQ(spent["team"], 3) << ran.out;
  EXPECT_DOUBLE_EQ(spent["project"], 1);
}

TEST_F(ReportFormats, TheInventoryHasALineForEachCategory) {
  const Json j = json();
  int64_t scope2 = 0;
  std::map<std::string, std::map<std::string, std::string>> lines;
  for (auto& row : csv_rows(run({"--format", "csv", "--table", "ghg"})))
    lines[row["category"] + "/" + row["method"]] = row;
  ASSERT_EQ(lines.size(), 4u);
  const auto& own = j.at("ghg").at("places").at(0);
  EXPECT_EQ(own.at("supply"), "own");
  auto& location = lines["scope 2/location-based, direct"];
  EXPECT_EQ(location["emissions_g"], exact(own.at("scope2_location").at("carbon_ng"), 9));
  EXPECT_EQ(location["energy_j"], "15600000") << "requests and idle time";
  EXPECT_NE(location["factor_source"], "");
  auto& market = lines["scope 2/market-based"];
  EXPECT_EQ(market["emissions_g"], fixed_point(emitted(joules(15.6e6), Intensity{5}).raw(), 9))
      << "the contract's 5 g/kWh";
  auto& upstream = lines["scope 3.3/lifecycle less direct"];
  scope2 = own.at("scope2_location").at("carbon_ng").get<int64_t>();
  EXPECT_EQ(upstream["emissions_g"], fixed_point(own.at("lifecycle_ng").get<int64_t>() - scope2, 9));
  EXPECT_EQ(lines["scope 3.1/lifecycle, location-based"]["emissions_g"], "240") << "operation, without hardware";
}

TEST_F(ReportFormats, ByStepWhatWasSparedAndInNoOtherLine) {
  auto rows = csv_rows(run({"--format", "csv", "--table", "steps"}));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["step"], "documents.repeats");
  EXPECT_EQ(rows[0]["tokens_in"], "5000");
  EXPECT_EQ(rows[0]["energy_j"], "500");
  const Json j = json();
  EXPECT_EQ(j.at("savings").at("of_it_spared").at("tokens"), 5000);
  EXPECT_EQ(j.at("savings").at("tokens").get<int64_t>(),
            j.at("total").at("tokens_in").get<int64_t>() + j.at("total").at("tokens_out").get<int64_t>() + 5000);
}

TEST_F(ReportFormats, APageOfAnEmptyPeriodSaysSo) {
  const auto ran = run_trine({"report", "-c", config_, "--month", "2025-01", "--format", "md"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("Nothing was asked in this period."), std::string::npos);
}

TEST_F(ReportFormats, WithoutAConfigurationNothingIsClassified) {
  const auto ran = run_trine({"report", "--ledger", (dir_.path() / "ledger").string(), "--month", "2026-11", "--json"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto g = Json::parse(ran.out).at("ghg");
  EXPECT_EQ(g.at("unclassified_energy_uj"), 17'600'000'000'000);
  EXPECT_EQ(g.at("scope3_1_ng"), 0);
}

TEST_F(ReportFormats, AWrongMonthIsSaid) {
  EXPECT_EQ(run_trine({"report", "-c", config_, "--month", "november"}).status, 2);
  const auto file = (dir_.path() / "x.pdf").string();
  EXPECT_EQ(run_trine({"report", "-c", config_, "--json", "--format", "pdf", "-o", file}).status, 2);
  EXPECT_FALSE(std::filesystem::exists(file));
  const auto nowhere = run_trine({"report", "-c", config_, "--month", "2026-11", "--format", "md", "-o", "/nowhere/x"});
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_NE(nowhere.err.find("/nowhere/x"), std::string::npos);
}

}  // namespace
}  // namespace trine::cli::report_formats_test
