// From a meter to final settlements: every microjoule of the counter is somebody's, or nobody's, once.
#include "gateway/metering/metering.h"

#include <fstream>

#include "gateway/settle/settle.h"
#include "integration/gateway/harness.h"
#include "integration/gateway/meter_page.h"

namespace trine::gateway::test::metering_test {
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

// A quarter of an hour of 100 g/kWh, then 400, as a file says it.
struct MeteringOverAQuarter : MeteringTest {
  MeteringOverAQuarter() {
    const Wall hour = std::chrono::floor<std::chrono::hours>(h.clock.wall()) + 1h;
    change = hour + 15min;
    string file = "ts,g_per_kwh\n";
    for (int i = -8; i < 16; ++i) file += fmt::format("{},{}\n", iso8601(hour + i * 15min), i < 1 ? 100 : 400);
    const auto path = h.dir.path() / "fr.csv";
    std::ofstream(path) << file;
    sample.grid = fmt::format("{{ zones: {{ FR: {{ file: {} }} }} }}", path.string());
    h.reload(sample);
  }
  std::vector<energy::DeviceWindow> windows() {
    EXPECT_TRUE(h.ledger->flush());
    auto all = h.ledger->reports().windows("fr", change - 1h, change + 1h);
    EXPECT_TRUE(all);
    return all.value_or(std::vector<energy::DeviceWindow>{});
  }
  // One reading before the change, then none until some time after it.
  void fall_silent(int64_t each_uj) {
    h.advance(change - h.clock.wall() - 200500ms);
    start();
    second(each_uj);
    page.broken = true;
    for (int i = 0; i < 400; ++i) second(each_uj);
  }
  void expect_each_its_slot(int64_t known_uj) {
    int64_t gpu = 0;
    int before = 0, after = 0;
    for (const auto& w : windows()) {
      EXPECT_FALSE(w.begin < change && w.end > change) << "no window holds two slots of the grid";
      EXPECT_EQ(w.intensity_g_per_kwh, w.begin < change ? 100 : 400);
      gpu += w.total.gpu_energy.raw();
      ++(w.begin < change ? before : after);
    }
    EXPECT_GT(before, 0);
    EXPECT_GT(after, 0);
    EXPECT_TRUE(known_uj == 0 || gpu == known_uj) << gpu << " of " << known_uj;
  }
  Wall change;
};

TEST_F(MeteringOverAQuarter, WindowsAreCutWhereTheGridChangesItsSlot) {
  h.advance(change - h.clock.wall() - 4500ms);  // readings do not fall on the change
  start();
  for (int i = 0; i < 8; ++i) second(100'000'000);
  finish();
  expect_each_its_slot(spent);
}

TEST_F(MeteringOverAQuarter, AReadingOverAGapToo) {
  fall_silent(100'000'000);  // nobody calls: it waits for the meter
  page.broken = false;
  second(100'000'000);
  finish();
  expect_each_its_slot(spent);
}

TEST_F(MeteringOverAQuarter, AnEstimateForASilentMeterToo) {
  fall_silent(20'000'000);
  Client& client = h.send(chat());
  hand_over();
  h.engines["127.0.0.1"].side().send(json_answer(completion(usage_json(800, 100))));
  h.settle();
  hand_over();
  for (int i = 0; i < 40; ++i) second(20'000'000);
  EXPECT_TRUE(h.record(client.answer()).final());
  expect_each_its_slot(0);
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

struct MeteringOverAReload : MeteringTest {
  void replace(string_view what, string_view with) {
    sample.deployments.replace(sample.deployments.find(what), what.size(), with);
    h.reload(sample);
    metering.use(h.context.snapshot());
  }
};

TEST_F(MeteringOverAReload, ADeviceStaysUnlessItsMeterChanges) {
  start();
  const MeteredSet* before = &device();
  replace("pue: 1.2", "pue: 1.4");
  EXPECT_EQ(&device(), before);
  replace("engine: sim", "engine: tgi");
  EXPECT_EQ(metering.set_of("fr"), nullptr);
  h.advance(2s);
}

TEST_F(MeteringOverAReload, ACallThatRunsBearsWhatHeldWhenItsEnergyWasDrawn) {
  start();
  for (int i = 0; i < 3; ++i) second(33'333'333);
  Client& client = h.send(chat());
  for (int i = 0; i < 3; ++i) second(200'000'001);
  const Wall at = h.clock.wall();
  replace("pue: 1.2", "pue: 1.5");
  for (int i = 0; i < 3; ++i) second(200'000'003);
  h.engines["127.0.0.1"].side().send(json_answer(completion(usage_json(800, 120))));
  h.settle();
  hand_over();
  for (int i = 0; i < 4; ++i) second(33'333'334);
  finish();
  EXPECT_TRUE(h.record(client.answer()).final());
  const auto windows = h.ledger->reports().windows("fr", at - 1h, at + 1h);
  ASSERT_TRUE(windows);
  int64_t gpu = 0;
  for (const auto& w : *windows) {
    gpu += w.total.gpu_energy.raw();
    const double host = 150 * seconds(w.end - w.begin);
    EXPECT_NEAR(to_joules(w.total.energy) / (to_joules(w.total.gpu_energy) + host), w.begin < at ? 1.2 : 1.5, 1e-4);
  }
  EXPECT_EQ(gpu, spent);
}

TEST_F(MeteringOverAReload, OtherHardwareBehindTheSameMeterIsBookedAsWhatItIs) {
  start();
  for (int i = 0; i < 3; ++i) second(33'333'333);
  const Wall at = h.clock.wall();
  replace("gpu: RTX-4090", "gpu: H100-SXM5-80GB");
  EXPECT_GT(device().idle_w(), 40) << "the catalog's of the new one: what was learned of the old one is forgotten";
  for (int i = 0; i < 3; ++i) second(33'333'333);
  finish();
  ASSERT_TRUE(h.ledger->flush());
  const auto windows = h.ledger->reports().windows("fr", at - 1h, at + 1h);
  ASSERT_TRUE(windows);
  std::optional<double> before, after;  // embodied, by second
  for (const auto& w : *windows)
    (w.begin < at ? before : after) = static_cast<double>(w.total.embodied.raw()) / seconds(w.end - w.begin);
  ASSERT_TRUE(before && after);
  EXPECT_GT(*after, 1.3 * *before);
}

TEST_F(MeteringOverAReload, ACallOfADeploymentThatIsGoneIsSettledByAnEstimate) {
  start();
  for (int i = 0; i < 3; ++i) second(33'333'333);
  Client& client = h.send(chat());
  second(200'000'000);
  replace("engine: sim", "engine: tgi");
  EXPECT_EQ(metering.set_of("fr"), nullptr);
  h.advance(5s);
  h.engines["127.0.0.1"].side().send(json_answer(completion(usage_json(800, 120))));
  h.settle();
  hand_over();
  const auto record = h.record(client.answer());
  ASSERT_TRUE(record.final());
  EXPECT_GT(to_joules(record.calls[0].settlements.back().figures.gpu_energy), 100);
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
}  // namespace trine::gateway::test::metering_test
