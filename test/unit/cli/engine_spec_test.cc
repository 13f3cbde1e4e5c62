#include "cli/engine_spec.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "catalog/load.h"

namespace trine::cli::engine_spec_test {
namespace {

const catalog::Catalog& built_in() {
  static const auto catalog = catalog::load().value();
  return *catalog;
}

std::string problem(const std::string& model, const std::string& gpu, int gpus = 1) {
  const auto s = engine_spec(built_in(), model, gpu, gpus);
  return s ? "no problem" : s.error().message;
}

TEST(EngineSpec, AFullEngineDrawsWhatTheCurveSays) {
  const auto s = engine_spec(built_in(), "gpt-oss-20b", "H100-SXM5-80GB", 1);
  ASSERT_TRUE(s) << s.error().message;
  const auto* c = built_in().find_curve("gpt-oss-20b", "H100-SXM5-80GB");
  // A step of B sequences, idle draw put back in: the published joules per token times B.
  for (const double b : {8.0, 64.0, 128.0}) {
    const double step_s = seconds(s->step_base) + b * seconds(s->step_per_sequence);
    const double joules_of_step = to_joules(s->curve.b) + b * to_joules(s->curve.a) + s->idle.w * step_s;
    EXPECT_NEAR(joules_of_step / b, c->joules_per_output_token(b), 1e-3 * c->joules_per_output_token(b)) << b;
    EXPECT_NEAR(step_s, c->step_seconds(b), 1e-6);
  }
}

TEST(EngineSpec, AnAliasIsServedUnderTheNameThatWasAskedFor) {
  const auto s = engine_spec(built_in(), "openai/gpt-oss-20b", "A100", 1);
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->model, "openai/gpt-oss-20b");
  EXPECT_NE(std::find(s->aliases.begin(), s->aliases.end(), "gpt-oss-20b"), s->aliases.end());
  EXPECT_EQ(std::find(s->aliases.begin(), s->aliases.end(), s->model), s->aliases.end());
}

TEST(EngineSpec, ContextAndCacheAreWhatTheMemoryHolds) {
  const auto small = engine_spec(built_in(), "llama-3.1-8b", "RTX-4090", 1);
  const auto large = engine_spec(built_in(), "llama-3.1-8b", "H100-SXM5-80GB", 1);
  ASSERT_TRUE(small && large);
  // 24 GB at 90 % less 16.06 GB of weights, 131072 bytes a token.
  EXPECT_NEAR(static_cast<double>(small->kv_tokens), (0.9 * 24 - 16.06) * 1e9 / 131072, 2);
  EXPECT_EQ(small->context_length, small->kv_tokens) << "the model could take more than fits";
  EXPECT_EQ(large->context_length, 131072);
}

TEST(EngineSpec, SeveralCardsAreOneEngine) {
  const auto s = engine_spec(built_in(), "llama-3.1-70b", "H100-SXM5-80GB", 4);
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->gpu, "H100-SXM5-80GB x4");
  EXPECT_NEAR(s->idle.w, 4 * built_in().find_gpu("H100-SXM5-80GB")->idle.w, 1e-6);
}

TEST(EngineSpec, EveryCurveOfTheCatalogMakesAnEngineOrSaysWhyNot) {
  size_t engines = 0;
  for (const auto& c : built_in().tables().curves) {
    const auto s = engine_spec(built_in(), c.model, c.gpu, c.gpus);
    engines += s ? 1 : 0;
    EXPECT_TRUE(s || s.error().code == Code::failed_precondition) << c.model << " on " << c.gpu;
  }
  EXPECT_GT(engines, built_in().tables().curves.size() * 9 / 10);
}

TEST(EngineSpec, UnknownNamesComeWithTheNearestOnes) {
  EXPECT_EQ(problem("gpt-oss-20", "H100"), "--model: unknown model \"gpt-oss-20\"; did you mean \"gpt-oss-20b\"?");
  EXPECT_EQ(problem("gpt-oss-20b", "RTX-409").find("--gpu: unknown GPU \"RTX-409\""), 0u);
}

TEST(EngineSpec, WithoutACurveItNamesTheGpusThatHaveOne) {
  const auto text = problem("llama-3.1-70b", "H100");
  EXPECT_EQ(text.find("There is no energy curve for llama-3.1-70b on H100-SXM5-80GB x1"), 0u) << text;
  EXPECT_NE(text.find("H100-SXM5-80GB x4"), std::string::npos) << text;
}

}  // namespace
}  // namespace trine::cli::engine_spec_test
