// links: ledger
// What a page's query takes of a ledger of many requests (TRINE_BENCH_REQUESTS, 1 million if not said): 30 days, 40
// origins, 200 keys, 4 targets, every fifth request spared something, a window a second of two devices for the last
// day. Row by row, and with what is over added up.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "ledger/report.h"
#include "ledger/search.h"
#include "ledger/series.h"
#include "ledger/store.h"

namespace trine::ledger {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kDays = 30;
const int64_t kEnd = unix_ns(std::chrono::floor<std::chrono::minutes>(system_clock().wall()));
const Wall kUntil = from_unix_ns(kEnd);
const Wall kNow = kUntil - 17min;  // no full hour, and the newest minutes are not added up

int64_t requests() {
  const char* said = ::getenv("TRINE_BENCH_REQUESTS");
  return said ? std::max<int64_t>(1000, std::atoll(said)) : 1'000'000;
}

void must(const Result<void>& done) {
  if (done) return;
  fmt::print(stderr, "{}\n", done.error().message);
  std::exit(1);
}

// Written as rows: folding a journal of this size is measured elsewhere (ledger_bench.cc).
void fill(const std::filesystem::path& dir, int64_t n) {
  auto db = sqlite::Database::open(dir / "ledger.db", sqlite::Database::Mode::read_write);
  must(db ? Result<void>() : tl::unexpected(db.error()));
  const int64_t step = kDays * 86'400'000'000'000 / n, begin = kEnd - kDays * 86'400'000'000'000;
  const std::string each =
      fmt::format("WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM s WHERE i < {}) ", n - 1);
  const std::string id = "CAST(printf('%016d', i) AS BLOB)";
  must(db->exec("PRAGMA synchronous=OFF; BEGIN"));
  must(
      db->exec("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i < 200) INSERT INTO"
               " identities(kind,name) SELECT 'key', 'key_'||i FROM s"));
  must(
      db->exec("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i < 40) INSERT INTO"
               " origins(org,team,project,workload,route,endpoint) SELECT 0,0,0,'workload "
               "'||i,'small','/v1/chat/completions' FROM s"));
  must(
      db->exec("INSERT INTO targets(deployment,zone,model) "
               "VALUES('fr-a','FR','m'),('fr-b','FR','m'),('de-a','DE','m'),('se-a','SE','m')"));
  must(db->exec(fmt::format(
      "{} INSERT INTO requests(id,origin,key,user,start_ns,end_ns,streamed,outcome,http_status,error,"
      "reason,calls) SELECT {},1+i%40,1+i%200,NULL,{}+i*{},{}+i*{}+900000000,1,i%50=0,200,'','best score',1 FROM s",
      each, id, begin, step, begin, step)));
  must(db->exec(fmt::format(
      "{} INSERT INTO calls(request,attempt,target,start_ns,first_ns,end_ns,tokens_in,tokens_cached,tokens_out,source,"
      "streamed,simulated,outcome,http_status,mean_batch,settled,booked_ns,first_version,first_basis,first_booked_ns,"
      "gpu_energy_uj,energy_uj,energy_low_uj,energy_high_uj,operational_ng,embodied_ng,carbon_low_ng,carbon_high_ng,"
      "cost_neur,letter) SELECT {},0,1+i%4,{}+i*{},{}+i*{}+80000000,{}+i*{}+900000000,1000,400,120,0,1,0,0,200,3.5,0,"
      "{}+i*{}+900000000,0,2,{}+i*{}+900000000,1250000,2500000,2000000,3000000,41000,1001,30000,60000,77000,'A' FROM s",
      each, id, begin, step, begin, step, begin, step, begin, step, begin, step)));
  must(db->exec(fmt::format(
      "{} INSERT INTO avoided(request,step,at_ns,tokens_in,tokens_out,gpu_energy_uj,energy_uj,energy_low_uj,"
      "energy_high_uj,operational_ng,embodied_ng,carbon_low_ng,carbon_high_ng,cost_neur,letter) SELECT {},"
      "'documents.repeats',{}+i*{}+900000000,300,0,250000,500000,400000,600000,9000,100,8000,11000,12000,'B' FROM s "
      "WHERE"
      " i%5=0",
      each, id, begin, step)));
  must(db->exec(fmt::format(
      "WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM s WHERE i < 172799) INSERT INTO windows SELECT"
      " 'gpu-'||(i%2), CASE i%2 WHEN 0 THEN 'fr-a' ELSE 'de-a' END, {0}+i/2*1000000000, {0}+i/2*1000000000+1000000000,"
      " CASE i%2 WHEN 0 THEN 'FR' ELSE 'DE' END, 56.0, 'A', 400,500,60,7,8, 300,400,50,6,7, 0,0,0,0,0, 100,100,10,1,1,"
      " NULL FROM s",
      kEnd - 86'400'000'000'000)));
  must(db->exec("INSERT INTO blocks SELECT 2, n/4096, min(at_ns), max(at_ns) FROM avoided GROUP BY n/4096"));
  must(db->exec("INSERT INTO blocks SELECT 0, n/4096, min(end_ns), max(end_ns) FROM requests GROUP BY n/4096"));
  must(db->exec("INSERT INTO blocks SELECT 1, n/4096, min(booked_ns), max(booked_ns) FROM calls GROUP BY n/4096"));
  must(db->exec("COMMIT"));
}

// The ledger's folder, made once.
const std::filesystem::path& ledger() {
  static const std::filesystem::path dir = [] {
    const char* kept = ::getenv("TRINE_BENCH_LEDGER");
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-report-bench-XXXXXX").string();
    std::filesystem::path path = kept ? kept : ::mkdtemp(pattern.data());
    Store::Options options;
    options.dir = path;
    if (auto store = Store::open(options); !store) must(tl::unexpected(store.error()));
    fill(path, requests());
    if (kept) return path;
    std::atexit([] {
      std::error_code ec;
      std::filesystem::remove_all(ledger(), ec);
    });
    return path;
  }();
  return dir;
}

void add_up_all() {
  static const bool done = [] {
    Store::Options options;
    options.dir = ledger();
    auto store = Store::open(options);
    if (!store) must(tl::unexpected(store.error()));
    for (auto more = (*store)->roll(kNow); more && *more;) more = (*store)->roll(kNow);
    return true;
  }();
  benchmark::DoNotOptimize(done);
}

ReportQuery last(int64_t hours, By by) {
  ReportQuery q;
  q.until = kNow;
  q.since = q.until - std::chrono::hours(hours);
  q.by = by;
  return q;
}

void report(benchmark::State& state, bool added_up, By by) {
  ledger();
  if (added_up) add_up_all();
  for (auto _ : state) {
    auto r = Reports(ledger()).query(last(state.range(0), by));
    if (!r) state.SkipWithError(r.error().message.c_str());
    benchmark::DoNotOptimize(r);
  }
}

void RowByRow(benchmark::State& s) {
  report(s, false, By::workload);
}
void AddedUp(benchmark::State& s) {
  report(s, true, By::workload);
}
void AddedUpByDeployment(benchmark::State& s) {
  report(s, true, By::deployment);
}
void AddedUpByHour(benchmark::State& s) {
  report(s, true, By::hour);
}

void chart(benchmark::State& state, By by, Nanos step) {
  add_up_all();
  for (auto _ : state) {
    auto s = series(ledger(), {last(state.range(0), by), step});
    if (!s) state.SkipWithError(s.error().message.c_str());
    benchmark::DoNotOptimize(s);
  }
}
void ChartOfMinutes(benchmark::State& s) {
  chart(s, By::none, 1min);
}
void ChartOfTenMinutes(benchmark::State& s) {
  chart(s, By::workload, 10min);
}
void ChartOfHours(benchmark::State& s) {
  chart(s, By::deployment, 1h);
}
void ChartOfDays(benchmark::State& s) {
  chart(s, By::workload, 24h);
}

void find(benchmark::State& state, SearchQuery q) {
  ledger();
  q.since = kUntil - 24h * kDays;
  q.until = kUntil;
  for (auto _ : state) {
    auto page = search(ledger(), q);
    if (!page) state.SkipWithError(page.error().message.c_str());
    benchmark::DoNotOptimize(page);
  }
}
void SearchPage(benchmark::State& state) {
  SearchQuery q;
  q.outcome = energy::Outcome::failed;
  find(state, q);
}
// As far as one page looks.
void SearchWithoutHits(benchmark::State& state) {
  SearchQuery q;
  q.deployment = "fr-c";
  find(state, q);
}

// In this order: what is added up stays so.
BENCHMARK(RowByRow)->Arg(24)->Unit(benchmark::kMillisecond);
BENCHMARK(SearchPage)->Unit(benchmark::kMillisecond);
BENCHMARK(SearchWithoutHits)->Unit(benchmark::kMillisecond);
BENCHMARK(AddedUp)->Arg(24)->Arg(24 * 7)->Arg(24 * 30)->Unit(benchmark::kMillisecond);
BENCHMARK(AddedUpByDeployment)->Arg(24 * 30)->Unit(benchmark::kMillisecond);
BENCHMARK(AddedUpByHour)->Arg(24 * 30)->Unit(benchmark::kMillisecond);
BENCHMARK(ChartOfMinutes)->Arg(2)->Unit(benchmark::kMillisecond);
BENCHMARK(ChartOfTenMinutes)->Arg(24)->Unit(benchmark::kMillisecond);
BENCHMARK(ChartOfHours)->Arg(24 * 7)->Unit(benchmark::kMillisecond);
BENCHMARK(ChartOfDays)->Arg(24 * 30)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace trine::ledger
