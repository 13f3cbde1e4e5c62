// Deployments on one's own hardware with the meters that exist: DCGM, Kepler, vLLM's counters.
#include "gateway/metering/metering.h"
#include "integration/gateway/harness.h"
#include "integration/gateway/meter_page.h"

namespace trine::gateway::test::meters_test {
namespace {

struct MetersTest : testing::Test {
  MetersTest() {
    gpus.body = [this] {
      string page;
      for (size_t i = 0; i < mj.size(); ++i)
        page += fmt::format(
            "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{gpu=\"{0}\",UUID=\"GPU-{0}\",Hostname=\"n1\"}} {1}\n", i, mj[i]);
      return page;
    };
    engine.body = [this] {
      return fmt::format(
          "vllm:num_requests_running{{engine=\"0\",model_name=\"m\"}} 1\n"
          "vllm:prompt_tokens_total{{engine=\"0\",model_name=\"m\"}} {}\n"
          "vllm:generation_tokens_total{{engine=\"0\",model_name=\"m\"}} {}\n",
          prompt, generated);
    };
    host.body = [this] {
      return fmt::format("kepler_node_cpu_joules_total{{node_name=\"n1\",zone=\"package\"}} {}\n", host_j);
    };
  }
  ~MetersTest() override {
    finish();
    for (MeterPage* p : {&gpus, &engine, &host}) close_page(h, *p);
  }

