// links: gateway
// Identify, limit and budget of one request at 100,000 keys, each with limits and a budget of its own, in 1000 projects
// of 100 teams with limits and budgets too. Contract: at most 3 us of CPU time, 200 bytes per key for what counts.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include "gateway/limit/quote.h"
#include "gateway/limit/say.h"
#include "gateway/snapshot.h"

namespace {

using namespace trine;
using namespace trine::gateway;

constexpr size_t kKeys = 100'000;

std::shared_ptr<const Config> config(size_t keys, bool limited) {
  auto c = std::make_shared<Config>();
  const auto base = load_config_text("bench.yaml", R"(
keys: [{ id: a, secret: sk-a }]
deployments:
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: FR, price: { per_hour: 1 } }
  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: DE, price: { per_hour: 1 } }
routes: [{ model: m, deployments: [fr, de], limits: { concurrency: 1000000 } }]
)");
  *c = **base;
  c->keys.clear();
  for (size_t i = 0; i < keys; ++i) {
    KeyConfig k;
    k.id = "key-" + std::to_string(i);
    k.hash = hash_key("sk-" + std::to_string(i));
    k.project = "project-" + std::to_string(i % 1000);
    k.team = "team-" + std::to_string(i % 100);
    c->keys.push_back(std::move(k));
  }
  if (!limited) return c;
  c->limits.per_key = {.rpm = 100'000'000, .tpm = 100'000'000, .concurrency = 1000};
  for (int t = 0; t < 100; ++t) {
    TeamConfig team;
    team.name = "team-" + std::to_string(t);
    team.limits = {.rpm = 100'000'000, .tpm = 100'000'000};
    c->teams.push_back(team);
  }
  BudgetConfig budget;
  budget.subject = "*";
  for (const auto scope : {protect::Scope::key, protect::Scope::team}) {
    budget.scope = scope;
    budget.gco2e = 1e9;
    c->budgets.push_back(budget);
  }
  return c;
}

std::shared_ptr<const Snapshot> snapshot(size_t keys, bool limited) {
  static const auto catalog = *load_catalog(Config{});
  auto s = make_snapshot(config(keys, limited), catalog);
  if (!s) throw_error(s.error());
  return *s;
}

size_t in_use() {
  return mallinfo2().uordblks;
}

// What the state and the table of limits take, without the keys' names and hashes, which are there anyway.
void BM_Memory(benchmark::State& state) {
  for (auto _ : state) {
    const auto s = snapshot(2, true);
    auto c = config(kKeys, true);
    if (state.range(0) == 0) std::const_pointer_cast<Config>(c)->budgets.clear();
    const size_t before = in_use();
    LimitTable table(*c, std::make_shared<LimitState>());
    std::vector<KeyPolicy> policies;
    policies.reserve(kKeys);
    for (const KeyConfig& k : c->keys) policies.push_back(table.policy({k.org, k.team, k.project, k.id}, nullptr));
    state.counters["bytes_per_key"] = static_cast<double>(in_use() - before) / kKeys;
    benchmark::DoNotOptimize(policies.data());
  }
}
BENCHMARK(BM_Memory)->ArgName("budget_per_key")->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);

void BM_Request(benchmark::State& state) {
  static const auto s = snapshot(kKeys, true);
  LimitState& shared = s->limits->state();
  const Route& route = s->routes.find("m")->second;
  const energy::GridValue grid{.g_per_kwh = 400};
  const score::Shape shape{.in = 500, .cached = 0, .out = 200};
  std::vector<score::Tariff> tariffs;  // as Context keeps them
  for (const auto& d : s->deployments)
    tariffs.push_back(d->own ? score::Tariff(d->own->hardware, d->own->speed, grid, 0)
                             : score::Tariff::vendor(d->vendor->model, d->vendor->price, grid).value());
  std::vector<std::string> secrets;
  for (size_t i = 0; i < 4096; ++i) secrets.push_back("sk-" + std::to_string(i * 7919 % kKeys));
  size_t i = static_cast<size_t>(state.thread_index()) * 1000;
  const Clock& clock = system_clock();
  for (auto _ : state) {
    const Key* key = s->key(hash_key(secrets[i++ % secrets.size()]));
    const protect::Policy policy = s->limits->policy_of(key->limits, route.limit, "");
    protect::Quantities asked;
    asked.in = shape.in;
    asked.out = shape.out;
    for (const auto& d : route.deployments) {
      const auto q = quote_of(*d, tariffs[d->index], shape);
      asked.carbon = std::max(asked.carbon, q.carbon);
      asked.energy = std::max(asked.energy, q.energy);
      asked.cost = std::max(asked.cost, q.cost);
    }
    const protect::Now now{clock.mono(), clock.wall()};
    const auto verdict = shared.state.reserve(policy, asked, now);
    if (!verdict.ok()) state.SkipWithError("refused");
    benchmark::DoNotOptimize(limit_head(verdict, "EUR"));
    protect::Quantities actual = asked;
    actual.out = 150;
    shared.state.book(policy, asked, actual, now.wall, now.wall);
    protect::Quantities rest;
    shared.state.finish(policy, asked, rest, actual, now);
  }
}
BENCHMARK(BM_Request)->Threads(1)->Threads(2);

// All threads at one key: what a lock that everybody wants costs.
void BM_OneSubject(benchmark::State& state) {
  static protect::LocalState shared;
  static const protect::Limits limits{.rpm = 100'000'000, .concurrency = 1'000'000};
  static const protect::BudgetUse budget = [] {
    protect::BudgetUse b;
    b.account = &shared.budget(protect::Scope::team, "t", protect::Unit::money, {});
    b.rule.limit = int64_t{1} << 60;
    return b;
  }();
  protect::Policy policy;
  policy.levels[policy.level_count++] = {&shared.subject(protect::Scope::key, "k"), &limits, protect::Scope::key};
  policy.budgets[policy.budget_count++] = &budget;
  protect::Quantities q;
  q.cost = Money::raw(1);
  const Clock& clock = system_clock();
  for (auto _ : state) {
    const protect::Now now{clock.mono(), clock.wall()};
    benchmark::DoNotOptimize(shared.reserve(policy, q, now));
    shared.book(policy, q, q, now.wall, now.wall);
    shared.finish(policy, q, {}, q, now);
  }
}
BENCHMARK(BM_OneSubject)->Threads(1)->Threads(2)->Threads(16);

}  // namespace
