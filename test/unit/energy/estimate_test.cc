#include "energy/estimate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "energy/calibrate.h"
#include "energy/vendor.h"

namespace trine::energy::estimate_test {
namespace {

const ModelSpec kLlama8b{8.03, 8.03, 16};
const GpuSpec kH100{700, 3350, 989, true};
const GpuSpec kA100_40{400, 1555, 312, true};
const GpuSpec kRtx4090{450, 1008, 165, false};

TEST(Curve, of_llama_8b_on_an_h100_reads_as_measured) {
  const Curve curve{0.0665, 3.163};
  EXPECT_NEAR(joules_per_output_token(curve, 64), 0.11592, 1e-5);
  EXPECT_DOUBLE_EQ(joules_per_output_token(curve, 0.2), 0.0665 + 3.163) << "nobody runs less than one request";
}

TEST(Curve, through_two_points_meets_both) {
  const Curve c = curve_through(1, 3.2295, 64, 0.115922);
  EXPECT_NEAR(joules_per_output_token(c, 1), 3.2295, 1e-9);
  EXPECT_NEAR(joules_per_output_token(c, 64), 0.115922, 1e-9);
  const Curve steep = curve_through(1, 100, 64, 1);  // steeper than 1/B: a stays at 0
  EXPECT_EQ(steep.a, 0);
  EXPECT_NEAR(joules_per_output_token(steep, 64), 1, 1e-12);
}

TEST(TokenWeights, default_prefill_is_a_quarter_of_a_token_decoded_at_batch_64) {
  const auto w = TokenWeights::from({0.0665, 3.163});
  EXPECT_NEAR(w.e_in, 0.25 * 0.115922, 1e-6);
  EXPECT_NEAR(w.e_hit, 0.08 * w.e_in, 1e-12);
  const double j = work_joules(w, {1000, 500, 200, 4096}, 64);
  EXPECT_NEAR(j, 1000 * w.e_in + 500 * w.e_hit + 200 * 0.115922 * 1.05, 1e-3);
}

TEST(UnknownGpu, a_decode_step_streams_the_weights_or_computes) {
  EXPECT_NEAR(decode_step_s(kLlama8b, kH100, 1), 16.06 / 3350, 1e-9);
  EXPECT_NEAR(decode_step_s(kLlama8b, kA100_40, 256), 2 * 8.03e9 * 256 / (0.4 * 312e12), 1e-9);
}

TEST(UnknownGpu, weights_scale_to_a_consumer_card) {
  const auto h100 = TokenWeights::from({0.0665, 3.163});
  const auto w = scale_weights(kLlama8b, kH100, h100, kRtx4090);
  ASSERT_TRUE(w);
  // Alone, decoding is bound by memory: ratio of power times ratio of bandwidths.
  const double one = (0.80 * 450) / (0.85 * 700) * 3350 / 1008;
  EXPECT_NEAR(joules_per_output_token(w->curve, 1) / joules_per_output_token(h100.curve, 1), one, 1e-9);
  EXPECT_NEAR(w->e_in / h100.e_in, (0.80 * 450) / (0.85 * 700) * 989 / 165, 1e-9);
  EXPECT_FALSE(scale_weights(kLlama8b, kH100, h100, {0, 1008, 165, false}));
}

// Worked by hand from the published regression: 70e9 active, batch 64, 1000 tokens out.
TEST(Vendor, is_ecologits_when_the_prompt_term_is_off) {
  VendorModel m;
  m.active_b = m.total_b = 70;
  m.prompt_term = false;
  const auto e = vendor_estimate(m, {2000, 0, 1000, 0}, std::nullopt);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->gpus, 4);  // 1.2 * 140 GB in 80 GB cards: 3, next power of two
  const double latency = 1000 * (6.785088e-4 * 70 + 3.11931e-4 * 64 + 0.01947372);
  EXPECT_NEAR(e->latency_s, latency, 1e-9);
  const double gpu_wh = 4 * 1000 * (1.1665273e-6 * 0.4881204 * 70 + 4.0529281e-5);  // exp(-0.011205921 * 64)
  EXPECT_NEAR(to_joules(e->gpu), gpu_wh * 3600, 0.01 * gpu_wh * 3600);
  const double server_j = latency * 1200 * 4 / 8 / 64;
  EXPECT_NEAR(to_joules(e->facility), 1.2 * (server_j + gpu_wh * 3600), 0.01 * to_joules(e->facility));
  const double kg = latency / (64 * 3 * 365 * 86400.0) * (4 / 8.0 * 5700 + 4 * 164);
  EXPECT_NEAR(to_grams(e->embodied), kg * 1000, 0.01 * kg * 1000);
}

TEST(Vendor, prompt_tokens_weigh_in_when_the_term_is_on_and_cached_ones_less) {
  VendorModel m;
  m.active_b = m.total_b = 20;
  const Usage usage{10'000, 0, 100, 0};
  const auto with = vendor_estimate(m, usage, {}), cached = vendor_estimate(m, {10'000, 9'000, 100, 0}, {});
  m.prompt_term = false;
  const auto without = vendor_estimate(m, usage, {});
  EXPECT_NEAR(to_joules(with->gpu) / to_joules(without->gpu), 26, 1e-3);     // (100 + 2500) / 100
  EXPECT_NEAR(to_joules(cached->gpu) / to_joules(without->gpu), 5.3, 1e-3);  // (100 + 250 + 180) / 100
}

TEST(Vendor, generation_took_no_longer_than_the_call) {
  VendorModel m;
  m.active_b = m.total_b = 70;
  const auto e = vendor_estimate(m, {10, 0, 1000, 0}, 2.5);
  EXPECT_EQ(e->latency_s, 2.5);
}

TEST(Vendor, a_published_figure_overrides_and_says_so) {
  VendorModel m;
  m.active_b = m.total_b = 70;
  m.published_joules_per_output_token = 0.9;
  const auto e = vendor_estimate(m, {10, 0, 1000, 0}, {});
  EXPECT_TRUE(e->published);
  EXPECT_EQ(e->facility, joules(900));
  EXPECT_LT(e->gpu, e->facility);
}

TEST(Vendor, refuses_impossible_input) {
  VendorModel m;
  EXPECT_FALSE(vendor_estimate(m, {1, 0, 1, 0}, {})) << "no parameters";
  m.active_b = m.total_b = 7;
  EXPECT_FALSE(vendor_estimate(m, {1, 2, 1, 0}, {})) << "more cached than prompt";
  EXPECT_FALSE(vendor_estimate(m, {-1, 0, 1, 0}, {}));
}

TEST(VendorPrice, bills_cached_reasoning_and_batch_tiers_once) {
  VendorPrice p{euros(0.15), euros(0.075), euros(0.60), std::nullopt, 1};
  EXPECT_EQ(*vendor_cost(p, {1'000'000, 400'000, 100'000, 0}), euros(0.09 + 0.03 + 0.06));
  EXPECT_EQ(*vendor_cost(p, {0, 0, 100'000, 50'000}), euros(0.06)) << "reasoning is output";
  p.reasoning = euros(1.20);
  EXPECT_EQ(*vendor_cost(p, {0, 0, 100'000, 50'000}), euros(0.09));
  p.batch_factor = 0.5;
  EXPECT_EQ(*vendor_cost(p, {0, 0, 100'000, 50'000}), euros(0.045));
  EXPECT_FALSE(vendor_cost(p, {0, 0, 1, 2}));
}

CalibrationRow row_of(double prefill, double decode, double batch, double context) {
  return {prefill, decode, decode / batch, decode * context / kContextUnit, 0};
}

TEST(Calibration, finds_the_weights_that_made_the_windows) {
  Calibrator c;
  for (int i = 0; i < 400; ++i) {
    const double decode = 50 + (i * 104729) % 2000, batch = 1 + (i * 31) % 60;
    auto row = row_of(100 + (i * 7919) % 5000, decode, batch, 200 + (i * 1013) % 6000);
    const double noise = 1 + 0.03 * std::sin(i * 1.7);
    row.active_j = (0.03 * row.prefill + 0.07 * row.decode + 3.2 * row.steps + 0.045 * row.context) * noise;
    c.add(row);
  }
  const auto fit = c.fit(TokenWeights::from({0.1, 1}));
  ASSERT_TRUE(fit);
  EXPECT_GT(fit->r2, 0.99);
  EXPECT_LT(fit->error, 0.03);
  EXPECT_NEAR(fit->weights.e_in, 0.03, 0.003);
  EXPECT_NEAR(fit->weights.curve.a, 0.07, 0.01);
  EXPECT_NEAR(fit->weights.curve.b, 3.2, 0.1);
  EXPECT_NEAR(fit->weights.e_ctx, 0.045, 0.01);
  EXPECT_EQ(fit->weights.c_ctx, 0) << "e_ctx stands in its place";
  EXPECT_NEAR(fit->weights.e_hit, 0.08 * fit->weights.e_in, 1e-9);
}

TEST(Calibration, is_refused_when_it_does_not_explain_the_windows_left_out) {
  Calibrator c;
  for (int i = 0; i < 200; ++i) {
    const double tokens = 100 + (i * 7919) % 500;
    c.add({tokens, tokens, tokens / 8, tokens, double((i * 104729) % 1000)});
  }
  EXPECT_FALSE(c.fit(TokenWeights::from({0.1, 1})));
}

TEST(Calibration, keeps_the_ratios_that_the_load_cannot_tell_apart) {
  // Tokens, steps and context rise and fall together: only their sum shows, twice the catalog's. Prompts vary apart.
  const TokenWeights prior{{0.07, 3.2}, 0.02, 0.0016, 0};
  Calibrator c;
  for (int i = 0; i < 200; ++i) {
    const double load = 1 + 0.2 * std::sin(i * 0.7), noise = 1 + 0.01 * std::sin(i * 1.9);
    auto row = row_of(5000 + 2000 * std::sin(i * 2.3), 1000 * load, 20, 1000);
    row.active_j = (0.03 * row.prefill + 2 * (0.07 * row.decode + 3.2 * row.steps + 0.096 * row.context)) * noise;
    c.add(row);
  }
  const auto fit = c.fit(prior);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->weights.e_in, 0.03, 0.001);
  EXPECT_NEAR(fit->weights.curve.a, 0.14, 0.014);
  EXPECT_NEAR(fit->weights.curve.b, 6.4, 0.64);
}

TEST(Calibration, is_refused_where_the_weights_in_use_tell_the_windows_better) {
  // In the rows that are fitted, long prompts came with work that we do not know of; not so in those left out.
  const TokenWeights prior{{0.07, 3.2}, 0.02, 0.0016, 0, 0.096};
  Calibrator c;
  for (int i = 1; i <= 200; ++i) {
    auto row = row_of(3000 + (i * 7919) % 3000, 500 + (i * 104729) % 1500, 1 + (i * 31) % 60, 1000);
    row.active_j = 0.02 * row.prefill + 0.07 * row.decode + 3.2 * row.steps + 0.096 * row.context;
    if (i % 5 != 0) row.active_j += 0.01 * (row.prefill - 4500);
    c.add(row);
  }
  EXPECT_FALSE(c.fit(prior));
}

TEST(Calibration, needs_enough_windows_and_ignores_broken_ones) {
  Calibrator c;
  for (int i = 0; i < 200; ++i) c.add({1, std::nan(""), 1, 1, 1}), c.add({-1, 1, 1, 1, 1});
  EXPECT_EQ(c.rows(), 0u);
  for (int i = 0; i < 20; ++i) c.add({double(i), double(i * i % 17), 1, 1, double(i)});
  EXPECT_FALSE(c.fit(TokenWeights::from({0.1, 1})));
}

TEST(Calibration, a_weight_is_never_negative) {
  // y = x0 - x1: the best non-negative answer leaves x1 out.
  const auto x = nnls({{{2, 1, 0, 0}, {1, 2, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}}, {1, -1, 0, 0});
  EXPECT_NEAR(x[0], 0.5, 1e-12);
  EXPECT_EQ(x[1], 0);
  EXPECT_EQ(x[2], 0);
}

}  // namespace
}  // namespace trine::energy::estimate_test