  // A deployment on meter "node", of so many GPUs; `more` are further keys.
  string deployment(string_view name, int n, string_view more = "") const {
    return fmt::format(
        "  - {{ name: {}, url: \"http://engine-{}:8000/v1\", model: gpt-oss-20b, engine: vllm, gpu: H100-SXM5-80GB, "
        "gpus: {}, "
        "zone: FR, pue: 1.2, price: {{ per_hour: 2 }}, meter: node, metrics_url: \"http://127.0.0.1:{}\"{} }}\n",
        name, name, n, engine.port(), more);
  }
  void start(string deployments, string_view routed, string_view more_meters = "") {
    sample.deployments = "\n" + deployments;
    sample.routes = fmt::format("\n  - {{ model: small, deployments: [{}] }}\n", routed);
    sample.more = fmt::format("meters:\n  - {{ name: node, kind: dcgm, url: \"http://127.0.0.1:{}\" }}\n{}",
                              gpus.port(), more_meters);
    h.reload(sample);
    metering.use(h.context.snapshot());
    ASSERT_TRUE(h.until([&] { return gpus.reads > 0 && engine.reads > 0; }));
  }
  // One more second in which each GPU draws so many millijoules.
  void second(int64_t each_mj) {
    for (int64_t& c : mj) c += each_mj;
    host_j += 100;
    const int before = gpus.reads, engine_before = engine.reads;
    h.advance(1s);
    ASSERT_TRUE(h.until([&] { return gpus.reads > before && engine.reads > engine_before; }));
    h.settle();
    hand_over();
  }
  void hand_over() { test::hand_over(h, metering); }
  void finish() {
    if (std::exchange(finished, true)) return;
    test::finish(h, metering);
  }
  Message serve(string_view where, int in, int out) {
    Client& client = h.send(chat());
    second(300'000);
    h.engines[string(where)].side().send(json_answer(completion(usage_json(in, out))));
    h.settle();
    hand_over();
    prompt += in;
    generated += out;
    return client.answer();
  }
  ledger::ReportRow total() {
    EXPECT_TRUE(h.ledger->flush());
    const auto report = h.ledger->reports().query({.since = from_unix_ns(0),
                                                   .until = from_unix_ns(4'000'000'000'000'000'000),
                                                   .by = ledger::By::deployment,
                                                   .workload = {},
                                                   .key = {},
                                                   .deployment = {},
                                                   .zone = {}});
    if (!report) throw std::runtime_error(report.error().message);
    return report->total;
  }
  int64_t spent_uj(std::initializer_list<size_t> of) const {
    int64_t sum = 0;
    for (const size_t i : of) sum += (mj[i] - first_mj[i]) * 1000;
    return sum;
  }

  Harness h;
  MeterPage gpus{h.loop}, engine{h.loop}, host{h.loop};
  std::vector<int64_t> mj = {250'000'000'000, 260'000'000'000};
  const std::vector<int64_t> first_mj = mj;
  int64_t prompt = 1000, generated = 7'000'000, host_j = 5'000;
  Sample sample;
  Metering metering{h.loop, h.ledger->back_office()};
  bool finished = false;
};

TEST_F(MetersTest, TwoGpusByDcgmAddUpToTheMicrojoule) {
  start(deployment("a", 2), "a");
  for (int i = 0; i < 5; ++i) second(70'001);
  const Message m = serve("engine-a", 500, 80);
  for (int i = 0; i < 5; ++i) second(70'003);
  finish();
  const auto row = total();
  EXPECT_EQ(row.sums.gpu_energy.raw() + row.unattributed.gpu_energy.raw() + row.foreign.gpu_energy.raw(),
            spent_uj({0, 1}));
  const auto record = h.record(m);
  ASSERT_TRUE(record.final());
  EXPECT_EQ(record.calls[0].settlements.back().figures.letter, energy::Letter::B)
      << "metered, idle power seen, engine counters known; the grid's value is annual";
}

TEST_F(MetersTest, AGpuOfItsOwnByItsNumber) {
  start(deployment("a", 1, ", devices: [\"1\"]"), "a");
  for (int i = 0; i < 5; ++i) second(70'000);
  finish();
  EXPECT_EQ(total().unattributed.gpu_energy.raw(), spent_uj({1}));
}

TEST_F(MetersTest, TwoModelsShareAGpu) {
  start(deployment("a", 1, ", devices: [GPU-0]") + deployment("b", 1, ", devices: [GPU-0]"), "a, b");
  EXPECT_EQ(metering.set_of("a"), metering.set_of("b"));
  for (int i = 0; i < 3; ++i) second(70'000);
  const Message m = serve("engine-a", 500, 80);
  for (int i = 0; i < 4; ++i) second(70'000);
  finish();
  EXPECT_TRUE(h.record(m).final());
  const auto row = total();
  EXPECT_EQ(row.sums.gpu_energy.raw() + row.unattributed.gpu_energy.raw(), spent_uj({0}));
}

TEST_F(MetersTest, AMeterThatShowsOtherGpusIsRefusedWithWhatItShows) {
  start(deployment("a", 1), "a");
  second(70'000);
  EXPECT_NE(metering.set_of("a")->trouble().find("shows 2 GPUs, but the deployment has 1"), string::npos)
      << metering.set_of("a")->trouble();
  const Message m = serve("engine-a", 500, 80);
  EXPECT_FALSE(h.record(m).final()) << "nothing is attributed from somebody else's joules";
  for (int i = 0; i < 40; ++i) second(70'000);
  const auto record = h.record(m);
  ASSERT_TRUE(record.final()) << "settled by an estimate in the end";
  EXPECT_EQ(record.calls[0].settlements.back().figures.letter, energy::Letter::C);
}

TEST_F(MetersTest, IdleTimeOfASilentMeterIsNoCalls) {
  start(deployment("a", 2), "a");
  second(70'000);
  gpus.broken = true;
  for (int i = 0; i < 100; ++i) second(70'000);
  const Message m = serve("engine-a", 500, 80);
  for (int i = 0; i < 40; ++i) second(70'000);
  const auto record = h.record(m);
  ASSERT_TRUE(record.final());
  EXPECT_LT(to_joules(record.calls[0].settlements.back().figures.gpu_energy), 42 * 2 * 70.0)
      << "the hundred seconds before it are nobody's";
  EXPECT_GT(to_joules(total().unattributed.gpu_energy), 90 * 2 * 40.0);
}

TEST_F(MetersTest, ACallGoesOnWhenItsDeploymentIsRenamedAndNothingCountsTwice) {
  start(deployment("a", 2), "a");
  for (int i = 0; i < 3; ++i) second(70'001);
  Client& client = h.send(chat());
  second(300'000);
  sample.deployments = "\n" + deployment("b", 2);
  sample.routes = "\n  - { model: small, deployments: [b] }\n";
  h.reload(sample);
  metering.use(h.context.snapshot());
  EXPECT_EQ(metering.set_of("a"), nullptr);
  EXPECT_NEAR(metering.set_of("b")->idle_w(), 2 * 70.0, 1) << "it is the same hardware";
  second(300'000);
  h.engines["engine-a"].side().send(json_answer(completion(usage_json(500, 80))));
  h.settle();
  hand_over();
  prompt += 500, generated += 80;
  for (int i = 0; i < 5; ++i) second(70'003);
  finish();
  const auto record = h.record(client.answer());
  ASSERT_TRUE(record.final());
  const auto row = total();
  EXPECT_EQ(row.sums.gpu_energy, record.calls[0].settlements.back().figures.gpu_energy);
  EXPECT_EQ(row.sums.gpu_energy.raw() + row.unattributed.gpu_energy.raw() + row.foreign.gpu_energy.raw(),
            spent_uj({0, 1}));
}

TEST_F(MetersTest, WorkThatWeDidNotSendIsForeign) {
  start(deployment("a", 2), "a");
  for (int i = 0; i < 240; ++i) {
    generated += 400;
    second(300'000);
  }
  finish();
  const auto row = total();
  EXPECT_GT(row.foreign.gpu_energy.raw(), row.unattributed.gpu_energy.raw() / 2);
  EXPECT_EQ(row.foreign.gpu_energy.raw() + row.unattributed.gpu_energy.raw(), spent_uj({0, 1}));
  EXPECT_EQ(row.sums.requests, 0);
}

TEST_F(MetersTest, TheServersEnergyIsMeteredWhereAMeterIsNamed) {
  start(deployment("a", 2, ", host_meter: server, server_gpus: 4"), "a",
        fmt::format("  - {{ name: server, kind: kepler, url: \"http://127.0.0.1:{}\" }}\n", host.port()));
  for (int i = 0; i < 20; ++i) second(50'000);
  finish();
  const auto idle = total().unattributed;
  // 100 W of GPUs and half of a server of 100 W, PUE 1.2: 180 W. Modelled, the server would be 2 x 150 W.
  const double gpu_j = to_joules(idle.gpu_energy), facility_j = to_joules(idle.energy);
  EXPECT_NEAR(facility_j / gpu_j, 1.8, 0.2);
}

TEST_F(MetersTest, AServerThatItsMeterDoesNotShowIsSaidAndStaysSaid) {
  start(deployment("a", 2, ", host_meter: server, server_gpus: 4"), "a",
        fmt::format("  - {{ name: server, kind: dcgm, url: \"http://127.0.0.1:{}\" }}\n", gpus.port()));
  for (int i = 0; i < 5; ++i) second(50'000);
  EXPECT_EQ(metering.set_of("a")->trouble(), "meter server shows no server.");
}

TEST_F(MetersTest, OfSeveralServersNoneIsTakenUnlessItIsNamed) {
  host.body = [this] {
    return fmt::format(
        "kepler_node_cpu_joules_total{{node_name=\"n1\",zone=\"package\"}} {}\n"
        "kepler_node_cpu_joules_total{{node_name=\"n2\",zone=\"package\"}} {}\n",
        host_j, 9 * host_j);
  };
  start(deployment("a", 2, ", host_meter: server"), "a",
        fmt::format("  - {{ name: server, kind: kepler, url: \"http://127.0.0.1:{}\" }}\n", host.port()));
  for (int i = 0; i < 40; ++i) second(50'000);
  EXPECT_EQ(metering.set_of("a")->trouble(), "meter server shows several servers; say which with its host.");
  finish();
  // 100 W of GPUs and a server that is modelled at 2 x 150 W, PUE 1.2.
  const auto idle = total().unattributed;
  EXPECT_NEAR(to_joules(idle.energy) / to_joules(idle.gpu_energy), 4.8, 0.01);
}

TEST_F(MetersTest, AMeterThatCannotBeOpenedIsSaidAndStoodInFor) {
  start(deployment("a", 2, ", host_meter: server"), "a",
        "  - { name: server, kind: kepler, url: \"https://127.0.0.1:1\", ca: /nonexistent/ca.pem }\n");
  const string own = deployment("a", 2);
  sample.more = "meters:\n  - { name: node, kind: dcgm, url: \"https://127.0.0.1:1\", ca: /nonexistent/ca.pem }\n";
  sample.deployments = "\n" + own;
  h.reload(sample);
  metering.use(h.context.snapshot());
  ASSERT_TRUE(h.until([&] { return !metering.feed_of("a")->trouble().empty(); }));
  EXPECT_NE(metering.feed_of("a")->trouble().find("/nonexistent/ca.pem"), string::npos);
  Client& client = h.send(chat());
  h.engines["engine-a"].side().send(json_answer(completion(usage_json(500, 80))));
  h.settle();
  hand_over();
  for (int i = 0; i < 40; ++i) {
    const int before = engine.reads;
    h.advance(1s);
    ASSERT_TRUE(h.until([&] { return engine.reads > before; }));
  }
  const auto record = h.record(client.answer());
  ASSERT_TRUE(record.final()) << "by an estimate";
  EXPECT_EQ(record.calls[0].settlements.back().figures.letter, energy::Letter::C);
}

}  // namespace
}  // namespace trine::gateway::test::meters_test
