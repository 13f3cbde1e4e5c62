// Limits and budgets of the real program, each kind: 64 clients that stream from a simulated engine, a kill in the
// middle, a reload.
#include <atomic>
#include <thread>

#include "integration/cli/served.h"
#include "llm/usage.h"

namespace trine::cli::limits_test {
namespace {

using namespace testing;

struct TrineLimits : ::testing::Test {
  // `speed`: how many times faster than the machine the engine answers.
  explicit TrineLimits(const char* speed = "50")
      : sim({"engine-sim", "--listen", "127.0.0.1:0", "--model", "gpt-oss-20b", "--gpu", "A100-PCIe-80GB",
             "--time-scale", speed}) {
    engine = port_behind(sim.line(), "http://127.0.0.1:");
  }
  // A gateway whose key "one" has these limits and this budget.
  std::string write(const Json& limits, const Json& budget) const {
    Json budgets = Json::array();
    if (!budget.is_null()) {
      budgets.push_back(budget);
      budgets[0]["for"] = {{"key", "one"}};
    }
    const Json config{
        {"listen", {{"traffic", "127.0.0.1:0"}, {"admin", "127.0.0.1:0"}}},
        {"ledger", {{"dir", (dir.path() / "ledger").string()}}},
        // 64 streams at once with sanitizers on a slow machine: what is measured is the limits, not patience.
        {"timeouts", {{"connect", "5m"}, {"first_byte", "5m"}, {"stream_idle", "5m"}, {"total", "10m"}}},
        {"grid", {{"zones", {{"DE", {{"g_per_kwh", 400}}}}}, {"cache", (dir.path() / "grid").string()}}},
        {"limits", {{"contact", "green@example.org"}}},
        {"keys", {{{"id", "one"}, {"secret", "sk-one"}, {"limits", limits}}, {{"id", "two"}, {"secret", "sk-two"}}}},
        {"budgets", budgets},
        {"deployments",
         {{{"name", "sim"},
           {"url", "http://127.0.0.1:" + std::to_string(engine) + "/v1"},
           {"engine", "vllm"},  // whose API it has; as "sim" its meter would correct budgets seconds later
           {"model", "gpt-oss-20b"},
           {"gpu", "A100-PCIe-80GB"},
           {"zone", "DE"},
           {"price", {{"per_hour", 1.2}}}}}},
        {"routes", {{{"model", "m"}, {"deployments", {"sim"}}}}}};
    return dir.file("trine.yaml", config.dump());
  }
  std::string file() const { return (dir.path() / "trine.yaml").string(); }
  // What `trine budgets list` and `trine report` say of the key.
  double listed() const {
    const Ran ran = run_trine({"budgets", "list", "--json", "-c", file()});
    EXPECT_EQ(ran.status, 0) << ran.err;
    return ran.status == 0 ? Json::parse(ran.out)["budgets"][0]["spent"].get<double>() : std::nan("");
  }
  double reported(const char* field) const {
    const Ran ran = run_trine({"report", "--json", "--by", "key", "--key", "one", "-c", file()});
    EXPECT_EQ(ran.status, 0) << ran.err;
    return ran.status == 0 ? Json::parse(ran.out)["total"][field].get<double>() : std::nan("");
  }

  TempDir dir;
  Background sim;
  int engine = 0;
};

// Clients that ask, each again as soon as it has its answer, until `enough(answer)` of a 429.
struct Crowd {
  std::atomic<int> answered{0}, failed{0};
  void run(int port, const std::function<bool(const std::string&)>& enough) {
    std::vector<std::thread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&] {
        for (;;) {
          const std::string a = chat(port, "sk-one", 8);
          if (is(a, 200) && a.find("data: [DONE]") != std::string::npos) {
            ++answered;
            continue;
          }
          if (!is(a, 429)) {
            if (++failed == 1) ADD_FAILURE() << a;
            return;
          }
          if (enough(a)) return;
          std::this_thread::yield();
        }
      });
    }
    for (auto& c : clients) c.join();
  }
};

// ---- budgets ----

struct BudgetKind {
  const char* name;    // in the configuration
  const char* unit;    // of /metrics
  double per_unit;     // of what /metrics counts, in the configuration's unit
  const char* report;  // the report's field, in what /metrics counts
};

