#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "catalog/load.h"

namespace trine::catalog::catalog_test {
namespace {

const Catalog& shipped() {
  static const auto catalog = [] {
    auto loaded = load();
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    return loaded ? *loaded : std::make_shared<const Catalog>(Tables{});
  }();
  return *catalog;
}

TEST(ShippedCatalog, LoadsWithoutAFolderAndWithoutAComplaint) {
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ((*loaded)->tables().gpus.size(), 16u);
  EXPECT_GE((*loaded)->tables().zones.size(), 350u);
}

TEST(ShippedCatalog, HasTheZonesOfTheArticleWithFranceFarCleanerThanGermany) {
  const auto* fr = shipped().find_zone("FR");
  const auto* de = shipped().find_zone("DE");
  ASSERT_TRUE(fr && de);
  for (int year = 2021; year <= 2025; ++year) {
    EXPECT_GT(fr->lifecycle_in(year).g_per_kwh, 0);
    EXPECT_LT(fr->lifecycle_in(year).g_per_kwh, 0.2 * de->lifecycle_in(year).g_per_kwh) << year;
  }
}

TEST(ShippedCatalog, FindsTheModelsThatUsersMoveToByTheirOtherNames) {
  for (const auto& [name, id] :
       std::vector<std::pair<std::string, std::string>>{{"gpt-oss-20b", "gpt-oss-20b"},
                                                        {"openai/gpt-oss-20b", "gpt-oss-20b"},
                                                        {"gpt-oss:20b", "gpt-oss-20b"},
                                                        {"OpenAI/GPT-OSS-120B", "gpt-oss-120b"},
                                                        {"google/gemma-7b", "gemma-7b"},
                                                        {"meta-llama/Meta-Llama-3-8B-Instruct", "llama-3-8b"},
                                                        {"meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"},
                                                        {"llama3.1:8b-instruct-q4_K_M", "llama-3.1-8b"}}) {
    const auto* model = shipped().find_model(name);
    ASSERT_TRUE(model) << name;
    EXPECT_EQ(model->id, id);
  }
  EXPECT_EQ(shipped().find_model("no-such-model"), nullptr);
  EXPECT_EQ(shipped().find_model("no:such-model"), nullptr);
}

TEST(ShippedCatalog, QuotesTheCurvesOfTheAccountingPage) {
  const auto* llama = shipped().find_curve("llama-3.1-8b", "H100");
  ASSERT_TRUE(llama);
  EXPECT_NEAR(llama->a_joules, 0.0665, 5e-5);
  EXPECT_NEAR(llama->b_joules, 3.163, 1e-3);
  EXPECT_EQ(llama->method, Method::measured);
  EXPECT_EQ(llama->rows, 11);
  const auto* oss = shipped().find_curve("openai/gpt-oss-20b", "H100-SXM5-80GB");
  ASSERT_TRUE(oss);
  EXPECT_NEAR(oss->a_joules, 0.0453, 5e-5);
  EXPECT_NEAR(oss->b_joules, 3.058, 1e-3);
}

TEST(ShippedCatalog, AnUnmeasuredCardHasADerivedCurveThatSaysSo) {
  for (const auto* model : {"gpt-oss-20b", "gemma-7b", "llama-3-8b"}) {
    for (const auto* gpu : {"RTX-4090", "A100-SXM4-80GB"}) {
      const auto* curve = shipped().find_curve(model, gpu);
      ASSERT_TRUE(curve) << model << " on " << gpu;
      EXPECT_EQ(curve->method, Method::derived);
      EXPECT_FALSE(curve->derived_from.empty());
      EXPECT_GT(curve->idle.w, 10);
    }
    const auto* small = shipped().find_curve(model, "RTX-4090");
    const auto* large = shipped().find_curve(model, "A100");
    // "up to 1.7-2.5x the GPU energy per token of an A100" (docs/accounting.md §8), at a batch that both hold
    const double batch = std::min({small->max_batch, large->max_batch, 32.0});
    const double ratio = small->joules_per_output_token(batch) / large->joules_per_output_token(batch);
    EXPECT_GT(ratio, 1.2) << model;
    EXPECT_LT(ratio, 2.6) << model;
  }
}

TEST(ShippedCatalog, GivesTheCurveOfTheFewestCardsWhereTheNumberIsLeftOpen) {
  EXPECT_EQ(shipped().find_curve("qwen3-32b", "H100"), nullptr);  // measured on two cards
  const auto* any = shipped().find_curve("qwen3-32b", "H100", 0);
  ASSERT_TRUE(any);
  EXPECT_EQ(any->gpus, 2);
  EXPECT_DOUBLE_EQ(any->idle.w, 2 * shipped().find_gpu("H100")->idle.w);
}

TEST(ShippedCatalog, EveryCurveStaysUnderThePowerLimitOfItsCards) {
  for (const auto& c : shipped().tables().curves) {
    const auto* gpu = shipped().find_gpu(c.gpu);
    ASSERT_TRUE(gpu);
    for (const double batch : {c.min_batch, std::sqrt(c.min_batch * c.max_batch), c.max_batch}) {
      const double watts = c.joules_per_output_token(batch) * c.output_tokens_per_second(batch);
      EXPECT_LT(watts, 1.2 * gpu->tdp.w * c.gpus) << c.model << " on " << c.gpu << " at " << batch;
      EXPECT_GT(watts, 0.15 * gpu->tdp.w * c.gpus) << c.model << " on " << c.gpu << " at " << batch;
    }
  }
}

TEST(ShippedCatalog, KnowsNvmlNamesOfCards) {
  ASSERT_TRUE(shipped().find_gpu("NVIDIA GeForce RTX 4090"));
  EXPECT_EQ(shipped().find_gpu("NVIDIA GeForce RTX 4090")->id, "RTX-4090");
  EXPECT_EQ(shipped().find_gpu("nvidia a100-sxm4-80gb")->id, "A100-SXM4-80GB");
  EXPECT_FALSE(shipped().find_gpu("RTX-4090")->hbm());
}

TEST(ShippedCatalog, ResolvesVendorModelsWithAndWithoutADate) {
  const auto* mini = shipped().find_vendor_price("openai", "gpt-4o-mini");
  ASSERT_TRUE(mini);
  EXPECT_EQ(mini->input.amount, euros(0.15));
  EXPECT_EQ(mini->input.currency, "USD");
  EXPECT_EQ(mini->output->amount, euros(0.60));
  EXPECT_EQ(shipped().find_vendor_price("openai", "gpt-4o-mini-2024-07-18"), mini);
  EXPECT_EQ(shipped().find_vendor_price("anthropic", "claude-3-haiku")->model, "claude-3-haiku-20240307");
  ASSERT_TRUE(mini->batch_input && mini->batch_output);
  EXPECT_EQ(mini->batch_input->amount, euros(0.075));
  EXPECT_EQ(mini->batch_output->amount, euros(0.3));
  EXPECT_EQ(shipped().find_vendor_price("mistral", "gpt-4o-mini"), nullptr);
  const auto* sonnet = shipped().find_vendor_model("anthropic", "claude-sonnet-4-5");
  ASSERT_TRUE(sonnet);
  EXPECT_FALSE(sonnet->released);
  EXPECT_LT(sonnet->active_b.low, sonnet->active_b.high);
}

TEST(ShippedCatalog, HasNoAbsurdPrice) {
  EXPECT_EQ(shipped().find_vendor("wandb"), nullptr);
  for (const auto& p : shipped().tables().prices) {
    EXPECT_GT(p.input.amount, Money{}) << p.model;
    EXPECT_LE(to_euros(p.input.amount), kAbsurdPerMtok) << p.model;
  }
}

TEST(ShippedCatalog, PlacesTheRegionsOfSixProviders) {
  for (const auto& [id, zone] : std::vector<std::pair<std::string, std::string>>{{"aws-eu-central-1", "DE"},
                                                                                 {"gcp-europe-west9", "FR"},
                                                                                 {"azure-francecentral", "FR"},
                                                                                 {"ovh-gra", "FR"},
                                                                                 {"scaleway-fr-par", "FR"},
                                                                                 {"hetzner-hel1", "FI"}}) {
    const auto* region = shipped().find_region(id);
    ASSERT_TRUE(region) << id;
    EXPECT_EQ(region->zone, zone);
  }
  EXPECT_DOUBLE_EQ(shipped().pue_of(*shipped().find_region("aws-eu-central-1")).pue, 1.35);
  const auto unknown = shipped().pue_of(*shipped().find_region("hetzner-fsn1"));
  EXPECT_FALSE(unknown.published);
  EXPECT_DOUBLE_EQ(unknown.pue, 1.56);
}

TEST(ShippedCatalog, ConvertsBothWaysAndRefusesWhatItDoesNotKnow) {
  const auto euro = shipped().convert({euros(10), "USD"}, "EUR");
  ASSERT_TRUE(euro);
  EXPECT_NEAR(to_euros(*euro), 9.239, 1e-9);
  EXPECT_NEAR(to_euros(*shipped().convert({*euro, "EUR"}, "USD")), 10, 1e-8);
  EXPECT_EQ(*shipped().convert({euros(3), "CHF"}, "CHF"), euros(3));
  EXPECT_EQ(shipped().convert({euros(3), "CHF"}, "EUR").error().code, Code::not_found);
}

TEST(ShippedCatalog, TakesTheExchangeRateOfTheConfiguration) {
  const auto c = load({.folder = "", .euro_rates = {{"USD", 0.5}, {"CHF", 1.1}}});
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(*(*c)->convert({euros(10), "USD"}, "EUR"), euros(5));
  EXPECT_EQ(*(*c)->convert({euros(10), "CHF"}, "EUR"), euros(11));
  EXPECT_FALSE(load({.folder = "", .euro_rates = {{"USD", 0}}}));
}

TEST(ShippedCatalog, PutsConsumerCardsIntoAWorkstation) {
  EXPECT_EQ(shipped().server_of(*shipped().find_gpu("RTX-4090")).id, "workstation-1gpu");
  const auto& server = shipped().server_of(*shipped().find_gpu("H100"));
  EXPECT_DOUBLE_EQ(server.host.w / server.gpus, 150);  // docs/accounting.md §2.6
}

TEST(ShippedCatalog, SuggestsTheNearestName) {
  EXPECT_EQ(shipped().unknown(Kind::gpu, "RTX-409"), "unknown GPU \"RTX-409\"; did you mean \"RTX-4090\"?");
  EXPECT_EQ(shipped().unknown(Kind::gpu, "abacus and beads"), "unknown GPU \"abacus and beads\".");
}

TEST(Zone, FallsBackToTheNearestKnownYear) {
  Zone z;
  z.lifecycle = {{2021, Intensity{60}}, {2023, Intensity{49}}};
  EXPECT_DOUBLE_EQ(z.lifecycle_in(2019).g_per_kwh, 60);
  EXPECT_DOUBLE_EQ(z.lifecycle_in(2022).g_per_kwh, 60);
  EXPECT_DOUBLE_EQ(z.lifecycle_in(2026).g_per_kwh, 49);
}

}  // namespace
}  // namespace trine::catalog::catalog_test
