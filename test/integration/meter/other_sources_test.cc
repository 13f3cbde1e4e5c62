#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "integration/meter/served_pages.h"
#include "meter/local_source.h"
#include "meter/prometheus_query.h"

namespace trine::meter::other_sources_test {
namespace {

using namespace std::chrono_literals;

TEST(PrometheusQuerySource, AsksEachQueryAndPutsTheAnswersTogether) {
  ServedPages pages([](const Asked& a) {
    const bool power = a.target.find("watts") != std::string::npos;
    return ServedPages::page(
        fmt::format(R"({{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{"UUID":"GPU-a"}},)"
                    R"("value":[1763900000.5,"{}"]}}]}}}})",
                    power ? "245.5" : "12.5"),
        "application/json");
  });
  PromQuery energy{"max by (UUID) (my_joules_total{site=\"fr\"})", Quantity::joules, "UUID", "", Boundary::gpu};
  PromQuery power{"my_watts", Quantity::watts, "UUID", "", Boundary::gpu};
  HttpAccess access;
  access.url = pages.url("/prom/");
  access.bearer_token = "t";
  Result<Readings> readings;
  pages.run([&]() -> net::Task<void> {
    auto source = prometheus_query_source(pages.loop, access, {energy, power}, "h");
    EXPECT_TRUE(source);
    if (source) readings = co_await (*source)->read();
  });
  ASSERT_TRUE(readings) << readings.error().message;
  ASSERT_EQ(readings->devices.size(), 1u);
  EXPECT_EQ(readings->devices.front().counter_uj, 12'500'000);
  EXPECT_EQ(readings->devices.front().power_w, 245.5);
  ASSERT_EQ(pages.asked.size(), 2u);
  EXPECT_EQ(pages.asked[0].target,
            "/prom/api/v1/query?query=max%20by%20%28UUID%29%20%28my_joules_total%7Bsite%3D%22fr%22%7D%29");
  EXPECT_EQ(pages.asked[0].authorization, "Bearer t");
}

TEST(PrometheusQuerySource, TellsTheServersOwnSentenceAboutABadQuery) {
  ServedPages pages([](const Asked&) {
    return ServedPages::page(R"({"status":"error","errorType":"bad_data","error":"parse error"})", "application/json",
                             "400 Bad Request");
  });
  HttpAccess access;
  access.url = pages.url();
  Result<Readings> readings;
  pages.run([&]() -> net::Task<void> {
    auto source =
        prometheus_query_source(pages.loop, access, {{"up{", Quantity::watts, "UUID", "", Boundary::gpu}}, "");
    EXPECT_TRUE(source);
    if (source) readings = co_await (*source)->read();
  });
  ASSERT_FALSE(readings);
  EXPECT_EQ(readings.error().code, Code::invalid_argument);
  EXPECT_NE(readings.error().message.find("Prometheus refuses the query: parse error (query: up{)"), std::string::npos)
      << readings.error().message;
}

TEST(PrometheusQuerySource, WantsAQueryAndADevice) {
  net::Loop loop;
  HttpAccess access;
  access.url = "http://p:9090";
  EXPECT_EQ(prometheus_query_source(loop, access, {}, "").error().code, Code::invalid_argument);
  EXPECT_EQ(prometheus_query_source(loop, access, {{"up", Quantity::watts, "", "", Boundary::gpu}}, "").error().code,
            Code::invalid_argument);
}

// A meter whose reads end when a test says so.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = true;
  int reads = 0;
  std::thread::id thread;
};

class GatedMeter final : public LocalMeter {
 public:
  explicit GatedMeter(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}
  Result<Readings> read() override {
    std::unique_lock lock(gate_->mutex);
    gate_->changed.wait(lock, [&] { return gate_->open; });
    gate_->thread = std::this_thread::get_id();
    Readings r;
    r.devices.emplace_back();
    r.devices.back().counter_uj = ++gate_->reads;
    return r;
  }
  std::string_view name() const override { return "gated"; }

 private:
  std::shared_ptr<Gate> gate_;
};

void set(Gate& gate, bool open) {
  const std::lock_guard lock(gate.mutex);
  gate.open = open;
  gate.changed.notify_all();
}

template <class Body>
void run(net::Loop& loop, Body body) {
  const auto all = [&]() -> net::Task<void> {
    co_await body();
    loop.stop();
  };
  net::spawn(all());
  loop.run();
}

TEST(LocalSource, ReadsOnAnotherThreadAndAnswersOnTheLoop) {
  net::Loop loop;
  const auto gate = std::make_shared<Gate>();
  const auto source = local_source(loop, std::make_unique<GatedMeter>(gate));
  EXPECT_EQ(source->name(), "gated");
  run(loop, [&]() -> net::Task<void> {
    for (int i = 1; i <= 100; ++i) {
      const auto r = co_await source->read();
      EXPECT_TRUE(r);
      EXPECT_EQ(r ? r->devices.front().counter_uj : std::nullopt, i);
    }
  });
  EXPECT_EQ(gate->reads, 100);
  EXPECT_NE(gate->thread, std::this_thread::get_id());
}

TEST(LocalSource, DoesNotWaitForADriverThatHangs) {
  net::Loop loop;
  const auto gate = std::make_shared<Gate>();
  gate->open = false;
  auto source = local_source(loop, std::make_unique<GatedMeter>(gate), 10ms);
  run(loop, [&]() -> net::Task<void> {
    for (int i = 0; i < 2; ++i) {  // the second does not even wait
      const auto r = co_await source->read();
      EXPECT_FALSE(r);
      EXPECT_EQ(r ? Code::internal : r.error().code, Code::deadline_exceeded);
    }
  });
  source.reset();  // at once, although the meter still hangs
  set(*gate, true);
}

TEST(LocalSource, GoesOnOnceTheDriverAnswersAndDropsTheLateAnswer) {
  net::Loop loop;
  const auto gate = std::make_shared<Gate>();
  gate->open = false;
  const auto source = local_source(loop, std::make_unique<GatedMeter>(gate), 10ms);
  int64_t counter = 0;
  run(loop, [&]() -> net::Task<void> {
    const auto late = co_await source->read();
    EXPECT_FALSE(late);
    set(*gate, true);
    while (counter == 0) {
      const auto r = co_await source->read();
      if (r) counter = r->devices.front().counter_uj.value();
      co_await loop.yield();
    }
  });
  EXPECT_GT(counter, 1);  // 1 belongs to the read that was given up
}

}  // namespace
}  // namespace trine::meter::other_sources_test
