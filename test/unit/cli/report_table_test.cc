#include "cli/report_table.h"

#include <gtest/gtest.h>

namespace trine::cli::report_table_test {
namespace {

using energy::Letter;

ledger::ReportRow row(const std::string& name) {
  ledger::ReportRow r;
  r.name = name;
  auto& s = r.sums;
  s.requests = s.calls = 2;
  s.in = 1500;
  s.cached = 400;
  s.out = 500;
  s.energy = joules(800);
  s.energy_low = joules(600);
  s.energy_high = joules(1100);
  s.operational = grams(0.03);
  s.embodied = grams(0.01);
  s.carbon_low = grams(0.02);
  s.carbon_high = grams(0.08);
  s.cost = euros(0.0002);
  s.energy_by_letter[Letter::B] = s.energy;
  return r;
}

ledger::Report report(ledger::By by = ledger::By::deployment) {
  ledger::Report r;
  r.query.since = *parse_iso8601("2026-11-23T09:00:00Z");
  r.query.until = *parse_iso8601("2026-11-23T10:00:00Z");
  r.query.by = by;
  r.rows = {row("fr-4090")};
  r.total = row("total");
  return r;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ReportTable, ALineHasAmountsWhatATokenTakesAndTheLetterWithItsRange) {
  const std::string rule = std::string(139, '-') + "\n";
  const std::string amounts =
      "         2  1500     400  500  €0.000200   800 J  40.0 mg    0.400   0.100    20.0  B        0.600 to 1.10 kJ   "
      " "
      "20.0 to 80.0 mg\n";
  EXPECT_EQ(report_text(report()),
            "2026-11-23T09:00:00Z to 2026-11-23T10:00:00Z, facility energy, direct figures; per token of input and "
            "output together\n\n"
            "deployment  requests    in  cached  out       cost  energy     CO2e  J/token  €/Mtok  g/Mtok  quality  "
            "energy, 90 % range  CO2e, 90 % range\n" +
                rule + "fr-4090   " + amounts + rule + "total     " + amounts +
                "\nAn answered request took 400 J, 20.0 mg CO2e and €0.000100 in the mean. A thousand tokens took 400 "
                "J (0.111 Wh) "
                "and 20.0 mg CO2e.\n");
}

TEST(ReportTable, IdleAndForeignEnergyHaveLinesOfTheirOwn) {
  auto r = report();
  r.rows[0].unattributed.energy = r.total.unattributed.energy = joules(200);
  r.total.unattributed.cost = euros(0.0002);
  r.total.foreign.energy = joules(33);
  const auto text = report_text(r);
  EXPECT_TRUE(has(text, "idle energy")) << text;
  EXPECT_TRUE(has(text, "unattributed idle")) << text;
  EXPECT_TRUE(has(text, "foreign load")) << text;
  // 800 J + 200 J over 2000 tokens.
  const auto loaded = text.substr(text.find("fully loaded"));
  EXPECT_TRUE(has(loaded, "1.00 kJ")) << loaded;
  EXPECT_TRUE(has(loaded, "0.500")) << loaded;
  EXPECT_TRUE(has(loaded, "€0.000400")) << loaded;
}

TEST(ReportTable, WithoutDevicesThereIsNoIdleLine) {
  const auto text = report_text(report());
  EXPECT_FALSE(has(text, "idle"));
  EXPECT_FALSE(has(text, "foreign"));
}

TEST(ReportTable, SimulatedIsSaid) {
  auto r = report();
  r.simulated = true;
  r.total.sums.simulated_calls = 2;
  EXPECT_TRUE(has(report_text(r), "Simulated: every answer came from a simulated engine"));
  r.total.sums.simulated_calls = 1;
  EXPECT_TRUE(has(report_text(r), "Simulated: 1 of 2 calls"));
}

TEST(ReportTable, WhatIsEstimatedMissingOrFailedIsSaid) {
  auto r = report();
  r.total.sums.counted_calls = 1;
  r.total.sums.unsettled_calls = 3;
  r.total.sums.outcomes = {5, 1, 2, 0, 0};
  const auto text = report_text(r);
  EXPECT_TRUE(has(text, "Of 1 calls the tokens were counted here"));
  EXPECT_TRUE(has(text, "3 calls have no figures yet"));
  EXPECT_TRUE(has(text, "Of the requests: 1 failed, 2 cancelled."));
}

TEST(ReportTable, AMeanIsOfTheRequestsThatWereAnswered) {
  auto r = report();
  auto& s = r.total.sums;
  s.requests = 10;
  s.outcomes = {3, 4, 1, 0, 2};  // of ten, four were answered, one of them in part
  EXPECT_TRUE(has(report_text(r), "An answered request took 200 J, 10.0 mg CO2e and €0.0000500 in the mean."))
      << report_text(r);
  s.outcomes = {0, 8, 0, 0, 2};
  EXPECT_FALSE(has(report_text(r), "in the mean")) << "none was";
}

TEST(ReportTable, AnEmptyNameIsShownAsNone) {
  auto r = report(ledger::By::team);
  r.rows[0].name = "";
  EXPECT_TRUE(has(report_text(r), "(none)"));
}

TEST(ReportTable, NothingAskedIsSaidInWords) {
  ledger::Report r;
  EXPECT_TRUE(has(report_text(r), "Nothing was asked in this period."));
}

TEST(ReportTable, ADeviceThatOnlyIdledIsShown) {
  ledger::Report r;
  r.total.unattributed.energy = joules(5);
  EXPECT_TRUE(has(report_text(r), "unattributed idle"));
}

TEST(ReportTable, AnotherCurrencyIsNamed) {
  auto r = report();
  r.currency = "CHF";
  EXPECT_TRUE(has(report_text(r), "CHF 0.000200"));
  EXPECT_TRUE(has(report_text(r), "CHF/Mtok"));
}

TEST(ReportTable, ThePriorPeriodAndTheGatewayHaveLinesOfTheirOwn) {
  auto r = report();
  r.total.prior.corrections = 1;
  r.total.prior.sums.energy = joules(-30);
  r.total.prior.unattributed.energy = joules(10);
  r.total.gateway = {std::chrono::seconds(9), joules(90), joules(40), joules(200), grams(0.5), grams(0.2), grams(1)};
  const auto text = report_text(r);
  EXPECT_TRUE(has(text, "\nprior period "));
  EXPECT_TRUE(has(text, " -20.0 J ")) << text;
  EXPECT_TRUE(has(text, "\ngateway "));
  EXPECT_TRUE(has(text, "40.0 to 200 J")) << text;
  EXPECT_TRUE(has(text, "Prior period: of months that are closed, 0 calls that came late and 1 corrections"));
  EXPECT_TRUE(has(text, "Gateway: an estimate from its 9.00 s of CPU time")) << text;
  EXPECT_TRUE(has(text, " 800 J ")) << "the total is without them";
  EXPECT_FALSE(has(report_text(report()), "gateway"));
  EXPECT_FALSE(has(report_text(report()), "prior"));
}

TEST(ReportTable, AnHourInWhichOnlyTheGatewayRanHasNoLine) {
  auto r = report(ledger::By::hour);
  r.rows.push_back({});
  r.rows.back().name = "2026-11-23T10:00:00Z";
  r.rows.back().gateway.cpu = std::chrono::seconds(1);
  EXPECT_FALSE(has(report_text(r), "\n2026-11-23T10:00:00Z"));
}

ledger::AvoidedSums avoided() {
  ledger::AvoidedSums a;
  a.requests = 3;
  a.in = 1200;
  a.out = 80;
  a.figures = {joules(2),     joules(5),     joules(4),     joules(7),     grams(0.002),
               grams(0.0005), grams(0.0015), grams(0.0035), euros(0.0001), Letter::C};
  return a;
}

TEST(ReportTable, ByStepShowsWhatWasSparedAndSaysThatItIsNoSavingOfItsOwn) {
  ledger::Report r = report(ledger::By::step);
  r.rows = {ledger::ReportRow{}};
  r.rows[0].name = "cache.exact";
  r.rows[0].avoided = r.total.avoided = avoided();
  const auto text = report_text(r);
  EXPECT_TRUE(has(text, "step         requests    in  out       cost  energy     CO2e  quality  energy, 90 % range  "));
  EXPECT_TRUE(has(text, "cache.exact         3  1200   80  €0.000100  5.00 J  2.50 mg  C        4.00 to 7.00 J"))
      << text;
  EXPECT_TRUE(has(text, "a part of the saving, never added to it.")) << text;
  r.rows.clear();
  r.total.avoided = {};
  EXPECT_TRUE(has(report_text(r), "No step spared a request anything.")) << report_text(r);
}

TEST(ReportTable, WhatWasSparedIsSaidBelowAndInNoLine) {
  ledger::Report r = report();
  const auto before = report_text(r);
  r.total.avoided = avoided();
  const auto after = report_text(r);
  EXPECT_EQ(after, before +
                       "Spared by documents and caches: 1280 tokens of 3 requests, about 5.00 J, 2.50 mg CO2e and "
                       "€0.000100; in no other line, a part of the saving.\n");
}

}  // namespace
}  // namespace trine::cli::report_table_test
