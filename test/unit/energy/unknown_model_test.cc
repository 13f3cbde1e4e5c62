// Estimates where nothing was measured, against what was: docs/accounting.md §4b, §4c. How well the form does on models
// that it has not seen is bench/estimate's matter (docs/estimates.md); here, that the program says what was fitted.
#include "energy/unknown_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "energy/uncertainty.h"

namespace trine::energy::unknown_model_test {
namespace {

const std::string kEnergyData = TRINE_SOURCE_DIR "/../shared/data/energy/";

// Rows of a CSV file without quotes, by column; empty where the file is not there.
std::vector<std::map<std::string, std::string>> rows_of(const std::string& name) {
  std::ifstream file(kEnergyData + name);
  std::vector<std::map<std::string, std::string>> rows;
  std::vector<std::string> titles;
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    std::vector<std::string> values;
    for (std::string cell; std::getline(cells, cell, ',');) values.push_back(cell);
    if (titles.empty()) {
      titles = values;
      continue;
    }
    auto& row = rows.emplace_back();
    for (size_t i = 0; i < std::min(titles.size(), values.size()); ++i) row[titles[i]] = values[i];
  }
  return rows;
}

double number(const std::map<std::string, std::string>& row, const std::string& column) {
  return std::stod(row.at(column));
}

double median(std::vector<double> values) {
  EXPECT_FALSE(values.empty());
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

TEST(UnknownModel, is_the_energy_of_reading_weights_where_little_runs) {
  // 16 GB at 0.18 J each and 32 layers' kernels, for one token.
  const auto one = unknown_model_on_h100({8, 8, 16}, 1, 1);
  ASSERT_TRUE(one);
  EXPECT_NEAR(one->joules_per_output_token, 16 * 0.18 + 0.85, 0.2);
  // A request that runs alone uses the active parameters of a mixture and no others.
  const auto mixture = unknown_model_on_h100({3, 30, 16}, 1, 1);
  EXPECT_LT(mixture->joules_per_output_token, one->joules_per_output_token);
}

TEST(UnknownModel, a_mixture_of_experts_reads_most_of_them_for_a_large_batch) {
  // Per step, less what tokens cost one by one: from 3e9 parameters to nearly 30e9.
  const auto step = [](double batch) {
    const double each = unknown_model_on_h100({3, 30, 16}, 1, 1e6)->joules_per_output_token;
    return (unknown_model_on_h100({3, 30, 16}, 1, batch)->joules_per_output_token - each) * batch;
  };
  EXPECT_GT(step(256), 4 * step(1));
  EXPECT_LT(step(256), 12 * step(1));
}

TEST(UnknownModel, the_number_of_experts_tells_more_than_the_size) {
  const ModelSpec model{17, 400, 8};  // as large as Llama 4 Maverick: 1.27 J measured at batch 32, 0.95 at 64
  const auto joules = [&](double batch, double share) {
    return unknown_model_on_h100(model, 8, batch, {.expert_share = share})->joules_per_output_token;
  };
  EXPECT_LT(joules(32, 1.0 / 128), 0.75 * joules(32, 0)) << "one of 128 reads less than the size says";
  EXPECT_NEAR(joules(32, 1.0 / 128), 1.27, 0.4 * 1.27);
  EXPECT_NEAR(joules(64, 1.0 / 128), 0.95, 0.4 * 0.95);
  EXPECT_DOUBLE_EQ(joules(32, 0.60 * 17 / 400), joules(32, 0)) << "what the size says";
  // More experts per token, more to read; never less than a share of nearly none, never more than all.
  EXPECT_GT(joules(32, 2.0 / 128), joules(32, 1.0 / 128));
  EXPECT_LT(joules(1e6, 1.0 / 128), joules(32, 1.0 / 128));
}

TEST(UnknownModel, a_longer_context_and_a_longer_prompt_cost_what_they_weigh) {
  const auto chat = unknown_model_on_h100({8, 8, 16}, 1, 64);
  const auto reasoning = unknown_model_on_h100({8, 8, 16}, 1, 64, {.context = 4600});
  // 4000 tokens more of 0.147 MB each, 0.18 J per GB: 0.11 J, measured on Qwen 3 8B (reasoning against chat) 0.147 J.
  const auto by_bytes = unknown_model_on_h100({8, 8, 16}, 1, 64, {.context = 4600, .kv_bytes_per_token = 147'456});
  EXPECT_GT(reasoning->joules_per_output_token, 1.8 * chat->joules_per_output_token);
  EXPECT_NEAR(by_bytes->joules_per_output_token - chat->joules_per_output_token, 0.11, 0.02);
  const auto documents = unknown_model_on_h100({8, 8, 16}, 1, 64, {.prompt_per_output = 5.2});
  EXPECT_NEAR(documents->joules_per_output_token - chat->joules_per_output_token, 5 * 8 * 0.002642, 1e-9);
}

TEST(UnknownModel, is_less_sure_where_nothing_near_was_measured) {
  const double usual = unknown_model_on_h100({8, 8, 16}, 1, 64)->sigma;
  EXPECT_GT(unknown_model_on_h100({8, 8, 4}, 1, 64)->sigma, usual) << "dense in 4 bits";
  EXPECT_GT(unknown_model_on_h100({8, 8, 16}, 16, 64)->sigma, usual) << "16 GPUs";
  EXPECT_GT(unknown_model_on_h100({8, 8, 16}, 1, 2)->sigma, usual) << "batch 2";
  EXPECT_GT(unknown_model_on_h100({1, 1, 16}, 1, 64)->sigma, usual) << "a small model";
  EXPECT_GT(unknown_model_on_h100({1000, 1000, 8}, 8, 64)->sigma, usual) << "a huge model";
  EXPECT_GT(unknown_model_on_h100({22, 235, 8}, 8, 64)->sigma, 2 * usual) << "experts in 8 bits";
  EXPECT_EQ(unknown_model_on_h100({22, 235, 16}, 8, 64)->sigma, usual);
}

TEST(UnknownModel, refuses_what_is_no_model_and_says_what_one_is) {
  const double nan = std::nan("");
  EXPECT_FALSE(unknown_model_on_h100({0, 8, 16}, 1, 64));
  EXPECT_FALSE(unknown_model_on_h100({9, 8, 16}, 1, 64)) << "more active than all parameters";
  EXPECT_FALSE(unknown_model_on_h100({8, 1e9, 16}, 1, 64));
  EXPECT_FALSE(unknown_model_on_h100({nan, 8, 16}, 1, 64));
  EXPECT_FALSE(unknown_model_on_h100({8, 8, 0}, 1, 64));
  EXPECT_FALSE(unknown_model_on_h100({8, 8, 16}, 0, 64));
  EXPECT_FALSE(unknown_model_on_h100({8, 8, 16}, 1, nan));
  EXPECT_FALSE(unknown_model_on_h100({8, 8, 16}, 1, 64, {.context = -1}));
  EXPECT_FALSE(unknown_model_on_h100({8, 8, 16}, 1, 64, {.prompt_per_output = nan}));
  EXPECT_FALSE(unknown_model_on_h100({8, 8, 16}, 1, 64, {.kv_bytes_per_token = 1e12}));
  EXPECT_FALSE(unknown_model_on_h100({3, 30, 16}, 1, 64, {.expert_share = 1}));
  EXPECT_FALSE(unknown_model_on_h100({3, 30, 16}, 1, 64, {.expert_share = nan}));
  EXPECT_NE(unknown_model_on_h100({9, 8, 16}, 1, 64).error().message.find("9 active, 8 in total"), std::string::npos);
}

// The rows that the form was fitted on (mixtures in 8 bits apart): it must reproduce them about as well as
// bench/estimate says.
TEST(UnknownModel, is_near_the_measured_rows) {
  const auto rows = rows_of("mlenergy_v3_h100_b200_llm.csv");
  if (rows.empty()) GTEST_SKIP() << "The measured rows (../shared/data/energy) are not beside this checkout.";
  const std::map<std::string, double> bits = {{"bfloat16", 16}, {"fp8", 8}, {"mxfp4", 4}};
  std::vector<double> errors, eight_bit_mixtures;
  size_t inside = 0, all = 0;
  for (const auto& r : rows) {
    if (r.at("gpu_model") != "H100") continue;
    const ModelSpec model{number(r, "active_params_b"), number(r, "total_params_b"), bits.at(r.at("weight_precision"))};
    const auto e = unknown_model_on_h100(model, std::stoi(r.at("num_gpus")), number(r, "max_num_seqs"));
    ASSERT_TRUE(e);
    const double measured = number(r, "energy_per_token_j");
    const Range range = range90(e->joules_per_output_token, e->sigma);
    inside += range.low <= measured && measured <= range.high;
    ++all;
    const double error = std::abs(e->joules_per_output_token / measured - 1);
    (model.active_b < model.total_b && model.bits == 8 ? eight_bit_mixtures : errors).push_back(error);
  }
  ASSERT_EQ(all, 175u);
  double sum = 0;
  for (const double e : errors) sum += e;
  EXPECT_LT(sum / static_cast<double>(errors.size()), 0.16);
  EXPECT_LT(median(errors), 0.12);
  EXPECT_LT(median(eight_bit_mixtures), 0.45);
  const double share = static_cast<double>(inside) / static_cast<double>(all);
  EXPECT_GT(share, 0.85);
  EXPECT_LT(share, 0.95);
}

const GpuSpec kH100{700, 3350, 989, true}, kA100_40{400, 1555, 312, true}, kA100_80{400, 2039, 312, true};

// Joules of a measured model, by batch limit.
std::map<double, double> llama_8b(const std::string& gpu) {
  std::map<double, double> joules;
  for (const auto& r : rows_of("mlenergy_v2_a100_h100_llm.csv")) {
    if (r.at("model") == "meta-llama/Meta-Llama-3.1-8B-Instruct" && r.at("gpu") == gpu)
      joules[number(r, "max_bs")] = number(r, "energy_per_output_token_j");
  }
  return joules;
}

TEST(UnknownGpu, an_a100_from_an_h100_is_within_15_percent_of_its_measured_median) {
  const auto h100 = rows_of("mlenergy_v3_h100_b200_llm.csv");
  if (h100.empty()) GTEST_SKIP() << "The measured rows (../shared/data/energy) are not beside this checkout.";
  const auto a100 = llama_8b("A100-SXM4-40GB");
  std::vector<double> ratios;
  for (const auto& r : h100) {
    if (r.at("model_id") != "meta-llama/Llama-3.1-8B-Instruct" || r.at("gpu_model") != "H100") continue;
    const double batch = number(r, "max_num_seqs");
    const auto measured = a100.find(batch);
    if (measured == a100.end()) continue;
    const auto e = unknown_gpu({8.03, 8.03, 16}, kH100, number(r, "output_tput_tok_s"), kA100_40, batch);
    ASSERT_TRUE(e);
    ratios.push_back(e->joules_per_output_token / measured->second);
  }
  ASSERT_GE(ratios.size(), 4u);
  EXPECT_NEAR(median(ratios), 1, 0.15);
}

// At equal batch an A100 needs 0.91 times the joules of an H100 (median of the single-card rows of one engine): the
// card that is twice as fast draws twice the power. From an H100's curve, §4c says the same of an A100 with 80 GB.
TEST(UnknownGpu, an_a100_needs_a_little_less_than_an_h100_at_equal_batch) {
  const auto rows = rows_of("mlenergy_v2_a100_h100_llm.csv");
  if (rows.empty()) GTEST_SKIP() << "The measured rows (../shared/data/energy) are not beside this checkout.";
  std::map<std::string, double> h100;
  const auto key = [](const auto& r) { return r.at("model") + '/' + r.at("task") + '/' + r.at("max_bs"); };
  for (const auto& r : rows) {
    if (r.at("gpu") == "H100 80GB HBM3" && r.at("tp") == "1") h100[key(r)] = number(r, "energy_per_output_token_j");
  }
  std::vector<double> measured;
  for (const auto& r : rows) {
    const auto same = h100.find(key(r));
    if (r.at("gpu") == "A100-SXM4-40GB" && r.at("tp") == "1" && same != h100.end())
      measured.push_back(number(r, "energy_per_output_token_j") / same->second);
  }
  EXPECT_NEAR(median(measured), 0.91, 0.01);

  const TokenWeights weights = TokenWeights::from({0.0665, 3.163});
  const auto a100 = scale_weights({8.03, 8.03, 16}, kH100, weights, kA100_80);
  ASSERT_TRUE(a100);
  for (const double batch : {16.0, 32.0, 64.0}) {
    const double ratio = joules_per_output_token(a100->curve, batch) / joules_per_output_token(weights.curve, batch);
    EXPECT_NEAR(ratio, median(measured), 0.15 * median(measured)) << "batch " << batch;
  }
}

}  // namespace
}  // namespace trine::energy::unknown_model_test
