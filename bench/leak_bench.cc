// links: guard
// The leak detector on every token of every stream. Contract: tens of nanoseconds per delta of four bytes.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "guard/leak.h"

namespace {

using namespace trine::guard;

// Letters as often as in English, in words; the same for the same seed.
std::string text_of(size_t bytes, uint64_t seed) {
  constexpr std::string_view letters = "eeeeeetttttaaaaooooiiiinnnnsssshhhrrrddllcumwfgypbvk";
  std::string out;
  while (out.size() < bytes) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    if ((seed >> 50) % 5 == 0 || out.size() % 12 == 11) out += (seed >> 45) % 50 == 0 ? ". " : " ";
    out += letters[(seed >> 33) % letters.size()];
  }
  return out;
}

void BM_Delta(benchmark::State& state) {
  const LeakIndex index(text_of(static_cast<size_t>(state.range(0)), 1));
  const std::string answer = text_of(64 << 10, 2);
  LeakStream stream(index);
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(stream.feed(std::string_view(answer).substr(at, 4)));
    at = (at + 4) % answer.size();
  }
  if (stream.leak()) state.SkipWithError("leaked");
}
BENCHMARK(BM_Delta)->ArgName("prompt_bytes")->Arg(0)->Arg(2 << 10)->Arg(16 << 10)->Arg(64 << 10);

void BM_Whole(benchmark::State& state) {
  const LeakIndex index(text_of(static_cast<size_t>(state.range(0)), 1));
  const std::string answer = text_of(64 << 10, 2);
  for (auto _ : state) benchmark::DoNotOptimize(find_leak(index, answer));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * answer.size()));
}
BENCHMARK(BM_Whole)->ArgName("prompt_bytes")->Arg(2 << 10)->Arg(64 << 10);

// An image or a signature in an answer: every byte goes through four decoders.
void BM_Base64(benchmark::State& state) {
  const LeakIndex index(text_of(2 << 10, 1));
  std::string answer;
  for (uint64_t i = 0; answer.size() < 64 << 10; ++i)
    answer += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[i * i * 2654435761u >> 7 & 63];
  for (auto _ : state) benchmark::DoNotOptimize(find_leak(index, answer));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * answer.size()));
}
BENCHMARK(BM_Base64);

// The dearest answer: runs of the prompt that break off as soon as they were found, so that each is followed, verified
// and looked for again. Not one that counts twice, or it would be a leak.
void BM_BrokenRuns(benchmark::State& state) {
  const std::string prompt = text_of(16 << 10, 1);
  const LeakIndex index(prompt);
  const std::string piece = prompt.substr(4000, 24), other = text_of(64 << 10, 2);
  std::string answer;
  for (size_t at = 0; answer.size() < 64 << 10; at += 6) answer += piece + other.substr(at, 6);
  for (auto _ : state) benchmark::DoNotOptimize(find_leak(index, answer));
  if (find_leak(index, answer)) state.SkipWithError("leaked");
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * answer.size()));
}
BENCHMARK(BM_BrokenRuns);

void BM_Build(benchmark::State& state) {
  const std::string prompt = text_of(static_cast<size_t>(state.range(0)), 1);
  size_t bytes = 0;
  for (auto _ : state) {
    const LeakIndex index(prompt);
    bytes = index.bytes();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_Build)->ArgName("prompt_bytes")->Arg(2 << 10)->Arg(16 << 10)->Arg(64 << 10)->Unit(benchmark::kMicrosecond);

void BM_Stream(benchmark::State& state) {
  const LeakIndex index(text_of(2 << 10, 1));
  for (auto _ : state) {
    LeakStream stream(index);
    benchmark::DoNotOptimize(stream.feed("Hello"));
  }
  state.counters["bytes"] = sizeof(LeakStream);
}
BENCHMARK(BM_Stream);

}  // namespace