struct TrineBudgets : TrineLimits, ::testing::WithParamInterface<BudgetKind> {
  std::string write(double limit) const { return TrineLimits::write(Json::object(), Json{{GetParam().name, limit}}); }
  double spent(const Served& gateway) const {
    return gateway.metric(
        fmt::format(R"(trine_budget_spent{{scope="key",subject="one",unit="{}",period="month"}})", GetParam().unit));
  }
};

TEST_P(TrineBudgets, StopAKeyWhenTheyShouldUnder64StreamingClients) {
  const BudgetKind& kind = GetParam();
  ASSERT_GT(engine, 0);
  auto gateway = std::make_unique<Served>(write(1e-8));
  ASSERT_GT(gateway->traffic, 0);
  ASSERT_GT(gateway->admin, 0);

  // What one request may take where it runs alone: the most that can be reserved for one.
  const std::string alone = chat(gateway->traffic, "sk-one", 8);
  ASSERT_TRUE(is(alone, 400)) << alone;
  const double most = number_behind(alone, "this request alone may take ");
  ASSERT_GT(most, 0) << alone;
  write(60 * most);
  const double limit = 60 * most * kind.per_unit;
  gateway->signal(SIGHUP);
  ASSERT_TRUE(gateway->wait_for("reloaded: "));

  Crowd crowd;
  // Refused for good where nothing is under way that could give something back.
  crowd.run(gateway->traffic, [](const std::string& a) { return a.find(" spent, 0 reserved") != std::string::npos; });
  EXPECT_EQ(crowd.failed, 0);
  ASSERT_GT(crowd.answered, kClients);

  const double used = spent(*gateway);
  RecordProperty("requests", crowd.answered);
  RecordProperty("used_permille", static_cast<int>(used / limit * 1000));
  EXPECT_LE(used, limit + kClients * used / crowd.answered) << "as if all under way took twice what was reserved";
  EXPECT_GE(used, 0.98 * limit);

  const std::string refused = chat(gateway->traffic, "sk-one", 8);
  EXPECT_TRUE(is(refused, 429)) << refused;
  EXPECT_NE(refused.find(R"("code":"budget_exhausted")"), std::string::npos) << refused;
  EXPECT_NE(refused.find("ask green@example.org"), std::string::npos) << refused;
  EXPECT_GT(number_behind(refused, "retry-after: "), 0) << refused;
  EXPECT_TRUE(is(chat(gateway->traffic, "sk-two", 8), 200)) << "another key has no such budget";

  // Killed, it knows at its next start what was spent.
  gateway->end(SIGKILL);
  gateway = std::make_unique<Served>(file());
  const double exact = 1e-9 * kind.per_unit;
  EXPECT_NEAR(spent(*gateway), used, exact);
  EXPECT_NEAR(listed() * kind.per_unit, used, exact);
  EXPECT_NEAR(reported(kind.report), used, exact);
  EXPECT_TRUE(is(chat(gateway->traffic, "sk-one", 8), 429));
}

INSTANTIATE_TEST_SUITE_P(InEachUnit, TrineBudgets,
                         ::testing::Values(BudgetKind{"gco2e", "gCO2e", 1, "carbon_g"},
                                           BudgetKind{"eur", "EUR", 1, "cost"},
                                           BudgetKind{"kwh", "joules", 3.6e6, "energy_j"}),
                         [](const auto& p) { return std::string(p.param.name); });

// ---- rates ----

struct RateKind {
  const char* name;
  // Units that one request takes, and that are reserved for it, by its prompt's tokens as counted and as estimated.
  int64_t (*units)(int64_t in);
};

constexpr int64_t kOut = 8;  // tokens of each answer: asked for, and given

struct TrineRates : TrineLimits, ::testing::WithParamInterface<RateKind> {};

