// From a meter to final settlements: every microjoule of the counter is somebody's, or nobody's, once.
#include "gateway/metering/metering.h"

#include "gateway/settle/settle.h"
#include "integration/gateway/harness.h"
#include "integration/gateway/meter_page.h"

namespace trine::gateway::test {
namespace {

struct MeteringTest : testing::Test {
  MeteringTest() {
    page.body = [this] {
      return fmt::format("trine_sim_energy_microjoules_total{{UUID=\"GPU-1\",simulated=\"true\"}} {}\n", counter_uj);
    };
    sample.deployments = fmt::format(R"(
  - {{ name: fr, url: "http://127.0.0.1:{}/v1", model: gpt-oss-20b, engine: sim, gpu: RTX-4090, zone: FR, pue: 1.2, price: {{ per_hour: 0.36 }} }}
)",
                                     page.port());
    sample.routes = "\n  - { model: small, deployments: [fr] }\n";
    h.reload(sample);
  }
  void start() {
    metering.use(h.context.snapshot());
    ASSERT_NE(metering.set_of("fr"), nullptr);
    ASSERT_TRUE(h.until([&] { return device().frontier().has_value(); }));
  }
  ~MeteringTest() override {
    finish();
    close_page(h, page);
  }
  const MeteredSet& device() const { return *metering.set_of("fr"); }
  string trouble() const { return metering.feed_of("fr")->trouble(); }
  // One more second, in which the card draws so much, and its reading.
  void second(int64_t uj) {
    counter_uj += uj;
    spent += uj;
    const string before = trouble();
    h.advance(1s);
    ASSERT_TRUE(h.until([&] {
      if (page.broken) return trouble() != before;
      return trouble().empty() && device().frontier() == h.clock.wall();
    }));
    hand_over();
  }
  void hand_over() { test::hand_over(h, metering); }
  void finish() {
    if (!metering.set_of("fr")) return;
    test::finish(h, metering);
  }
  // An answer that takes so long, of so many tokens.
  Message serve(int in, int out, Nanos takes) {
    Client& client = h.send(chat());
    const Nanos whole = std::chrono::floor<std::chrono::seconds>(takes);
    for (Nanos t{0}; t < whole; t += 1s) second(200'000'000);
    h.engines["127.0.0.1"].side().send(json_answer(completion(usage_json(in, out))));
    h.settle();
    hand_over();
    return client.answer();
  }

