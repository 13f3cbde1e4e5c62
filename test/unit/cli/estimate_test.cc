#include "cli/estimate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "catalog/load.h"

namespace trine::cli::estimate_test {
namespace {

using Json = nlohmann::json;

const catalog::Catalog& built_in() {
  static const auto catalog = catalog::load().value();
  return *catalog;
}

EstimateOptions words(std::vector<std::string> given) {
  given.insert(given.begin(), "estimate");
  const auto p = parse(given);
  EXPECT_TRUE(p.command) << p.err;
  return p.command ? std::get<EstimateOptions>(*p.command) : EstimateOptions{};
}

OwnEstimate own(const std::vector<std::string>& given) {
  auto e = own_estimate(built_in(), words(given));
  EXPECT_TRUE(e) << (e ? "" : e.error().message);
  return e.value_or(OwnEstimate{});
}

VendorFigures vendor(const std::vector<std::string>& given) {
  auto f = vendor_figures(built_in(), words(given));
  EXPECT_TRUE(f) << (f ? "" : f.error().message);
  return f.value_or(VendorFigures{});
}

template <class Estimate>
std::string problem(Estimate estimate, const std::vector<std::string>& given) {
  const auto e = estimate(built_in(), words(given));
  return e ? "no problem" : e.error().message;
}

TEST(Estimate, OfAnUnknownModelSaysAllThatTheContractNames) {
  const auto j = Json::parse(to_json(own({"--gpu", "H100", "--params-b", "8", "--active-b", "8", "--bits", "16",
                                          "--gpus", "1", "--batch", "64", "--json"})));
  const double joules = j["joules_per_output_token"];
  EXPECT_NEAR(joules, 0.119, 0.018) << "measured on two models of this size: 0.119 J";
  EXPECT_LT(j["low"], joules);
  EXPECT_GT(j["high"], joules);
  EXPECT_EQ(j["quality"], "C");
  EXPECT_GT(j["facility_joules_per_token"], joules);
  for (const char* key : {"boundary", "method", "sources", "mix", "pue", "notes"}) EXPECT_TRUE(j.contains(key)) << key;
}

TEST(Estimate, TheFacilityIsGpusAndHostTimesPueOverInputAndOutputTokens) {
  const auto e = own({"--gpu", "H100", "--params-b", "70", "--gpus", "4", "--batch", "32", "--in", "300", "--out",
                      "100", "--pue", "1.25"});
  EXPECT_DOUBLE_EQ(e.prompt_per_output, 3);
  EXPECT_NEAR(e.host_joules, 150 * 4 * e.step_s / 32, 1e-12);
  EXPECT_NEAR(e.facility_per_output, 1.25 * (e.joules + e.host_joules), 1e-12);
  EXPECT_NEAR(e.facility_per_token, e.facility_per_output / 4, 1e-12);
}

TEST(Estimate, AKnownModelIsItsCurve) {
  const auto e = own({"--gpu", "H100", "--model", "llama-3.1-8b", "--batch", "64"});
  EXPECT_NEAR(e.joules, 0.0665 + 3.163 / 64, 1e-3);
  EXPECT_EQ(e.source, "mlenergy-v3");
  EXPECT_TRUE(e.notes.empty());
  const auto* curve = built_in().find_curve("llama-3.1-8b", "H100-SXM5-80GB");
  EXPECT_NEAR(e.step_s, curve->step_seconds(64), 1e-12);
  // Longer prompts and contexts cost more than the benchmark's.
  EXPECT_GT(own({"--gpu", "H100", "--model", "llama-3.1-8b", "--in", "1000", "--out", "100"}).joules, e.joules);
  EXPECT_GT(own({"--gpu", "H100", "--model", "llama-3.1-8b", "--context", "8000"}).joules, e.joules);
}

TEST(Estimate, ADerivedCurveIsLessSureThanAMeasuredOne) {
  const auto measured = own({"--gpu", "H100", "--model", "llama-3.1-8b"});
  const auto derived = own({"--gpu", "RTX 4090", "--model", "llama-3.1-8b", "--batch", "16"});
  EXPECT_EQ(derived.gpu, "RTX-4090");
  EXPECT_GT(derived.sigma, measured.sigma);
}

TEST(Estimate, ABatchOutsideOfTheCurveIsSaid) {
  const auto e = own({"--gpu", "H100", "--model", "llama-3.1-8b", "--batch", "4000"});
  ASSERT_EQ(e.notes.size(), 1u);
  EXPECT_NE(e.notes[0].find("extrapolated"), std::string::npos);
}

TEST(Estimate, AModelOfTheCatalogInOtherBitsHasNoCurve) {
  const auto e = own({"--gpu", "H100", "--model", "llama-3.1-8b", "--bits", "8"});
  EXPECT_EQ(e.method, "by size, H100");
  EXPECT_LT(e.joules, own({"--gpu", "H100", "--params-b", "8"}).joules);
}

TEST(Estimate, ExpertsThatAreToldTakeTheSizesPlace) {
  const std::vector<std::string> mixture = {"--gpu", "H100", "--params-b", "400", "--active-b", "17", "--gpus", "8"};
  const auto with = [&](const std::string& experts, const std::string& active) {
    auto words = mixture;
    words.insert(words.end(), {"--experts", experts, "--active-experts", active});
    return own(words).joules;
  };
  EXPECT_LT(with("128", "1"), 0.9 * own(mixture).joules);
  EXPECT_GT(with("128", "8"), own(mixture).joules);
  // A model of the catalog has its own; other bits leave its curve.
  const std::vector<std::string> known = {"--gpu",  "H100", "--model", "llama-4-maverick-fp8",
                                          "--gpus", "8",    "--bits",  "16"};
  EXPECT_LT(own(known).joules, 0.9 * own(mixture).joules);
  for (const auto& wrong : {std::vector<std::string>{"--params-b", "8", "--experts", "8", "--active-experts", "2"},
                            {"--params-b", "30", "--active-b", "3", "--experts", "8", "--active-experts", "8"}}) {
    auto words = wrong;
    words.insert(words.begin(), {"--gpu", "H100"});
    EXPECT_NE(problem(own_estimate, words).find("--active-experts"), std::string::npos);
  }
}

TEST(Estimate, AnotherGpuIsScaledAndLessSure) {
  const auto h100 = own({"--gpu", "H100", "--params-b", "8"}), a100 = own({"--gpu", "A100", "--params-b", "8"});
  EXPECT_EQ(a100.gpu, "A100-SXM4-80GB");
  EXPECT_GT(a100.sigma, h100.sigma);
  EXPECT_NEAR(a100.joules / h100.joules, 0.91, 0.15);
  EXPECT_EQ(own({"--gpu", "NVIDIA H100", "--params-b", "8"}).joules, h100.joules);
}

TEST(Estimate, AModelThatDoesNotFitIsSaid) {
  const auto e = own({"--gpu", "H100", "--params-b", "70", "--gpus", "1"});
  ASSERT_EQ(e.notes.size(), 1u);
  EXPECT_NE(e.notes[0].find("140 GB"), std::string::npos);
}

TEST(Estimate, SaysWhatToDoWithoutAModelOrWithAnUnknownName) {
  EXPECT_EQ(problem(own_estimate, {"--gpu", "H1000", "--params-b", "8"}),
            "--gpu: unknown GPU \"H1000\"; did you mean \"H100\"?");
  EXPECT_NE(problem(own_estimate, {"--gpu", "H100"}).find("--params-b"), std::string::npos);
  EXPECT_NE(problem(own_estimate, {"--gpu", "H100", "--model", "lama-3.1-8b"}).find("did you mean"), std::string::npos);
  EXPECT_NE(problem(own_estimate, {"--gpu", "H100", "--model", "llama-3.1-8b", "--params-b", "8"}).find("exclude"),
            std::string::npos);
  EXPECT_NE(problem(own_estimate, {"--gpu", "H100", "--params-b", "8", "--active-b", "9"}).find("9 active"),
            std::string::npos);
  EXPECT_NE(problem(own_estimate, {"--gpu", "H100", "--params-b", "8", "--pue", "0.5"}).find("--pue"),
            std::string::npos);
  EXPECT_NE(problem(own_estimate, {"--gpu", "H100", "--model", "llama-3.1-8b", "--context", "-5"}).find("--context"),
            std::string::npos);
}

TEST(Estimate, OfAVendorSaysJoulesGramsAndMoney) {
  const auto j =
      Json::parse(to_json(vendor({"--vendor", "openai", "--model", "gpt-4o-mini", "--in", "1155", "--out", "211"})));
  EXPECT_EQ(j["quality"], "D");
  EXPECT_GT(j["joules"], 0);
  EXPECT_LT(j["low"], j["joules"]);
  EXPECT_GT(j["high"], j["joules"]);
  const double grams = j["joules"].get<double>() / 3.6e6 * j["g_per_kwh"].get<double>();
  EXPECT_NEAR(j["grams_operational"], grams, 1e-6);
  EXPECT_NEAR(j["grams"].get<double>(), grams + j["grams_embodied"].get<double>(), 1e-6);
  EXPECT_GT(j["money"], 0);
  EXPECT_EQ(j["currency"], "EUR");
  EXPECT_EQ(j["size_published"], false);
}

TEST(Estimate, WithoutThePromptTermAVendorIsEcologits) {
  const auto with = vendor({"--vendor", "openai", "--model", "gpt-4o-mini", "--in", "1155", "--out", "211"});
  const auto without =
      vendor({"--vendor", "openai", "--model", "gpt-4o-mini", "--in", "1155", "--out", "211", "--ecologits"});
  EXPECT_NEAR(to_joules(without.energy), 76.937, 0.08) << "mean of both ends, by EcoLogits 0.11.3";
  EXPECT_GT(with.energy, without.energy);
  EXPECT_EQ(with.money, without.money);
  // Both ends of a secret size on other numbers of GPUs: their mean, not the middle's own figure (208 J).
  const auto mini = vendor({"--vendor", "openai", "--model", "gpt-5-mini", "--in", "0", "--out", "211", "--ecologits"});
  EXPECT_NEAR(to_joules(mini.energy), 291.42, 0.3);
}

TEST(Estimate, AVendorsZoneAndPueCanBeGiven) {
  const auto usual = vendor({"--vendor", "openai", "--model", "gpt-4o", "--in", "10", "--out", "100"});
  const auto other =
      vendor({"--vendor", "openai", "--model", "gpt-4o", "--in", "10", "--out", "100", "--zone", "FR", "--pue", "2.4"});
  EXPECT_EQ(other.zone, "FR");
  EXPECT_NEAR(to_joules(other.energy) / to_joules(usual.energy), 2, 1e-3);
  EXPECT_LT(other.operational, usual.operational);
}

TEST(Estimate, SaysWhatAVendorsEstimateLacks) {
  EXPECT_EQ(problem(vendor_figures, {"--vendor", "opena", "--model", "x", "--in", "1", "--out", "1"}),
            "--vendor: unknown vendor \"opena\"; did you mean \"openai\"?");
  EXPECT_NE(problem(vendor_figures, {"--vendor", "openai", "--model", "gpt-4o-mni", "--in", "1", "--out", "1"})
                .find("did you mean \"gpt-4o-mini\"?"),
            std::string::npos);
  EXPECT_NE(problem(vendor_figures, {"--vendor", "openai", "--model", "gpt-4o"}).find("--in N --out N"),
            std::string::npos);
  EXPECT_NE(problem(vendor_figures, {"--vendor", "openai", "--in", "1", "--out", "1"}).find("--model"),
            std::string::npos);
  EXPECT_NE(
      problem(vendor_figures, {"--vendor", "openai", "--model", "gpt-4o", "--in", "1", "--out", "1", "--zone", "XX"})
          .find("--zone"),
      std::string::npos);
}

TEST(Estimate, TheTableNamesBoundaryAndSourceOfEachFactor) {
  const auto text = to_text(own({"--gpu", "H100", "--params-b", "8"}));
  for (const char* word :
       {"GPUs", "host", "PUE", "facility", "90 % range", "docs/estimates.md", "world mean", "quality C"})
    EXPECT_NE(text.find(word), std::string::npos) << word << "\n" << text;
  const auto other = to_text(vendor({"--vendor", "openai", "--model", "gpt-4o", "--in", "1", "--out", "1"}));
  for (const char* word : {"energy", "carbon", "money", "secret", "quality D"})
    EXPECT_NE(other.find(word), std::string::npos) << word << "\n" << other;
}

TEST(Estimate, WrongUsageIsRefusedBeforeAnythingIsComputed) {
  for (const auto& given : std::vector<std::vector<std::string>>{{"estimate"},
                                                                 {"estimate", "--gpu", "H100", "--vendor", "openai"},
                                                                 {"estimate", "--vendor", "openai", "--params-b", "8"},
                                                                 {"estimate", "--gpu", "H100", "--params-b", "-8"},
                                                                 {"estimate", "--gpu", "H100", "--batch", "0"},
                                                                 {"estimate", "--gpu", "H100", "--gpus", "0"},
                                                                 {"estimate", "--gpu", "H100", "--in", "5"},
                                                                 {"estimate", "--gpu", "H100", "--ecologits"}}) {
    const auto p = parse(given);
    EXPECT_FALSE(p.command) << given.size();
    EXPECT_EQ(p.exit_code, kUsage);
  }
}

}  // namespace
}  // namespace trine::cli::estimate_test
