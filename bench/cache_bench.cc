// links: gateway
// What a request costs in the cache: its form, its key, the look-up; and a look-up by meaning.
#include <benchmark/benchmark.h>

#include <random>

#include "gateway/cache/answer_cache.h"
#include "llm/request_form.h"

namespace {

using namespace trine;

std::string request(size_t bytes) {
  return R"({"model":"small","temperature":0,"messages":[{"role":"system","content":")" + std::string(bytes, 'x') +
         R"("},{"role":"user","content":"Bonjour"}]})";
}

void form_of_a_request(benchmark::State& state) {
  const std::string body = request(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(llm::request_form(llm::Endpoint::chat, body));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(form_of_a_request)->Arg(1 << 10)->Arg(32 << 10)->Arg(1 << 20);

void key_of_a_request(benchmark::State& state) {
  const gateway::AnswerCache cache(1 << 20, nullptr);
  const std::string body = request(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(cache.key(body));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(key_of_a_request)->Arg(1 << 10)->Arg(32 << 10)->Arg(1 << 20);

void hash_of_a_question(benchmark::State& state) {
  const cache::QuestionHash hash;
  const std::string body = request(static_cast<size_t>(state.range(0))), name(120, 'n');
  for (auto _ : state) benchmark::DoNotOptimize(hash.of({name, body}));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(hash_of_a_question)->Arg(1 << 10)->Arg(32 << 10)->Arg(256 << 10);

void look_up(benchmark::State& state) {
  cache::Store store(size_t{1} << 30);
  const Wall now = from_unix_ns(1);
  std::mt19937_64 random(1);
  std::vector<cache::Key> keys(static_cast<size_t>(state.range(0)));
  for (auto& key : keys) {
    for (auto& byte : key) byte = static_cast<unsigned char>(random());
    cache::Answer a;
    a.expires = now + std::chrono::hours(1);
    store.put(key, std::make_shared<const cache::Answer>(a));
  }
  size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(store.find(keys[i++ * 7919 % keys.size()], now));
}
BENCHMARK(look_up)->Arg(1000)->Arg(100'000);

// range(0) texts of range(1) dimensions.
void look_up_by_meaning(benchmark::State& state) {
  cache::Vectors vectors(size_t{1} << 30);
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  const auto any = [&] {
    std::vector<float> v(static_cast<size_t>(state.range(1)));
    for (float& x : v) x = normal(random);
    return *cache::Vectors::unit(std::move(v));
  };
  const cache::Key scope{};
  for (int64_t i = 0; i < state.range(0); ++i) vectors.put(scope, any(), cache::Key{}, 1'000'000);
  const auto wanted = any();
  for (auto _ : state) benchmark::DoNotOptimize(vectors.nearest(scope, wanted));
}
BENCHMARK(look_up_by_meaning)->Args({2000, 384})->Args({2000, 1024})->Args({20'000, 1024});

}  // namespace
