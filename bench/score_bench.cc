// links: score
// The router's choice. Contract: at most 2 us among 100 deployments, the affinity look-up included.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "score/affinity.h"
#include "score/prefix_table.h"
#include "score/rank.h"
#include "score/recent.h"
#include "score/slate.h"

namespace {

using namespace trine;
using namespace trine::score;

energy::OwnHardware hardware(size_t i) {
  const double r = static_cast<double>(i * 37 % 101) / 100;
  return {
      {1, 150, 1.2, 0.08}, {{0.07 + 0.1 * r, 3.2}, 0.03, 0.0024, 0.05}, 0.3, {164, 700, 3}, {euros(1 + r), Money()}};
}

struct Fleet {
  std::vector<std::string> ids;
  std::vector<Option> options;
  explicit Fleet(size_t n) {
    for (size_t i = 0; i < n; ++i) ids.push_back("deployment-" + std::to_string(i));
    for (size_t i = 0; i < n; ++i) {
      Option o;
      o.id = ids[i];
      o.place = hash64(o.id);
      o.zone = i % 3 ? "FR" : "DE";
      o.jurisdiction = "EU";
      o.figures = Axes{0.1 + 0.01 * static_cast<double>(i * 37 % 101), 20 + 3 * static_cast<double>(i * 53 % 97),
                       0.5 + 0.005 * static_cast<double>(i % 100)};
      o.context_limit = 8192;
      options.push_back(o);
    }
  }
};

const std::vector<std::string_view> kZones = {"SE-SE3", "DE", "FR"};
Need need() {
  Need n;
  n.zones = kZones;
  n.context = 4000;
  return n;
}

void BM_Choose(benchmark::State& state) {
  const Fleet fleet(static_cast<size_t>(state.range(0)));
  const Policy policy{{0.4, 0.2, 0.4}};
  const Need n = need();
  for (auto _ : state) benchmark::DoNotOptimize(choose(fleet.options, policy, n, {.incumbent = 1}));
}
BENCHMARK(BM_Choose)->Arg(2)->Arg(10)->Arg(100);

void BM_Rank(benchmark::State& state) {
  const Fleet fleet(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(rank(fleet.options, {}, {}));
}
BENCHMARK(BM_Rank)->Arg(2)->Arg(100);

// All that a request asks of the router: who holds its prompt, its session's and its incumbent's place, the bill of
// this very request at every deployment, one of whose batches has changed, the choice, and what is remembered of it.
class Traffic final : public Market {
 public:
  explicit Traffic(size_t n) : running(n, 8) {}
  Now now(size_t i) override { return {.running = running[i], .g_per_kwh = 56}; }
  Tariff tariff(size_t i, uint32_t r) override { return {hardware(i), {0.02, 0.001, 8000}, {56, 0.08, true}, r}; }
  Lateness::Outlook outlook(size_t, double batch) override { return lateness.outlook(batch, at); }
  std::vector<uint32_t> running;
  Lateness lateness;
  Mono at{Nanos(1'000'000'000)};
};

void route(benchmark::State& state, const Slo& slo) {
  const auto n = static_cast<size_t>(state.range(0));
  const Fleet fleet(n);
  std::vector<Slate::Entry> entries;
  for (const Option& o : fleet.options) entries.push_back({o, {0.02, 0.001, 8000}});
  Slate slate(entries, slo, 7);
  Traffic traffic(n);
  PrefixTable prefixes(8192);
  RecentTable seats(8192);
  const Need demands = need();
  constexpr size_t kPrompts = 512, kCuts = 12;  // of about 8 KB
  std::vector<std::array<uint64_t, kCuts>> prompts(kPrompts);
  for (size_t p = 0; p < kPrompts; ++p)
    for (size_t c = 0; c < kCuts; ++c) prompts[p][c] = mix64(1 + (c < 3 ? c : (p << 8 | c)));
  size_t turn = 0;
  for (auto _ : state) {
    const auto& cuts = prompts[turn++ % kPrompts];
    traffic.at += std::chrono::milliseconds(1);
    const auto found = prefixes.find(cuts, traffic.at);
    std::array<Cached, PrefixTable::kMost> cached;
    for (size_t i = 0; i < found.n; ++i)
      cached[i] = {found.held[i].place, static_cast<Tokens>(80 * found.held[i].cuts)};
    const Ask ask{.shape = {2000, 0, 200},
                  .policy = {{0.4, 0.2, 0.4}},
                  .need = demands,
                  .cached = std::span(cached).first(found.n),
                  .prefix = cuts[0],
                  .incumbent = seats.find(cuts[3], traffic.at, std::chrono::minutes(10)).value_or(0),
                  .now = traffic.at};
    const auto choice = slate.choose(ask, traffic);
    benchmark::DoNotOptimize(choice);
    const uint64_t place = slate.options()[choice->index].place;
    prefixes.put(cuts, place, traffic.at);
    seats.put(cuts[3], place, traffic.at);
    traffic.running[choice->index] = 8 + (traffic.running[choice->index] + 1) % 8;
  }
}
void BM_Route(benchmark::State& state) {
  route(state, {});
}
void BM_RouteWithSlo(benchmark::State& state) {
  route(state, {.ttft_s = 2, .tpot_s = 0.05});
}
BENCHMARK(BM_Route)->Arg(2)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(BM_RouteWithSlo)->Arg(2)->Arg(100);

void BM_Tariff(benchmark::State& state) {
  const auto hw = hardware(1);
  for (auto _ : state) benchmark::DoNotOptimize(Tariff(hw, {0.02, 0.001, 8000}, {56, 0.08, true}, 8));
}
BENCHMARK(BM_Tariff);

}  // namespace
