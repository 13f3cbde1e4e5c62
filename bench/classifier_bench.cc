// links: guard
// Tier 2 alone, over views that tier 0 has made: a prompt of 170 bytes, one of 1 KB, a document of 1 MB.
#include <benchmark/benchmark.h>

#include <string>

#include "guard/classifier.h"

namespace {

using trine::guard::Classifier;

std::string text_of(size_t bytes) {
  constexpr std::string_view kProse =
      "Our support team answers within two days. Please read the instructions before you install the new heating, and "
      "keep the receipt: the warranty of 24 months begins with the day of delivery. Prices rose by 3.5 % in the north, "
      "where demand was higher than in any previous year, while \"green\" tariffs fell. ";
  std::string out;
  while (out.size() < bytes) out += kProse;
  out.resize(bytes);
  return out;
}

void score(benchmark::State& state) {
  const auto classifier = Classifier::shipped();
  if (!classifier) {
    state.SkipWithError(classifier.error().message.c_str());
    return;
  }
  const std::string text = text_of(static_cast<size_t>(state.range(0)));
  trine::guard::ClassifierScratch scratch;
  for (auto _ : state) benchmark::DoNotOptimize((*classifier)->raw(text, scratch));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(score)->Arg(170)->Arg(1024)->Arg(1 << 20);

void load(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Classifier::shipped());
}
BENCHMARK(load);

}  // namespace
