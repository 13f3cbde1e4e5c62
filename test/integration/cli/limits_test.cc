// Limits and budgets of the real program: 64 clients that stream from a simulated engine, a kill in the middle, a
// reload.
#include <atomic>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "integration/cli/ask.h"
#include "integration/cli/program.h"

namespace trine::cli {
namespace {

using namespace testing;
using Json = nlohmann::json;

constexpr int kClients = 64;

int port_behind(const std::string& line, const std::string& scheme) {
  const size_t at = line.find(scheme);
  return at == std::string::npos ? 0 : std::atoi(line.c_str() + at + scheme.size());
}

std::string chat(int port, const std::string& key, int tokens, const std::function<void()>& first = {}) {
  const std::string body = Json{{"model", "m"},
                                {"stream", true},
                                {"max_tokens", tokens},
                                {"ignore_eos", true},
                                {"messages", {{{"role", "user"}, {"content", "Hello there"}}}}}
                               .dump();
  return ask(port,
             "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer " + key +
                 "\r\ncontent-type: application/json\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" +
                 body,
             first);
}

bool is(const std::string& answer, int status) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status));
}

// The number behind the last `before`; NaN where there is none.
double number_behind(const std::string& text, const std::string& before) {
  const size_t at = text.rfind(before);
  return at == std::string::npos ? std::nan("") : std::strtod(text.c_str() + at + before.size(), nullptr);
}

// `trine serve`, with the ports that it says on standard error.
class Served {
 public:
  explicit Served(const std::string& config) : pid_(spawn_trine({"serve", "-c", config}, STDERR_FILENO, err_.write)) {
    err_.close_write();
    wait_for("ready: ");
    traffic = port_behind(last_, "http://127.0.0.1:");
    admin = port_behind(last_, "(traffic), http://127.0.0.1:");
  }
  ~Served() { end(SIGKILL); }
  void wait_for(const std::string& text) {
    for (last_.clear(); last_.find(text) == std::string::npos;) {
      last_.clear();
      char c = 0;
      while (::read(err_.read, &c, 1) == 1 && c != '\n') last_ += c;
      if (c == 0) break;  // it has ended
    }
  }
  void signal(int s) const { ::kill(pid_, s); }
  int end(int s) {
    if (pid_ <= 0) return -1000;
    ::kill(pid_, s);
    return status_of(std::exchange(pid_, -1));
  }
  double metric(const std::string& series) const {
    return number_behind(ask(admin, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
                         "\n" + series + " ");
  }
  int traffic = 0, admin = 0;

 private:
  Pipe err_;
  pid_t pid_;
  std::string last_;
};

const std::string kSpent = R"(trine_budget_spent{scope="key",subject="one",unit="gCO2e",period="month"})";

struct TrineLimits : ::testing::Test {
  TrineLimits()
      : sim({"engine-sim", "--listen", "127.0.0.1:0", "--model", "gpt-oss-20b", "--gpu", "A100-PCIe-80GB",
             "--time-scale", "50"}) {
    engine = port_behind(sim.line(), "http://127.0.0.1:");
  }
  std::string write(double grams) const {
    const Json config{{"listen", {{"traffic", "127.0.0.1:0"}, {"admin", "127.0.0.1:0"}}},
                      {"ledger", {{"dir", (dir.path() / "ledger").string()}}},
                      {"grid", {{"zones", {{"DE", {{"g_per_kwh", 400}}}}}, {"cache", (dir.path() / "grid").string()}}},
                      {"limits", {{"contact", "green@example.org"}}},
                      {"keys", {{{"id", "one"}, {"secret", "sk-one"}}, {{"id", "two"}, {"secret", "sk-two"}}}},
                      {"budgets", {{{"for", {{"key", "one"}}}, {"gco2e", grams}}}},
                      {"deployments",
                       {{{"name", "sim"},
                         {"url", "http://127.0.0.1:" + std::to_string(engine) + "/v1"},
                         {"engine", "sim"},
                         {"model", "gpt-oss-20b"},
                         {"gpu", "A100-PCIe-80GB"},
                         {"zone", "DE"},
                         {"price", {{"per_hour", 1.2}}}}}},
                      {"routes", {{{"model", "m"}, {"deployments", {"sim"}}}}}};
    return dir.file("trine.yaml", config.dump());
  }
  // What `trine budgets list` and `trine report` say, in grams.
  double listed() const {
    const Ran ran = run_trine({"budgets", "list", "--json", "-c", (dir.path() / "trine.yaml").string()});
    EXPECT_EQ(ran.status, 0) << ran.err;
    return ran.status == 0 ? Json::parse(ran.out)["budgets"][0]["spent"].get<double>() : std::nan("");
  }
  double reported() const {
    const Ran ran =
        run_trine({"report", "--json", "--by", "key", "--key", "one", "-c", (dir.path() / "trine.yaml").string()});
    EXPECT_EQ(ran.status, 0) << ran.err;
    return ran.status == 0 ? Json::parse(ran.out)["total"]["carbon_g"].get<double>() : std::nan("");
  }

