// docs/what-the-numbers-say.md: every command on it runs, prints the lines that are quoted, and the figures in its
// prose follow from them.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "catalog/load.h"
#include "integration/cli/page.h"

namespace trine::cli::numbers_page_test {
namespace {

using namespace testing;
using Json = nlohmann::json;

std::string page() {
  return read_page("what-the-numbers-say.md");
}

Json estimate(const std::string& options) {
  const auto ran = run_trine(words_of("estimate --json " + options));
  EXPECT_EQ(ran.status, 0) << ran.err;
  return Json::parse(ran.out, nullptr, false);
}

TEST(NumbersPage, EveryCommandPrintsWhatIsQuoted) {
  const auto ran = run_page(page(), TRINE_SOURCE_DIR);
  EXPECT_GE(ran.commands, 14);
  EXPECT_GE(ran.quoted, ran.commands) << "each command shows what it is there for";
}

class NumbersInProse : public ::testing::Test {
 protected:
  void says(const std::string& text) { EXPECT_NE(text_.find(text), std::string::npos) << "the figures give: " << text; }
  static std::string thousands(double v) {
    const auto n = std::llround(v);
    return fmt::format("{},{:03}", n / 1000, n % 1000);
  }
  static double less(double now, double before) { return 100 * (1 - now / before); }

