// links: guard
// What tiers 0 to 2 and personal data cost a text, on one core: a prompt of 170 bytes, one of 1 KB, a document. Texts
// are of different words each time, as prompts are. `p99_us` is of single texts, the rest means.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "guard/guard.h"

namespace trine::guard {
namespace {

std::string text_of(size_t bytes, uint64_t seed) {
  constexpr std::array kWords = {"please",  "summarise", "the",      "invoice", "of",     "our",    "customer", "in",
                                 "Lyon",    "and",       "list",     "every",   "amount", "with",   "its",      "date",
                                 "payment", "terms",     "delivery", "address", "then",   "answer", "as",       "a",
                                 "table",   "for",       "review",   "next",    "Monday", "12.50",  "EUR",      "net"};
  std::mt19937_64 random(seed);
  std::string out;
  for (size_t n = 1; out.size() < bytes; ++n) {
    out += kWords[random() % kWords.size()];
    out += n % 12 == 0 ? ". " : n % 60 == 0 ? ".\n" : " ";
  }
  out.resize(bytes);
  return out;
}

void inspect(benchmark::State& state, Provenance provenance) {
  const auto& guard = Guard::shipped();
  GuardScratch scratch;
  const auto size = static_cast<size_t>(state.range(0));
  std::vector<std::string> texts;
  for (uint64_t i = 0; i < (size > 10'000 ? 8U : 512U); ++i) texts.push_back(text_of(size, i));
  std::vector<double> times;
  size_t i = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(guard->inspect({provenance, texts[i++ % texts.size()]}, scratch));
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  if (!times.empty()) state.counters["p99_us"] = times[times.size() * 99 / 100];
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * size));
}
BENCHMARK_CAPTURE(inspect, user, Provenance::user)->Arg(170)->Arg(1024)->Arg(16 << 10);
BENCHMARK_CAPTURE(inspect, document, Provenance::document)->Arg(1024)->Arg(256 << 10);

}  // namespace
}  // namespace trine::guard