  Harness h;
  MeterPage page{h.loop};
  Sample sample;
  Metering metering{h.loop, h.ledger->back_office()};
  int64_t counter_uj = 5'000'000'000;
  int64_t spent = 0;
};

TEST_F(MeteringTest, SettlementsAndWhatIsNobodysAddUpToTheCounterExactly) {
  start();
  for (int i = 0; i < 3; ++i) second(33'333'333);  // idle
  const Message one = serve(800, 120, 3s);
  EXPECT_FALSE(h.record(one).final()) << "its windows are not closed";
  const Message two = serve(20, 7, 2s);
  EXPECT_NE(one.body.find(R"("final":false)"), string::npos);
  for (int i = 0; i < 4; ++i) second(33'333'334);
  finish();

  ASSERT_TRUE(h.ledger->flush());
  const auto report = h.ledger->reports().query({.since = from_unix_ns(0),
                                                 .until = from_unix_ns(4'000'000'000'000'000'000),
                                                 .by = ledger::By::deployment,
                                                 .workload = {},
                                                 .key = {},
                                                 .deployment = {},
                                                 .zone = {}});
  ASSERT_TRUE(report);
  const auto& row = report->total;
  EXPECT_EQ(row.sums.gpu_energy.raw() + row.unattributed.gpu_energy.raw() + row.foreign.gpu_energy.raw(), spent);
  EXPECT_GT(row.sums.gpu_energy.raw(), 0);
  EXPECT_GT(row.unattributed.gpu_energy.raw(), 0);

  for (const Message* m : {&one, &two}) {
    const auto record = h.record(*m);
    EXPECT_TRUE(record.final());
    ASSERT_EQ(record.calls.at(0).settlements.size(), 2u) << "provisional, then final";
    EXPECT_EQ(record.calls[0].settlements[1].basis, energy::Basis::final);
    EXPECT_EQ(record.calls[0].settlements[1].figures.letter, energy::Letter::S);
  }
  EXPECT_GT(h.record(one).calls[0].settlements[1].figures.gpu_energy,
            h.record(two).calls[0].settlements[1].figures.gpu_energy);
}

TEST_F(MeteringTest, WindowsAreCutWhereElectricityChangesItsPriceAndCostTheirSlots) {
  const Wall change = std::chrono::floor<std::chrono::minutes>(h.clock.wall()) + 1min;
  const string hours = iso8601(change).substr(11, 5);
  sample.deployments.replace(
      sample.deployments.find("price: {"), string::npos,
      fmt::format("price: {{ per_hour: 0.36, electricity_tariff: {{ default: 0.4, slots: [ {{ hours: "
                  "\"{}-{}\", price: 0.1 }} ] }} }} }}\n",
                  hours, iso8601(change + 1h).substr(11, 5)));
  h.reload(sample);
  h.advance(change - h.clock.wall() - 4500ms);  // readings do not fall on the change
  start();
  for (int i = 0; i < 8; ++i) second(100'000'000);
  finish();
  ASSERT_TRUE(h.ledger->flush());
  const auto windows = h.ledger->reports().windows("fr", change - 1h, change + 1h);
  ASSERT_TRUE(windows);
  int before = 0, after = 0;
  for (const auto& w : *windows) {
    EXPECT_FALSE(w.begin < change && w.end > change) << "no window holds two prices";
    const double kwh = w.begin < change ? 0.4 : 0.1;
    EXPECT_NEAR(static_cast<double>(w.total.cost.raw()),
                (0.36 * seconds(w.end - w.begin) / 3600 + kwh * to_kwh(w.total.energy)) * 1e9, 2);
    ++(w.begin < change ? before : after);
  }
  EXPECT_GT(before, 0);
  EXPECT_GT(after, 0);
}

TEST_F(MeteringTest, AStreamIsTakenIntoAccountWhileItRuns) {
  start();
  h.engines["127.0.0.1"].on_request = streams(token("a") + token("b"));
  Client& client = h.send(chat(kHelloStream));
  hand_over();
  second(100'000'000);
  EXPECT_EQ(h.context.running.size(), 1u);
  h.engines["127.0.0.1"].side().send(chunk(token("c") + usage_event(10, 3) + kDone) + string(kLastChunk));
  h.settle();
  for (int i = 0; i < 4; ++i) second(20'000'000);
  finish();
  EXPECT_TRUE(h.record(client.answer()).final());
}

TEST_F(MeteringTest, ALongStreamsPromptIsToldBeforeItsWindowCloses) {
  start();
  h.engines["127.0.0.1"].on_request = streams(token("a"));
  Client& client = h.send(chat(kHelloStream));
  ASSERT_EQ(h.context.running.size(), 1u);
  const auto told = [&] {  // what metering hears of the call at the worker's next tick
    feed_progress(**h.context.running.begin());
    h.feed.flush();
    energy::Work sum;
    for (const CallNote& n : h.notes) {
      sum.fresh += n.slice.work.fresh;
      sum.out += n.slice.work.out;
    }
    metering.take(std::exchange(h.notes, {}));
    return sum;
  };
  const auto relay = [&](string_view text) {
    h.engines["127.0.0.1"].side().send(chunk(token(string(text))));
    h.settle();
  };
  EXPECT_EQ(told().fresh, 0) << "it may still end with the engine's own figure";
  h.advance(1s);
  relay("b");
  const energy::Work second = told();
  const double guess = second.fresh;
  EXPECT_GT(guess, 0);
  EXPECT_EQ(second.out, 1);
  h.advance(1s);
  relay("c");
  EXPECT_EQ(told().fresh, 0) << "once";
  h.engines["127.0.0.1"].side().send(chunk(usage_event(500, 3) + kDone) + string(kLastChunk));
  h.settle();
  h.feed.flush();
  energy::Work rest;
  for (const CallNote& n : h.notes) rest.fresh += n.slice.work.fresh, rest.out += n.slice.work.out;
  EXPECT_DOUBLE_EQ(rest.fresh, 500 - guess) << "what the estimate missed";
  EXPECT_EQ(rest.out, 0);
  hand_over();
  (void)client.answer();
}

TEST_F(MeteringTest, AMeterThatFailsIsSaidAndComesBack) {
  start();
  page.broken = true;
  second(50'000'000);
  EXPECT_FALSE(trouble().empty());
  page.broken = false;
  second(50'000'000);
  EXPECT_EQ(trouble(), "");
  const Message m = serve(20, 7, 1s);
  for (int i = 0; i < 4; ++i) second(20'000'000);
  finish();
  EXPECT_TRUE(h.record(m).final()) << "the counter has what the gap had";
}

TEST_F(MeteringTest, AMeterThatIsSilentIsStoodInFor) {
  start();
  second(20'000'000);
  page.broken = true;
  Client& client = h.send(chat());
  hand_over();
  h.engines["127.0.0.1"].side().send(json_answer(completion(usage_json(800, 100))));
  h.settle();
  hand_over();
  for (int i = 0; i < 40; ++i) second(20'000'000);
  const Message m = client.answer();
  EXPECT_TRUE(h.record(m).final()) << "by an estimate, which says so";
}

TEST_F(MeteringTest, ADeviceOutlastsAReloadUnlessItsHardwareChanges) {
  start();
  const MeteredSet* before = &device();
  h.reload(sample);
  metering.use(h.context.snapshot());
  EXPECT_EQ(&device(), before);
  Sample other = sample;
  other.deployments.replace(other.deployments.find("pue: 1.2"), 8, "pue: 1.4");
  h.reload(other);
  metering.use(h.context.snapshot());
  EXPECT_NE(&device(), before);
  Sample unmetered = sample;
  unmetered.deployments.replace(unmetered.deployments.find("engine: sim"), 11, "engine: tgi");
  h.reload(unmetered);
  metering.use(h.context.snapshot());
  EXPECT_EQ(metering.set_of("fr"), nullptr);
  h.advance(2s);
}

TEST_F(MeteringTest, NotesOfWhatItDoesNotKnowAreIgnored) {
  start();
  const CallId unknown{RequestId{1, 2}, 0};
  metering.take({{.kind = CallNote::Kind::worked, .call = unknown}, {.kind = CallNote::Kind::closed, .call = unknown}});
  auto gone = std::make_shared<Deployment>();
  gone->name = "gone";
  metering.take({{.kind = CallNote::Kind::opened, .call = unknown, .deployment = gone}});
  second(1'000);
  EXPECT_EQ(trouble(), "");
}

}  // namespace
}  // namespace trine::gateway::test
