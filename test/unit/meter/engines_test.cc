#include "meter/engines.h"

#include <gtest/gtest.h>

#include "unit/meter/pages.h"

namespace trine::meter::engines_test {
namespace {

TEST(Vllm, ReadsTheRecordedV1Page) {
  const std::string page = recorded("vllm_metrics_v1.prom");
  TRINE_SKIP_WITHOUT(page);
  const auto r = read_vllm(scrape_of(page));
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->engines.size(), 1u);
  const EngineReading& e = r->engines.front();
  EXPECT_EQ(e.engine, "0");
  EXPECT_EQ(e.model, "Qwen/Qwen3-8B");
  EXPECT_EQ(e.running, 3);
  EXPECT_EQ(e.waiting, 11);
  EXPECT_EQ(e.kv_usage, 0.42);
  EXPECT_EQ(e.prompt_tokens, 1000);
  EXPECT_EQ(e.cached_tokens, 250);
  EXPECT_EQ(e.computed_prompt_tokens(), 750);
  EXPECT_EQ(e.generated_tokens, 7307144);
  EXPECT_FALSE(e.simulated);
  EXPECT_EQ(e.at, kNow);
  EXPECT_EQ(e.mono, kMono);
}

TEST(Vllm, ReadsTheRecordedV0PageWithoutInventingABatch) {
  const std::string page = recorded("vllm_metrics_v0.prom");
  TRINE_SKIP_WITHOUT(page);
  const auto r = read_vllm(scrape_of(page));
  ASSERT_TRUE(r) << r.error().message;
  const EngineReading& e = r->engines.front();
  EXPECT_EQ(e.model, "bigscience/bloom-560m");
  EXPECT_EQ(e.generated_tokens, 218152);
  EXPECT_EQ(e.kv_usage, 0);
  EXPECT_FALSE(e.running.has_value());
  EXPECT_FALSE(e.cached_tokens.has_value());
}

TEST(Vllm, TakesTheNewestNameOfCachedTokensWhateverTheOrder) {
  for (const char* page : {"vllm:prompt_tokens_cached_total 5\nvllm:prefix_cache_hits_total 9\n",
                           "vllm:prefix_cache_hits_total 9\nvllm:prompt_tokens_cached_total 5\n"})
    EXPECT_EQ(read_vllm(scrape_of(page))->engines.front().cached_tokens, 5);
  EXPECT_EQ(read_vllm(scrape_of("vllm:gpu_prefix_cache_hits_total 7\n"))->engines.front().cached_tokens, 7);
}

TEST(Vllm, KeepsDataParallelEnginesApartAndCombinesThem) {
  const auto r = read_vllm(scrape_of(R"(vllm:num_requests_running{engine="0",model_name="m"} 3
vllm:num_requests_running{engine="1",model_name="m"} 5
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.2
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.6
vllm:generation_tokens_total{engine="0",model_name="m"} 10
vllm:generation_tokens_total{engine="1",model_name="m"} 20
vllm:prompt_tokens_total{engine="1",model_name="m"} 20
)"));
  ASSERT_TRUE(r);
  ASSERT_EQ(r->engines.size(), 2u);
  EXPECT_EQ(r->engines[1].running, 5);
  const auto all = combined(r->engines);
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->running, 8);
  EXPECT_EQ(all->generated_tokens, 30);
  EXPECT_DOUBLE_EQ(*all->kv_usage, 0.4);
  EXPECT_FALSE(all->prompt_tokens.has_value());  // engine 0 did not say: a sum would be too small
  EXPECT_EQ(all->model, "m");
  EXPECT_EQ(all->engine, "");
  EXPECT_FALSE(combined({}).has_value());
}

TEST(Vllm, LeavesOutAbsurdValuesAndSaysSo) {
  const auto r = read_vllm(
      scrape_of("vllm:num_requests_running NaN\nvllm:generation_tokens_total -4\nvllm:kv_cache_usage_perc 42\n"
                "vllm:num_requests_waiting 1\n"));
  ASSERT_TRUE(r);
  const EngineReading& e = r->engines.front();
  EXPECT_FALSE(e.running.has_value());
  EXPECT_FALSE(e.generated_tokens.has_value());
  EXPECT_FALSE(e.kv_usage.has_value());
  EXPECT_EQ(e.waiting, 1);
  ASSERT_EQ(r->notes.size(), 3u);
  EXPECT_EQ(r->notes.front(), "vllm:num_requests_running is NaN: it was left out");
}

TEST(Vllm, DatesASeriesByItsOwnTimestamp) {
  const auto e = read_vllm(scrape_of("vllm:num_requests_running 1 1763899999000\n"))->engines.front();
  EXPECT_EQ(e.at, kNow - std::chrono::seconds(1));
  EXPECT_FALSE(e.mono.has_value());
}

TEST(Vllm, IsNotFoundOnAnotherPage) {
  const auto r = read_vllm(scrape_of("up 1\n"));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::not_found);
}

