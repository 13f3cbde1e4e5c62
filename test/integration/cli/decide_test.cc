// trine decide and decisions: a choice on record, beside a gateway that runs, and how it turned out.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "integration/cli/ledger.h"
#include "integration/cli/program.h"

namespace trine::cli::decide_test {
namespace {

using namespace testing;
using Json = nlohmann::json;

constexpr const char* kCase = TRINE_SOURCE_DIR "/examples/frankfurt-cannes.yaml";

std::string read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class TrineDecide : public ::testing::Test {
 protected:
  Ran decide(std::vector<std::string> words) {
    std::vector<std::string> all = {"decide", "--fleet", kCase, "--at", "2026-11-28T12:00:00Z", "--ledger", ledger_};
    all.insert(all.end(), words.begin(), words.end());
    return run_trine(all);
  }
  Json decided(std::vector<std::string> words) {
    words.emplace_back("--json");
    const auto ran = decide(words);
    EXPECT_EQ(ran.status, 0) << ran.err;
    return Json::parse(ran.out, nullptr, false);
  }
  Ran decisions(const std::string& what, std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"decisions", what, "--ledger", ledger_});
    return run_trine(words);
  }
  Json listed() { return Json::parse(decisions("list", {"--json"}).out, nullptr, false); }

  // Traffic of `deployment` since now, each call as dear as `served` says.
  void serve(const std::string& deployment, const std::string& zone, int calls, const Taken& served,
             double idle_joules = 0) {
    const auto ledger = open_ledger(ledger_, 16 << 20);
    ASSERT_TRUE(ledger);
    const Wall now = system_clock().wall();
    for (int i = 0; i < calls; ++i) write_request(ledger->journal(0), next_++, deployment, zone, now, served);
    if (idle_joules > 0) {
      energy::DeviceWindow w;
      w.device = w.deployment = deployment;
      w.zone = zone;
      w.begin = now;
      w.end = now + 1s;
      w.total.energy = w.unattributed.energy = joules(idle_joules);
      w.total.cost = w.unattributed.cost = euros(0.001);
      w.total.operational = w.unattributed.operational = grams(0.01);
      ASSERT_TRUE(ledger->back_office().append(w));
    }
    ASSERT_TRUE(ledger->flush());
  }

  TempDir dir_;
  std::string ledger_ = (dir_.path() / "ledger").string();
  uint64_t next_ = 1;
};

