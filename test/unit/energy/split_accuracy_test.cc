// The split of a device's energy among its requests, against an engine that books every joule itself (test/split).
// The whole experiment is ./dev bench split; this is a part of it that is quick.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "split/replay.h"
#include "split/trace.h"

namespace trine::split::split_accuracy_test {
namespace {

// A model that the catalog does not know (docs/accounting.md §4b: 8e9 parameters on an H100): three times too dear in
// a full batch, half too cheap in a step, and so wrong in proportion.
const energy::TokenWeights kCatalog = energy::TokenWeights::from({0.146, 1.35});
constexpr double kLead = 60;  // the model is loaded, nobody calls

struct Scene {
  std::vector<Arrival> arrivals;
  Truth truth;
  std::vector<Note> notes;
  double half_s = 0;

  Scene(std::vector<Arrival> trace, double load, const Gateway& gateway = {}) {
    const EngineSpec engine;
    const double most = capacity(engine, trace);
    arrivals = at_rate(std::move(trace), load * most, kLead);
    truth = serve(engine, arrivals, 3);
    notes = notes_of(arrivals, truth, gateway);
    half_s = arrivals[arrivals.size() / 2].at_s;
  }
  Replayed replayed(double window_s, bool calibrated = true) const {
    Product product;
    product.weights = kCatalog;
    if (calibrated) product.calibrate_after = half_s;
    return replay(arrivals, truth, notes, Meter{.every_s = window_s}, product);
  }
  Deviations errors(double window_s, bool calibrated = true) const {
    return judge(arrivals, truth, replayed(window_s, calibrated), half_s);
  }
};

void expect_bound(const Scene& scene) {
  const Deviations e = scene.errors(1);
  EXPECT_GT(e.requests, 2000u);
  EXPECT_LT(e.product.median, 0.15);
  EXPECT_LT(e.product.factor, e.by_output.factor);
  EXPECT_LT(e.product.factor, e.by_total.factor);
  EXPECT_LT(e.product.p90, e.by_output.p90);
  EXPECT_LT(e.product.p90, e.by_total.p90);
}

class SplitAtLoad : public ::testing::TestWithParam<double> {};

TEST_P(SplitAtLoad, of_a_synthetic_mix_is_within_15_percent_and_beats_both_splits_by_tokens) {
  expect_bound(Scene(synthetic(5000, 5), GetParam()));
}

TEST_P(SplitAtLoad, of_the_azure_traces_is_within_15_percent_and_beats_both_splits_by_tokens) {
  const std::filesystem::path folder = TRINE_SOURCE_DIR "/../shared/data/traces";
  auto code = azure_trace(folder / "azure_llm_2023_code.csv"), conv = azure_trace(folder / "azure_llm_2023_conv.csv");
  if (code.empty() || conv.empty()) GTEST_SKIP() << "The Azure traces are not beside this checkout.";
  auto both = merged(code, conv);
  both.resize(5000);
  expect_bound(Scene(std::move(both), GetParam()));
}

INSTANTIATE_TEST_SUITE_P(low_medium_high, SplitAtLoad, ::testing::Values(0.2, 0.5, 0.85),
                         [](const auto& load) { return "load_" + std::to_string(std::lround(100 * load.param)); });

TEST(Split, in_longer_windows_still_beats_both_splits_by_tokens) {
  const Scene scene(synthetic(3000, 6), 0.5);
  for (const double window_s : {5.0, 15.0, 30.0}) {
    const Deviations e = scene.errors(window_s);
    EXPECT_LT(e.product.factor, e.by_output.factor) << window_s;
    EXPECT_LT(e.product.factor, e.by_total.factor) << window_s;
  }
}

TEST(Split, with_weights_fitted_to_windows_is_better_than_with_a_wrong_catalogs) {
  const Scene scene(synthetic(3000, 7), 0.2);
  EXPECT_TRUE(scene.replayed(1).fit);
  EXPECT_LT(scene.errors(1).product.median, 0.6 * scene.errors(1, false).product.median);
}

TEST(Split, of_half_the_answers_not_streamed_still_beats_both_splits_by_tokens) {
  const Scene scene(synthetic(3000, 8), 0.5, Gateway{.streamed = 0.5});
  const Deviations e = scene.errors(5);
  EXPECT_LT(e.product.factor, e.by_output.factor);
  EXPECT_LT(e.product.factor, e.by_total.factor);
}

TEST(Split, gives_away_what_the_meter_showed_to_the_microjoule) {
  const Scene scene(synthetic(600, 9), 0.5);
  for (const double window_s : {1.0, 15.0}) {
    const Replayed r = scene.replayed(window_s);
    EXPECT_GT(r.metered, Energy());
    EXPECT_EQ(r.metered, r.shared) << window_s;
  }
}

// The truth itself.

TEST(SplitTruth, a_requests_joules_and_idle_add_up_to_the_device) {
  const EngineSpec engine;
  const auto arrivals = at_rate(synthetic(300, 1), 4, 10);
  Truth truth = serve(engine, arrivals, 1);
  double joules = engine.idle_w * truth.end_s;
  for (const Served& s : truth.served) joules += s.joules;
  EXPECT_NEAR(truth.line.at(truth.end_s), joules, 1e-6 * joules);
  for (size_t i = 0; i < arrivals.size(); ++i)
    EXPECT_EQ(truth.served[i].tokens_s.size(), static_cast<size_t>(arrivals[i].output));
}

TEST(SplitTruth, a_lone_request_costs_what_its_steps_cost) {
  EngineSpec engine;
  engine.jitter = 0;
  const Truth truth = serve(engine, {{1, 100, 0, 3}}, 1);
  const double step = engine.step_j + engine.busy_w * engine.step_s;
  const double prompt =
      100 * (1 + 50 / engine.prefill_doubles_at) * (engine.prefill_j + engine.busy_w * engine.prefill_s);
  const double token = engine.decode_j + engine.busy_w * engine.decode_s;
  const double context = engine.context_j + engine.busy_w * engine.context_s;
  EXPECT_NEAR(truth.served[0].joules, 3 * step + prompt + 2 * token + (101 + 102) * context, 1e-9);
  EXPECT_EQ(truth.steps, 3u) << "the step that ends the prompt makes the first token";
}

TEST(SplitTruth, equals_that_run_together_pay_the_same_and_less_than_alone) {
  EngineSpec engine;
  engine.jitter = 0;
  const Truth alone = serve(engine, {{0, 500, 0, 50}}, 1), two = serve(engine, {{0, 500, 0, 50}, {0, 500, 0, 50}}, 1);
  EXPECT_NEAR(two.served[0].joules, two.served[1].joules, 1e-9);
  EXPECT_LT(two.served[0].joules, alone.served[0].joules);
}

TEST(SplitTruth, a_long_prompt_is_cut_into_chunks_that_others_decode_beside) {
  EngineSpec engine;
  engine.jitter = 0;
  engine.max_batched_tokens = 512;
  const Truth truth = serve(engine, {{0, 10, 0, 100}, {0.05, 5000, 0, 1}}, 1);
  const double first = truth.served[1].tokens_s.front();
  const auto& other = truth.served[0].tokens_s;
  EXPECT_GE(std::count_if(other.begin(), other.end(), [&](double t) { return t > 0.06 && t < first; }), 8);
}

}  // namespace
}  // namespace trine::split::split_accuracy_test
