// links: score
// The router's choice among 100 deployments. Contract: at most 2 us.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "score/rank.h"

namespace {

using namespace trine::score;

struct Fleet {
  std::vector<std::string> ids;
  std::vector<Option> options;
  explicit Fleet(size_t n) {
    for (size_t i = 0; i < n; ++i) ids.push_back("deployment-" + std::to_string(i));
    for (size_t i = 0; i < n; ++i) {
      Option o;
      o.id = ids[i];
      o.zone = i % 3 ? "FR" : "DE";
      o.jurisdiction = "EU";
      o.figures = Axes{0.1 + 0.01 * static_cast<double>(i * 37 % 101), 20 + 3 * static_cast<double>(i * 53 % 97),
                       0.5 + 0.005 * static_cast<double>(i % 100)};
      o.context_limit = 8192;
      options.push_back(o);
    }
  }
};

void BM_Choose(benchmark::State& state) {
  const Fleet fleet(static_cast<size_t>(state.range(0)));
  const std::vector<std::string_view> zones = {"SE-SE3", "DE", "FR"};
  const Policy policy{{0.4, 0.2, 0.4}};
  Need need;
  need.zones = zones;
  need.context = 4000;
  for (auto _ : state) benchmark::DoNotOptimize(choose(fleet.options, policy, need, "deployment-3"));
}
BENCHMARK(BM_Choose)->Arg(2)->Arg(10)->Arg(100);

void BM_Rank(benchmark::State& state) {
  const Fleet fleet(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(rank(fleet.options, {}, {}));
}
BENCHMARK(BM_Rank)->Arg(2)->Arg(100);

}  // namespace
