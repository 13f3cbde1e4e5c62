// Prefix affinity on the real path: the gateway before four simulated engines, whose caches together hold all documents
// and each of which holds less than half, in virtual time.
#include <random>

#include "integration/gateway/harness.h"
#include "sim/service.h"

namespace trine::gateway::test::affinity_test {
namespace {

// One simulated engine behind a host name.
class SimEngine final : net::Timer {
 public:
  SimEngine(Harness& h, const string& host, Tokens cache) : net::Timer(h.loop) {
    sim::SimOptions o;
    o.spec.model = "gpt-oss-20b";
    o.spec.gpu = "NVIDIA GeForce RTX 4090";
    o.spec.curve = {joules(0.05), joules(3), joules(0.025), joules(0.002)};
    o.spec.idle = Power{20};
    o.spec.kv_tokens = cache;
    service_ = sim::Service::create(std::move(o), h.clock).value();
    h.engines[host].on_request = [this](EngineSide& side, const Message& m) {
      const string path = m.start.substr(5, m.start.find(' ', 5) - 5);
      service_->start({"POST", path, m.body}, *answers_.emplace_back(std::make_unique<Answer>(side)));
      wind();
    };
  }
  const sim::EngineStats& stats() const { return service_->engine().stats(); }

 private:
  struct Answer final : sim::Sink {
    explicit Answer(EngineSide& to) : side(to) {}
    void reply(sim::Reply r) override { side.send(json_answer(r.body, r.status)); }
    void open(sim::Reply) override { side.send(kStreamHead); }
    void data(string bytes) override { side.send(chunk(bytes)); }
    void end() override { side.send(kLastChunk); }
    void drop() override { side.leave(); }
    EngineSide& side;
  };
  void wind() {
    if (const auto wait = service_->until_next()) arm(*wait);
  }
  void expired() override {
    service_->advance();
    wind();
  }
  std::unique_ptr<sim::Service> service_;
  std::deque<std::unique_ptr<Answer>> answers_;
};

string document(size_t n) {
  std::mt19937_64 random(n);
  string text;
  while (text.size() < 4000) text += fmt::format("clause {} of {}, ", random() % 1'000'000, n);
  return text;
}

constexpr Tokens kCache = 12'000;  // of one engine: ten of the 24 documents

struct Outcome {
  double hit_rate = 0;  // of all prompt tokens
  double eur = 0;
  double joules = 0;
  std::vector<int64_t> calls;
};

// 400 questions on 24 documents, Poisson, two a second.
Outcome ask_about_documents(const string& route, const string& price, uint64_t seed) {
  Sample s;
  s.deployments = "\n";
  for (int i = 1; i <= 4; ++i)
    s.deployments += fmt::format(
        "  - {{ name: r{0}, url: \"http://r{0}.test/v1\", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: {{ {1} "
        "}} "
        "}}\n",
        i, price);
  s.routes = "\n  - { model: small, deployments: [r1, r2, r3, r4], " + route + " }\n";
  Harness h(s);
  std::deque<SimEngine> engines;
  for (int i = 1; i <= 4; ++i) engines.emplace_back(h, fmt::format("r{}.test", i), kCache);

  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap(2);
  std::vector<Client*> clients;
  for (int i = 0; i < 400; ++i) {
    h.advance(from_seconds(gap(random)));
    const string content = fmt::format("{} Question {}?", document(random() % 24), random() % 1000);
    clients.push_back(&h.send(chat(
        fmt::format(R"({{"model":"small","max_tokens":40,"messages":[{{"role":"user","content":"{}"}}]}})", content))));
  }
  h.advance(60s);
  for (Client* c : clients) EXPECT_EQ(c->answer().status, 200);
  Outcome o;
  Tokens asked = 0, hit = 0;
  for (const SimEngine& e : engines) {
    asked += e.stats().cache_queries;
    hit += e.stats().cache_hits;
    o.calls.push_back(static_cast<int64_t>(e.stats().finished_stop + e.stats().finished_length));
  }
  o.hit_rate = static_cast<double>(hit) / static_cast<double>(asked);
  o.eur = to_euros(h.total().cost);
  o.joules = to_joules(h.total().energy);
  return o;
}

TEST(PrefixAffinity, KeepsDocumentsWhereTheirCachesAre) {
  const string price = "input_per_mtok: 1, cached_input_per_mtok: 0.1, output_per_mtok: 2";
  const string by_cost = "weights: { cost: 1, control: 0, carbon: 0 }";
  const Outcome with = ask_about_documents(by_cost, price, 20261128);
  const Outcome without = ask_about_documents(by_cost + ", prefix_affinity: false", price, 20261128);
  RecordProperty("hit_rate_with", fmt::format("{:.3f}", with.hit_rate));
  RecordProperty("hit_rate_without", fmt::format("{:.3f}", without.hit_rate));
  fmt::print(
      "hit rate {:.3f} against {:.3f}, EUR {:.4f} against {:.4f}, J {:.0f} against {:.0f}; calls {} against {}\n",
      with.hit_rate, without.hit_rate, with.eur, without.eur, with.joules, without.joules, fmt::join(with.calls, " "),
      fmt::join(without.calls, " "));
  EXPECT_GT(with.hit_rate, 0.8);
  EXPECT_GT(with.hit_rate, 1.5 * without.hit_rate);
  EXPECT_LT(with.eur, 0.8 * without.eur) << "it is on the bill";
  for (const int64_t n : with.calls) EXPECT_LT(n, 2 * 400 / 4) << "and nobody has it all";
}

// By the hour the fuller batch is cheaper: the two pull in different directions, and the bill decides between them.
TEST(PrefixAffinity, NeverCostsMoreThanItSavesOnHardwareByTheHour) {
  const string even = "weights: { cost: 0.5, control: 0, carbon: 0.5 }";
  const Outcome with = ask_about_documents(even, "per_hour: 0.4", 7);
  const Outcome without = ask_about_documents(even + ", prefix_affinity: false", "per_hour: 0.4", 7);
  fmt::print(
      "hit rate {:.3f} against {:.3f}, EUR {:.4f} against {:.4f}, J {:.0f} against {:.0f}; calls {} against {}\n",
      with.hit_rate, without.hit_rate, with.eur, without.eur, with.joules, without.joules, fmt::join(with.calls, " "),
      fmt::join(without.calls, " "));
  EXPECT_GE(with.hit_rate, without.hit_rate);
  EXPECT_LE(with.eur, without.eur * 1.02);
}

}  // namespace
}  // namespace trine::gateway::test::affinity_test