TEST(Sglang, ReadsTheRecordedPage) {
  const std::string page = recorded("sglang_metrics.prom");
  TRINE_SKIP_WITHOUT(page);
  const auto r = read_sglang(scrape_of(page));
  ASSERT_TRUE(r) << r.error().message;
  const EngineReading& e = r->engines.front();
  EXPECT_EQ(e.running, 4);
  EXPECT_EQ(e.waiting, 0);
  EXPECT_EQ(e.kv_usage, 0.31);
  EXPECT_EQ(e.prompt_tokens, 90);
  EXPECT_EQ(e.generated_tokens, 45);
}

TEST(Sglang, CountsTensorParallelRanksOnceAndDataParallelRanksEach) {
  const auto r = read_sglang(scrape_of(R"(sglang:num_running_reqs{model_name="m",dp_rank="0",tp_rank="0"} 4
sglang:num_running_reqs{model_name="m",dp_rank="0",tp_rank="1"} 4
sglang:num_running_reqs{model_name="m",dp_rank="1",tp_rank="2"} 6
sglang:num_running_reqs{model_name="m",dp_rank="1",tp_rank="3"} 6
sglang:token_usage{model_name="m",dp_rank="0",tp_rank="0"} 0.2
sglang:token_usage{model_name="m",dp_rank="1",tp_rank="2"} 0.4
sglang:prompt_tokens_total{model_name="m",is_streaming="true"} 70
sglang:prompt_tokens_total{model_name="m",is_streaming="false"} 20
sglang:cached_tokens_total{model_name="m",cache_source="device"} 30
sglang:cached_tokens_total{model_name="m",cache_source="host"} 5
)"));
  ASSERT_TRUE(r);
  ASSERT_EQ(r->engines.size(), 1u);
  const EngineReading& e = r->engines.front();
  EXPECT_EQ(e.running, 10);
  EXPECT_DOUBLE_EQ(*e.kv_usage, 0.3);
  EXPECT_EQ(e.prompt_tokens, 90);
  EXPECT_EQ(e.cached_tokens, 35);
}

TEST(LlamaCpp, SaysThatItsPromptTokensAreTheComputedOnes) {
  const auto r = read_llama_cpp(scrape_of(R"(# HELP llamacpp:prompt_tokens_total Number of prompt tokens processed.
# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 12
llamacpp:prompt_tokens_cached_total 40
llamacpp:tokens_predicted_total 34
llamacpp:requests_processing 2
llamacpp:requests_deferred 1
llamacpp:kv_cache_usage_ratio 0.25
)"));
  ASSERT_TRUE(r);
  const EngineReading& e = r->engines.front();
  EXPECT_EQ(e.computed_prompt_tokens(), 12);
  EXPECT_EQ(e.generated_tokens, 34);
  EXPECT_EQ(e.running, 2);
  EXPECT_EQ(e.waiting, 1);
  EXPECT_EQ(e.kv_usage, 0.25);
}

}  // namespace
}  // namespace trine::meter::engines_test
