// links: ledger
// What the record path costs: appends on the worker, folding on its own thread.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

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
  Facts(const RequestId& id, Wall now) {
    intent.id = call.id = settlement.call = {id, 0};
    request.id = id;
    intent.start = call.start = request.start = now;
    call.first_token = now + std::chrono::milliseconds(80);
    call.end = request.end = settlement.booked_at = now + std::chrono::milliseconds(900);
    call.in = 1000;
    call.cached = 400;
    call.out = 120;
    call.http_status = request.http_status = 200;
    call.mean_batch = 3.5;
    auto& f = settlement.figures;
    f.gpu_energy = Energy::raw(2'500'000);
    f.energy = Energy::raw(3'300'000);
    f.energy_low = Energy::raw(2'000'000);
    f.energy_high = Energy::raw(5'000'000);
    f.operational = Carbon::raw(41'000);
    f.embodied = Carbon::raw(1'001);
    f.carbon_low = Carbon::raw(30'000);
    f.carbon_high = Carbon::raw(60'000);
    f.cost = Money::raw(77'000);
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
  const Facts f({1, 1}, from_unix_ns(1'795'395'000'000'000'000));
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
  const Facts f({1, 1}, from_unix_ns(1'795'395'000'000'000'000));
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

// What folding costs a request: `range(0)` requests come between two folds while `range(1)` others run, so that one
// that began before a fold may end behind it, and ends are not in the order of beginnings.
void BM_fold_request(benchmark::State& state) {
  const auto per_fold = static_cast<uint64_t>(state.range(0)), running = static_cast<uint64_t>(state.range(1));
  const Dir dir;
  auto journal = journal_in(dir.path);
  auto store = std::move(*Store::open({.dir = dir.path, .clock = nullptr, .archive = {}}));
  IdGenerator ids(7);
  std::mt19937_64 random(7);
  std::vector<Facts> open;
  Wall now = from_unix_ns(1'795'395'000'000'000'000);
  for (auto _ : state) {
    state.PauseTiming();
    for (uint64_t done = 0; done < per_fold;) {
      now += std::chrono::microseconds(50);
      open.emplace_back(ids.next(now), now);
      (void)journal->intent(open.back().intent);
      if (open.size() <= running) continue;
      std::swap(open[random() % open.size()], open.back());
      const Facts& f = open.back();
      (void)journal->append(f.call);
      (void)journal->append(f.settlement);
      (void)journal->append(f.request);
      open.pop_back();
      ++done;
    }
    journal->maintain();
    state.ResumeTiming();
    if (!store->fold()) state.SkipWithError("fold failed");
  }
  const auto requests = static_cast<double>(state.iterations()) * static_cast<double>(per_fold);
  using benchmark::Counter;
  state.counters["per_request"] = Counter(requests, Counter::kIsRate | Counter::kInvert);
  state.counters["db_bytes_per_request"] =
      static_cast<double>(std::filesystem::file_size(dir.path / "ledger.db")) / requests;
}
BENCHMARK(BM_fold_request)
    ->ArgNames({"requests", "running"})
    ->Args({1000, 0})
    ->Args({1000, 1000})
    ->Args({20'000, 0})
    ->Args({20'000, 20'000})
    ->Unit(benchmark::kMicrosecond)
    ->MinTime(0.3);

// A settlement that comes in a later fold than its call, as a meter's do.
void BM_fold_later_settlement(benchmark::State& state) {
  const Dir dir;
  auto journal = journal_in(dir.path);
  auto store = std::move(*Store::open({.dir = dir.path, .clock = nullptr, .archive = {}}));
  IdGenerator ids(7);
  Wall now = from_unix_ns(1'795'395'000'000'000'000);
  constexpr int kCalls = 20'000;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Facts> closed;
    for (int i = 0; i < kCalls; ++i) {
      now += std::chrono::microseconds(50);
      const auto& f = closed.emplace_back(ids.next(now), now);
      (void)journal->append(f.call);
      (void)journal->append(f.settlement);
    }
    journal->maintain();
    if (!store->fold()) state.SkipWithError("fold failed");
    for (auto& f : closed) {
      f.settlement.version = 1;
      (void)journal->append(f.settlement);
    }
    journal->maintain();
    state.ResumeTiming();
    if (!store->fold()) state.SkipWithError("fold failed");
  }
  using benchmark::Counter;
  state.counters["per_settlement"] =
      Counter(static_cast<double>(state.iterations()) * kCalls, Counter::kIsRate | Counter::kInvert);
}
BENCHMARK(BM_fold_later_settlement)->Unit(benchmark::kMicrosecond)->MinTime(0.3);

}  // namespace