TEST_F(TrineDecide, TheRecordSaysWhatWeighedAndWhatWouldTipIt) {
  const Json d = decided({"--best", "--by", "ada", "--because", "the grid"});
  EXPECT_EQ(d.at("chosen"), "cannes-4090");
  const std::string sentence = d.at("sentence");
  EXPECT_TRUE(sentence.starts_with("cannes-4090 over frankfurt-a100 (and api-mini): ")) << sentence;
  EXPECT_NE(sentence.find("outweigh 28 % less control"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("91 % cleaner grid"), std::string::npos) << sentence;
  // What a month takes is the axis times the tokens, with the axis' range.
  const Json& chosen = d.at("options").at(0);
  EXPECT_EQ(chosen.at("name"), "cannes-4090");
  const double tokens = d.at("month").at("tokens");
  EXPECT_DOUBLE_EQ(tokens, 3e6 * 60 * 730 * 0.5);
  for (const auto& [month, axis, unit] :
       {std::tuple{"cost", "cost_per_mtok", 1e-6}, std::tuple{"energy_kwh", "joules_per_token", 1 / 3.6e6},
        std::tuple{"carbon_kg", "carbon_g_per_mtok", 1e-9}})
    for (const auto& [suffix, end] : {std::pair{"", "value"}, std::pair{"_low", "low"}, std::pair{"_high", "high"}})
      EXPECT_NEAR(chosen.at("month").at(std::string(month) + suffix).get<double>(),
                  chosen.at(axis).at(end).get<double>() * tokens * unit, 1e-6)
          << month << suffix;
  // Every input was tried, and some tip it; each names who is first then.
  std::map<std::string, int> tried, tips;
  for (const Json& f : d.at("flips")) {
    ++tried[f.at("input")];
    if (!f.at("at").is_null()) {
      ++tips[f.at("input")];
      EXPECT_NE(f.at("to"), "cannes-4090");
    }
  }
  EXPECT_EQ(tried["price"], 3);
  EXPECT_EQ(tried["intensity"], 3);
  EXPECT_EQ(tried["J/token"], 3);
  EXPECT_EQ(tried["utilisation"], 1);
  EXPECT_EQ(tips["weight of control"], 1);
  EXPECT_GE(tips["price"], 1);
  EXPECT_GE(tips["intensity"], 1);
  EXPECT_EQ(d.at("weights").at("from"), "equal, nobody said otherwise");

  const auto shown = decisions("show", {d.at("id")});
  EXPECT_EQ(shown.status, 0) << shown.err;
  for (const char* line : {"Because: the grid", "by ada", "What would change it, nearest first:", "g/kWh"})
    EXPECT_NE(shown.out.find(line), std::string::npos) << line << "\n" << shown.out;
}

// At the price that the record names, with a hair more, the command itself answers otherwise.
TEST_F(TrineDecide, AFlipPointHoldsWhenItIsTried) {
  const Json d = decided({"--best", "--dry-run"});
  std::optional<double> price;
  for (const Json& f : d.at("flips"))
    if (f.at("input") == "price" && f.at("of") == "cannes-4090" && !f.at("at").is_null()) price = f.at("at");
  ASSERT_TRUE(price);
  std::string text = read(kCase);
  for (const auto& [factor, first] : {std::pair{0.995, "cannes-4090"}, std::pair{1.005, "frankfurt-a100"}}) {
    std::string moved = text;
    moved.replace(moved.find("    zone: FR\n"), 13, fmt::format("    zone: FR\n    per_hour: {}\n", *price * factor));
    const auto file = dir_.file("moved.yaml", moved);
    const auto ran = run_trine({"score", "--fleet", file, "--at", "2026-11-28T12:00:00Z", "--for", "730h", "--json"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(Json::parse(ran.out).at("options").at(0).at("name"), first) << factor;
  }
}

TEST_F(TrineDecide, AgainstTheScoreItSaysSo) {
  const Json d = decided({"--choose", "frankfurt-a100", "--over", "cannes-4090", "--dry-run"});
  const std::string sentence = d.at("sentence");
  EXPECT_NE(sentence.find("against the score"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("for 39 % more control, although"), std::string::npos) << sentence;
  EXPECT_EQ(d.at("over"), Json::array({"cannes-4090"}));
  int tips = 0;
  for (const Json& f : d.at("flips"))
    if (!f.at("at").is_null()) {
      ++tips;
      EXPECT_EQ(f.at("to"), "frankfurt-a100") << "what would make it the first";
    }
  EXPECT_GE(tips, 1);
  const Json other = decided({"--choose", "frankfurt-a100", "--over", "api-mini", "--dry-run"});
  EXPECT_TRUE(other.at("sentence").get<std::string>().ends_with("; cannes-4090 has the highest score"))
      << other.at("sentence");
  const auto none = decisions("list");
  EXPECT_EQ(none.status, 1) << "a dry run keeps nothing";
}

TEST_F(TrineDecide, WhatMayNotServeCannotBeChosen) {
  const auto ran = decide({"--choose", "api-mini", "--zone", "DE", "--zone", "FR"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("--choose: api-mini may not serve: zone US is not allowed"), std::string::npos) << ran.err;
  const auto typo = decide({"--choose", "frankfurt-a10"});
  EXPECT_EQ(typo.status, 1);
  EXPECT_NE(typo.err.find("no option is called \"frankfurt-a10\""), std::string::npos) << typo.err;
  const auto nowhere = run_trine({"decide", "--fleet", kCase, "--best"});
  EXPECT_EQ(nowhere.status, 2);
  EXPECT_NE(nowhere.err.find("Say where to keep it"), std::string::npos) << nowhere.err;
  const Json d = decided({"--best", "--zone", "DE", "--zone", "FR", "--dry-run"});
  EXPECT_EQ(d.at("removed").at(0).at("name"), "api-mini");
}

TEST_F(TrineDecide, IsKeptWhileAGatewayHoldsTheLedger) {
  const auto gateway = open_ledger(ledger_);
  ASSERT_TRUE(gateway);
  const Json d = decided({"--best"});
  write_request(gateway->journal(0), 1, "elsewhere", "SE", system_clock().wall());
  ASSERT_TRUE(gateway->flush());
  const Json kept = listed();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept.at(0).at("id"), d.at("id"));
  const auto review = decisions("review");
  EXPECT_EQ(review.status, 0) << review.err;
  EXPECT_NE(review.out.find("nothing was served by zone FR"), std::string::npos) << review.out;
}

TEST_F(TrineDecide, AReviewComparesAttributedWithAttributedAndChangesNothing) {
  const Json d = decided({"--best"});
  const Json before = listed().at(0);
  const Json& expected = d.at("options").at(0).at("attributed");
  // 1200 tokens a call, at twice the joules, half the money and the very grams that were expected.
  Taken served{.in = 1000, .cached = 0, .out = 200};
  served.joules = 2 * expected.at("joules_per_token").get<double>() * 1200;
  served.euros = 0.5 * expected.at("cost_per_mtok").get<double>() * 1200 / 1e6;
  served.grams = expected.at("carbon_g_per_mtok").get<double>() * 1200 / 1e6;
  served.simulated = false;
  serve("cannes-4090", "FR", 50, served, 10'000);
  const auto ran = decisions("review", {"--json"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const Json r = Json::parse(ran.out).at(0);
  EXPECT_EQ(r.at("where"), "deployment cannes-4090");
  EXPECT_EQ(r.at("calls"), 50);
  const Json& a = r.at("attributed");
  EXPECT_NEAR(a.at("joules_per_token").at("change").get<double>(), 1, 1e-3);
  EXPECT_NEAR(a.at("cost_per_mtok").at("change").get<double>(), -0.5, 1e-3);
  EXPECT_NEAR(a.at("carbon_g_per_mtok").at("change").get<double>(), 0, 1e-3);
  EXPECT_EQ(a.at("carbon_g_per_mtok").at("verdict"), "as expected");
  // Idle is compared with what was expected with idle, never with the other.
  const Json& loaded = r.at("with_idle").at("joules_per_token");
  EXPECT_GT(loaded.at("measured"), a.at("joules_per_token").at("measured"));
  EXPECT_GT(loaded.at("expected"), a.at("joules_per_token").at("expected"));

  // From now on the score shows what was measured, and takes the workload's mix from there when it is asked to.
  const Json next = decided({"--best", "--dry-run"});
  const Json& seen = next.at("options").at(0).at("measured_here");
  EXPECT_EQ(seen.at("calls"), 50);
  EXPECT_EQ(next.at("workload").at("in"), 1155) << "the fleet file's";
  const Json asked = decided({"--best", "--dry-run", "--workload", "invoices"});
  EXPECT_EQ(asked.at("workload").at("in"), 1000);
  EXPECT_EQ(asked.at("workload").at("mix_from"), "the ledger's 50 calls of the last 30 days");
  EXPECT_NEAR(seen.at("joules_per_token").get<double>(), served.joules / 1200, 1e-9);

  // Far out of the range is better or worse.
  Taken dear = served;
  dear.joules *= 100;
  serve("cannes-4090", "FR", 5000, dear);
  const Json worse = Json::parse(decisions("review", {"--json", d.at("id")}).out).at(0);
  EXPECT_EQ(worse.at("attributed").at("joules_per_token").at("verdict"), "worse");

  // Reviews are events of their own; the record is as it was.
  Json after = listed().at(0);
  EXPECT_EQ(after.at("reviews").size(), 2u);
  after["reviews"] = before.at("reviews");
  EXPECT_EQ(after, before);
  EXPECT_NE(decisions("show", {d.at("id")}).out.find("How it turned out:"), std::string::npos);
}

TEST_F(TrineDecide, ExportIsAPage) {
  decided({"--best", "--because", "first"});
  decided({"--choose", "frankfurt-a100", "--because", "second"});
  const auto file = (dir_.path() / "decisions.md").string();
  const auto ran = decisions("export", {"--markdown", file});
  EXPECT_EQ(ran.status, 0) << ran.err;
  const auto page = read(file);
  EXPECT_EQ(page.find("# cannes-4090 over frankfurt-a100"), 0u) << page;
  for (const char* part :
       {"**Because** first", "**Because** second", "## What would change it", "| frankfurt-a100 | DE |"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(decisions("export", {"--markdown"}).out, page) << "to standard output without a file";
  const auto unknown = decisions("show", {"dec_nothing"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_NE(unknown.err.find("has no decision dec_nothing"), std::string::npos) << unknown.err;
}

}  // namespace
}  // namespace trine::cli::decide_test