  std::string text_ = squeezed(page());
  std::shared_ptr<const catalog::Catalog> catalog_ = *catalog::load();
};

TEST_F(NumbersInProse, WhatAnApiAndOwnCardsCost) {
  const double large = estimate("--vendor openai --model gpt-4o --in 1155 --out 211").at("money");
  const double small = estimate("--vendor openai --model gpt-4o-mini --in 1155 --out 211").at("money");
  says(
      fmt::format("€9,000 a month are {:.1f} million documents on gpt-4o, or {:.0f} million on gpt-4o-mini: {:.0f} "
                  "times as many",
                  9000 / large / 1e6, 9000 / small / 1e6, large / small));
  const double per_hour = 3e6 * 60 / (1155 + 211);
  says(fmt::format("€{:.0f} an hour on gpt-4o, so such a bill is {:.0f} hours of peak", per_hour * large,
                   9000 / (per_hour * large)));
  says(fmt::format("on gpt-4o-mini €{:.0f} an hour", per_hour * small));

  const double step = estimate("--gpu H100 --model gpt-oss-20b --batch 128").at("step_seconds");
  const double generated = 3e6 / 60 * 211 / (1155 + 211), prompts = 3e6 / 60 - generated, can = 128 / step;
  const double decoding = generated / can;
  const double reading = prompts * 2 * catalog_->find_model("gpt-oss-20b")->active_b * 1e9 /
                         (0.4 * catalog_->find_gpu("H100")->fp16_tflops * 1e12);
  says(fmt::format("each in {:.1f} ms: {} tokens a second", step * 1e3, thousands(std::round(can / 100) * 100)));
  says(
      fmt::format("The peak generates {} a second, {:.1f} of a card, and reads {} prompt tokens a second, {:.1f} of a "
                  "card",
                  thousands(generated), decoding, thousands(prompts), reading));
  EXPECT_EQ(std::ceil(decoding + reading), 2) << "two cards";
  const auto* machine = catalog_->find_instance("verda-fin-02/1H100.80S.32V");
  ASSERT_TRUE(machine);
  says(fmt::format("${} an hour", to_euros(machine->per_hour.amount)));
  const double month = 2 * 730 * to_euros(*catalog_->convert(machine->per_hour, "EUR"));
  says(fmt::format("are €{}; that is {:.0f} % less than €4,000 and {:.0f} % less than €9,000", thousands(month),
                   less(month, 4000), less(month, 9000)));
  says(fmt::format("only from {:.0f} million documents a month on", month / small / 1e6));
}

TEST_F(NumbersInProse, EnergyPerDocument) {
  const auto gpu = [](const std::string& model, int batch) {
    return estimate(fmt::format("--gpu H100 --model {} --batch {} --pue 1.2", model, batch))
        .at("joules_per_output_token")
        .get<double>();
  };
  says(fmt::format("{:.0f} % less per generated token (llama-3.1-8b: {:.0f} % less)",
                   less(gpu("gpt-oss-20b", 128), gpu("gpt-oss-20b", 64)),
                   less(gpu("llama-3.1-8b", 128), gpu("llama-3.1-8b", 64))));
  const auto document = [](int batch) {
    return estimate(fmt::format("--gpu H100 --model gpt-oss-20b --batch {} --pue 1.2 --in 1155 --out 211", batch))
        .at("facility_joules_per_output_token")
        .get<double>();
  };
  says(fmt::format("{:.0f} % less. The rest", less(document(128), document(64))));
  const double own = document(64) * 211;
  says(fmt::format("A document is {:.0f} J on the H100", own));
  const auto api = estimate("--vendor openai --model gpt-4o-mini --in 1155 --out 211");
  says(fmt::format("may save {:.0f} % or nothing", less(own, api.at("joules"))));
  EXPECT_LT(api.at("low").get<double>(), own) << "the range holds nothing saved";
}

TEST_F(NumbersInProse, GramsPerThousandTokens) {
  const double de = catalog_->find_zone("DE")->lifecycle.rbegin()->second.g_per_kwh;
  says(
      fmt::format("At {:.0f} g/kWh, 35 g per 1,000 tokens are {:.0f} J for every token", de, 35.0 / 1000 / de * 3.6e6));
  const auto per_mtok = [&](double joules_per_token) { return joules_per_token * 1e6 / 3.6e6 * de; };
  const double wasteful =
      estimate("--gpu H100 --model gpt-oss-20b --batch 1 --in 1155 --out 211").at("facility_joules_per_token");
  const double usual = estimate("--gpu H100 --model gpt-oss-20b --batch 64 --in 1155 --out 211 --pue 1.2")
                           .at("facility_joules_per_token");
  const double api =
      estimate("--vendor openai --model gpt-4o --in 1155 --out 211").at("joules").get<double>() / (1155 + 211);
  says(fmt::format("a vendor {:.1f} J per token", api));
  says(
      fmt::format("{:.0f} g in Germany for the wasteful way above, {:.1f} g with a batch of 64 ({:.0f} mJ per token), "
                  "{:.0f} g for the API",
                  per_mtok(wasteful), per_mtok(usual), usual * 1e3, per_mtok(api)));
}

TEST_F(NumbersInProse, GridsAndCards) {
  const auto &de = catalog_->find_zone("DE")->lifecycle, &fr = catalog_->find_zone("FR")->lifecycle;
  for (const auto& [year, germany] : de) {
    says(fmt::format("| {} | {:.0f} | {:.0f} | {:.0f} % |", year, germany.g_per_kwh, fr.at(year).g_per_kwh,
                     less(fr.at(year).g_per_kwh, germany.g_per_kwh)));
  }
  const auto facility = [](const std::string& gpu) {
    return estimate(fmt::format("--gpu {} --model gpt-oss-20b --batch 32 --pue 1.2", gpu))
        .at("facility_joules_per_output_token")
        .get<double>();
  };
  const double more = facility("RTX-4090") / facility("A100");
  const double cleaner = fr.rbegin()->second.g_per_kwh / de.rbegin()->second.g_per_kwh;
  says(fmt::format("{:.1f} times the energy per token", more));
  says(fmt::format("At {:.0f} % cleaner the move saves {:.0f} % of the carbon", 100 * (1 - cleaner),
                   100 * (1 - more * cleaner)));
  says(fmt::format("it would have **raised** it by {:.0f} %", 100 * (more * 0.6 - 1)));
  const auto decided = run_trine({"decide", "--fleet", TRINE_SOURCE_DIR "/examples/frankfurt-cannes.yaml", "--best",
                                  "--dry-run", "--json", "--at", "2026-11-28T12:00:00Z"});
  ASSERT_EQ(decided.status, 0) << decided.err;
  const auto record = Json::parse(decided.out, nullptr, false);
  int found = 0;
  for (const auto& flip : record.at("flips")) {
    if (flip.at("input") != "intensity" || flip.at("of") != "FR") continue;
    ++found;
    const double turns = flip.at("at"), germany = record.at("options").at(1).at("g_per_kwh");
    says(fmt::format("at {:.0f} g/kWh, {:.0f} % cleaner than Germany's, the answer turns to Frankfurt", turns,
                     less(turns, germany)));
    EXPECT_LT(turns, 0.6 * germany) << "40 % would not do";
  }
  EXPECT_EQ(found, 1);
  const double milan = catalog_->find_zone("IT-NO")->lifecycle.rbegin()->second.g_per_kwh;
  const double frankfurt = de.rbegin()->second.g_per_kwh;
  says(fmt::format("{:.0f} against {:.0f} is {:.0f} % dirtier", frankfurt, milan, 100 * (frankfurt / milan - 1)));
}

}  // namespace
}  // namespace trine::cli::numbers_page_test
