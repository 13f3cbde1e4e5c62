// links: ledger
// What the record path costs: appends on the worker, folding on its own thread.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "ledger/journal.h"
#include "ledger/store.h"

namespace {

using namespace trine;
using namespace trine::ledger;

struct Dir {
  Dir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-bench-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Dir() {
    std::error_code ec;
    std::filesystem::remove_all(path, ec);
  }
  std::filesystem::path path;
};

struct Facts {
  CallIntent intent;
  CallFacts call;
  Settlement settlement;
  RequestFacts request;
  explicit Facts(uint64_t n) {
    const CallId id{{0x019a000000000000ull + n, n}, 0};
    intent.id = call.id = settlement.call = id;
    request.id = id.request;
    intent.tenant = request.tenant = {"acme", "claims", "intake", "key_7f3a"};
    intent.workload = request.workload = "invoice-extraction";
    intent.route = request.route = "gpt-oss-20b";
    intent.endpoint = request.endpoint = "/v1/chat/completions";
    intent.deployment = call.deployment = "fr-4090";
    intent.zone = call.zone = "FR";
    intent.model = call.model = "openai/gpt-oss-20b";
    request.reason = "fr-4090: score 0.93; 41 % cleaner than de-a100, 12 % dearer";
    request.calls = 1;
  }
};

std::unique_ptr<Journal> journal_in(const std::filesystem::path& dir) {
  Journal::Options options;
  options.dir = dir;
  options.segment_bytes = 64 << 20;
  return std::move(*Journal::open(std::move(options)));
}

// Segments pile up as nobody folds: start over when there are a few hundred MB.
void BM_append_call(benchmark::State& state) {
  const Dir dir;
  auto journal = journal_in(dir.path);
  const Facts f(1);
  for (auto _ : state) {
    if (!journal->append(f.call)) {
      state.PauseTiming();
      journal->maintain();
      state.ResumeTiming();
    }
  }
}
BENCHMARK(BM_append_call)->Iterations(1'000'000);

// Intent, progress, call, settlement, request: all that one request costs its worker.
void BM_append_request(benchmark::State& state) {
  const Dir dir;
  auto journal = journal_in(dir.path);
  const Facts f(1);
  for (auto _ : state) {
    auto progress = journal->intent(f.intent);
    if (!progress) {
      state.PauseTiming();
      journal->maintain();
      state.ResumeTiming();
      continue;
    }
    progress->relayed(100, 4000, Wall{});
    benchmark::DoNotOptimize(journal->append(f.call));
    benchmark::DoNotOptimize(journal->append(f.settlement));
    benchmark::DoNotOptimize(journal->append(f.request));
  }
}
BENCHMARK(BM_append_request)->Iterations(300'000);

void BM_fold_request(benchmark::State& state) {
  const Dir dir;
  auto journal = journal_in(dir.path);
  auto store = std::move(*Store::open({.dir = dir.path, .clock = nullptr, .archive = {}}));
  uint64_t n = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (int i = 0; i < 1000; ++i) {
      const Facts f(++n);
      (void)journal->intent(f.intent);
      (void)journal->append(f.call);
      (void)journal->append(f.settlement);
      (void)journal->append(f.request);
    }
    journal->maintain();
    state.ResumeTiming();
    if (!store->fold()) state.SkipWithError("fold failed");
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(BM_fold_request)->Unit(benchmark::kMicrosecond);

}  // namespace