  TempDir dir;
  Background sim;
  int engine = 0;
};

TEST_F(TrineLimits, ACarbonBudgetStopsAKeyWhenItShouldUnder64StreamingClients) {
  ASSERT_GT(engine, 0);
  auto gateway = std::make_unique<Served>(write(1e-6));
  ASSERT_GT(gateway->traffic, 0);
  ASSERT_GT(gateway->admin, 0);

  // What one request may take where it runs alone: the most that can be reserved for one.
  const std::string alone = chat(gateway->traffic, "sk-one", 8);
  ASSERT_TRUE(is(alone, 400)) << alone;
  const double most = number_behind(alone, "this request alone may take ");
  ASSERT_GT(most, 0) << alone;
  const double limit = 60 * most;
  write(limit);
  gateway->signal(SIGHUP);
  gateway->wait_for("reloaded: ");

  std::atomic<int> answered{0}, failed{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, port = gateway->traffic] {
      for (;;) {
        const std::string a = chat(port, "sk-one", 8);
        if (is(a, 200) && a.find("data: [DONE]") != std::string::npos) {
          ++answered;
          continue;
        }
        if (!is(a, 429)) {
          ++failed;
          return;
        }
        // Refused for good where nothing is under way that could give something back.
        if (a.find(" spent, 0 reserved") != std::string::npos) return;
        std::this_thread::yield();
      }
    });
  }
  for (auto& c : clients) c.join();
  EXPECT_EQ(failed, 0);
  ASSERT_GT(answered, kClients);

  const double spent = gateway->metric(kSpent);
  RecordProperty("requests", answered);
  RecordProperty("used_permille", static_cast<int>(spent / limit * 1000));
  EXPECT_LE(spent, limit + kClients * spent / answered) << "as if all under way took twice what was reserved";
  EXPECT_GE(spent, 0.98 * limit);

  const std::string refused = chat(gateway->traffic, "sk-one", 8);
  EXPECT_TRUE(is(refused, 429)) << refused;
  EXPECT_NE(refused.find(R"("code":"budget_exhausted")"), std::string::npos) << refused;
  EXPECT_NE(refused.find("ask green@example.org"), std::string::npos) << refused;
  EXPECT_GT(number_behind(refused, "retry-after: "), 0) << refused;
  EXPECT_TRUE(is(chat(gateway->traffic, "sk-two", 8), 200)) << "another key has no such budget";

  // Killed, it knows at its next start what was spent.
  gateway->end(SIGKILL);
  gateway = std::make_unique<Served>((dir.path() / "trine.yaml").string());
  EXPECT_NEAR(gateway->metric(kSpent), spent, 1e-9);
  EXPECT_NEAR(listed(), spent, 1e-9);
  EXPECT_NEAR(reported(), spent, 1e-9);
  EXPECT_TRUE(is(chat(gateway->traffic, "sk-one", 8), 429));
}

TEST_F(TrineLimits, WhatWasUnderWayWhenItWasKilledIsSpentToo) {
  auto gateway = std::make_unique<Served>(write(1e6));
  ASSERT_GT(gateway->traffic, 0);
  std::atomic<int> begun{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i)
    clients.emplace_back([&, port = gateway->traffic] { chat(port, "sk-one", 5000, [&] { ++begun; }); });
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (begun < kClients / 2 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_GE(begun, kClients / 2);
  const double settled = gateway->metric(kSpent);
  gateway->end(SIGKILL);
  for (auto& c : clients) c.join();

  gateway = std::make_unique<Served>((dir.path() / "trine.yaml").string());
  const double spent = gateway->metric(kSpent);
  EXPECT_GT(spent, settled) << "some were under way";
  EXPECT_NEAR(reported(), spent, 1e-9);
  EXPECT_NEAR(listed(), spent, 1e-9);
}

}  // namespace
}  // namespace trine::cli