TEST_P(TrineRates, LetThroughWhatTheySayUnder64StreamingClients) {
  const RateKind& kind = GetParam();
  constexpr int64_t kRequests = 200;  // that a full bucket holds
  ASSERT_GT(engine, 0);
  auto gateway = std::make_unique<Served>(write(Json::object(), nullptr));
  const std::string alone = chat(gateway->traffic, "sk-two", kOut, {}, true);
  const auto in = static_cast<int64_t>(number_behind(alone, R"("prompt_tokens":)"));
  ASSERT_GT(in, 0) << alone;
  ASSERT_EQ(number_behind(alone, R"("completion_tokens":)"), kOut) << alone;
  const int64_t each = kind.units(in), reserved = kind.units(llm::count_estimate(kHello.size()));
  const int64_t bucket = kRequests * each;

  write(Json{{kind.name, bucket}}, nullptr);
  gateway->signal(SIGHUP);
  ASSERT_TRUE(gateway->wait_for("reloaded: "));
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<int> refused{0};
  Crowd crowd;
  crowd.run(gateway->traffic, [&](const std::string&) { return ++refused >= 20 * kClients; });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(crowd.failed, 0);
  const auto used = static_cast<double>(crowd.answered * each), full = static_cast<double>(bucket);
  RecordProperty("requests", crowd.answered);
  RecordProperty("used_permille", static_cast<int>(used / full * 1000));
  EXPECT_LE(used,
            full * (1 + took.count() / 60) + static_cast<double>(kClients * std::max<int64_t>(0, each - reserved)))
      << "the bucket, what flowed in meanwhile, and what those under way took beyond their reservation";
  EXPECT_GE(used, 0.98 * full);
  EXPECT_GE(gateway->metric(fmt::format(R"(trine_limit_refusals_total{{kind="{}"}})", kind.name)), refused);
  EXPECT_TRUE(is(chat(gateway->traffic, "sk-two", 8), 200)) << "another key has no such limit";

  // Buckets are in memory: after a kill they are full, and no more than full.
  gateway->end(SIGKILL);
  gateway = std::make_unique<Served>(file());
  EXPECT_TRUE(is(chat(gateway->traffic, "sk-one", 8), 200));
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, TrineRates,
                         ::testing::Values(RateKind{"rpm", [](int64_t) { return int64_t{1}; }},
                                           RateKind{"tpm", [](int64_t in) { return in + kOut; }},
                                           RateKind{"tpm_in", [](int64_t in) { return in; }},
                                           RateKind{"tpm_out", [](int64_t) { return kOut; }}),
                         [](const auto& p) { return std::string(p.param.name); });

// An engine that this machine can keep up with, also under a sanitizer: at a higher speed the first streams came to
// their end before the others had begun.
struct TrineConcurrency : TrineLimits {
  TrineConcurrency() : TrineLimits("2") {}
};

TEST_F(TrineConcurrency, IsExactAndAKilledGatewaysRequestsHoldNothing) {
  constexpr int kMost = 16;
  ASSERT_GT(engine, 0);
  write(Json{{"concurrency", kMost}}, nullptr);
  for (int round = 0; round < 2; ++round) {
    auto gateway = std::make_unique<Served>(file());
    ASSERT_GT(gateway->traffic, 0);
    std::atomic<int> begun{0}, refused{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&, port = gateway->traffic] {
        // Longer than it takes to refuse the others: nobody makes room for them.
        const std::string a = chat(port, "sk-one", 20'000, [&] { ++begun; });
        if (!is(a, 429)) return;
        --begun;  // that was its first byte
        ++refused;
      });
    }
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while ((refused < kClients - kMost || begun < kMost) && std::chrono::steady_clock::now() < patience)
      std::this_thread::yield();
    EXPECT_TRUE(is(chat(gateway->traffic, "sk-one", 8), 429));
    EXPECT_TRUE(is(chat(gateway->traffic, "sk-two", 8), 200)) << "another key has no such limit";
    gateway->end(SIGKILL);
    for (auto& c : clients) c.join();
    EXPECT_EQ(begun, kMost);
    EXPECT_EQ(refused, kClients - kMost);
  }
}

// ---- a kill ----

TEST_F(TrineLimits, WhatWasUnderWayWhenItWasKilledIsSpentToo) {
  const std::string series = R"(trine_budget_spent{scope="key",subject="one",unit="gCO2e",period="month"})";
  auto gateway = std::make_unique<Served>(write(Json::object(), Json{{"gco2e", 1e6}}));
  ASSERT_GT(gateway->traffic, 0);
  std::atomic<int> begun{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i)
    clients.emplace_back([&, port = gateway->traffic] { chat(port, "sk-one", 5000, [&] { ++begun; }); });
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (begun < kClients / 2 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_GE(begun, kClients / 2);
  const double settled = gateway->metric(series);
  gateway->end(SIGKILL);
  for (auto& c : clients) c.join();

  gateway = std::make_unique<Served>(file());
  const double spent = gateway->metric(series);
  EXPECT_GT(spent, settled) << "some were under way";
  EXPECT_NEAR(reported("carbon_g"), spent, 1e-9);
  EXPECT_NEAR(listed(), spent, 1e-9);
}

}  // namespace
}  // namespace trine::cli::limits_test
