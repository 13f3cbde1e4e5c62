#include "meter/http_source.h"

#include "integration/meter/served_pages.h"

namespace trine::meter::http_source_test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSimulator = R"page(# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m",simulated="true"} 3
vllm:generation_tokens_total{engine="0",model_name="m",simulated="true"} 812
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-s",modelName="H100 (simulated)",Hostname="h"} 245.5
trine_sim_energy_microjoules_total{UUID="GPU-s",model_name="m",simulated="true"} 9007199254740993
)page";

HttpAccess at(std::string url) {
  HttpAccess access;
  access.url = std::move(url);
  return access;
}

std::unique_ptr<Source> open(ServedPages& pages, HttpKind kind, HttpAccess access) {
  auto source = http_source(pages.loop, kind, access, "host-1");
  EXPECT_TRUE(source) << source.error().message;
  return std::move(*source);
}

TEST(HttpSource, ReadsASimulatorAgainAndAgainOnOneConnection) {
  ServedPages pages([](const Asked&) { return ServedPages::page(kSimulator); });
  pages.run([&]() -> net::Task<void> {
    const auto source = open(pages, HttpKind::engine_sim, at(pages.url()));
    for (int i = 0; i < 3; ++i) {
      const Wall before = system_clock().wall();
      const auto readings = co_await source->read();
      EXPECT_TRUE(readings);
      if (!readings || readings->devices.size() != 1 || readings->engines.size() != 1) co_return;
      const DeviceReading& gpu = readings->devices.front();
      EXPECT_EQ(gpu.device, "GPU-s");
      EXPECT_EQ(gpu.counter_uj, 9007199254740993);  // a double would have made it ...992
      EXPECT_EQ(gpu.power_w, 245.5);
      EXPECT_TRUE(gpu.simulated);
      EXPECT_GE(gpu.at, before);
      EXPECT_LE(gpu.at, system_clock().wall());
      EXPECT_TRUE(gpu.mono.has_value());
      EXPECT_EQ(readings->engines.front().running, 3);
    }
  });
  ASSERT_EQ(pages.asked.size(), 3u);
  EXPECT_EQ(pages.connections(), 1u);
  EXPECT_EQ(pages.asked.front().target, "/metrics");
  EXPECT_EQ(pages.asked.front().accept, "text/plain;version=0.0.4");
  EXPECT_EQ(pages.asked.front().authorization, "");
}

TEST(HttpSource, ShowsItsTokenAndKeepsThePathItWasGiven) {
  ServedPages pages([](const Asked&) { return ServedPages::page(kSimulator); });
  pages.run([&]() -> net::Task<void> {
    HttpAccess access = at(pages.url("/inner/metrics?x=1"));
    access.bearer_token = "s3cret";
    const auto source = open(pages, HttpKind::vllm, access);
    const auto readings = co_await source->read();
    EXPECT_TRUE(readings);
    EXPECT_EQ(source->name().find("s3cret"), std::string_view::npos);
  });
  ASSERT_EQ(pages.asked.size(), 1u);
  EXPECT_EQ(pages.asked.front().authorization, "Bearer s3cret");
  EXPECT_EQ(pages.asked.front().target, "/inner/metrics?x=1");
}

TEST(HttpSource, TakesOpenMetricsByItsContentType) {
  ServedPages pages([](const Asked&) {
    return ServedPages::page("vllm:num_requests_running 2 1700000000.5\n# EOF\n",
                             "application/openmetrics-text; version=1.0.0; charset=utf-8");
  });
  Wall dated{};
  pages.run([&]() -> net::Task<void> {
    const auto source = open(pages, HttpKind::vllm, at(pages.url()));
    const auto readings = co_await source->read();
    EXPECT_TRUE(readings);
    if (readings) dated = readings->engines.front().at;
  });
  EXPECT_EQ(dated, from_unix_ns(1'700'000'000'500'000'000));
}

TEST(HttpSource, SaysWhatAPersonMustDo) {
  const std::vector<std::pair<std::string, Code>> cases = {
      {ServedPages::page("", "text/plain", "401 Unauthorized"), Code::unauthenticated},
      {ServedPages::page("", "text/plain", "403 Forbidden"), Code::permission_denied},
      {ServedPages::page("", "text/plain", "404 Not Found"), Code::not_found},
      {ServedPages::page("", "text/plain", "302 Found"), Code::unavailable},
      {ServedPages::page("", "text/plain", "500 Oops"), Code::unavailable},
      {ServedPages::page("<html>\n"), Code::invalid_argument},
      {ServedPages::page("up 1\n"), Code::not_found},
      {ServedPages::page(std::string(101, '\n')), Code::out_of_range},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", Code::data_loss},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", Code::data_loss},
  };
  size_t turn = 0;
  ServedPages pages([&](const Asked&) { return cases[turn].first; });
  pages.run([&]() -> net::Task<void> {
    HttpAccess access = at(pages.url());
    access.max_bytes = 100;
    const auto source = open(pages, HttpKind::dcgm, access);
    for (; turn < cases.size(); ++turn) {
      const auto readings = co_await source->read();
      EXPECT_FALSE(readings) << turn;
      if (readings) continue;
      EXPECT_EQ(readings.error().code, cases[turn].second) << readings.error().message;
      EXPECT_NE(readings.error().message.find("127.0.0.1:"), std::string::npos) << readings.error().message;
    }
  });
}

TEST(HttpSource, GivesUpOnAServerThatIsSilent) {
  ServedPages pages([](const Asked&) { return std::string(); });
  Error error;
  pages.run([&]() -> net::Task<void> {
    HttpAccess access = at(pages.url());
    access.timeout = 20ms;
    const auto source = open(pages, HttpKind::vllm, access);
    const auto readings = co_await source->read();
    if (!readings) error = readings.error();
  });
  EXPECT_EQ(error.code, Code::deadline_exceeded);
  EXPECT_NE(error.message.find("no complete answer within 0.02 s"), std::string::npos) << error.message;
}

TEST(HttpSource, AsksAgainWhereTheServerClosedTheKeptConnectionWithoutAnAnswer) {
  int turn = 0;
  ServedPages pages([&](const Asked&) { return ++turn == 2 ? ServedPages::kHangUp : ServedPages::page(kSimulator); });
  pages.run([&]() -> net::Task<void> {
    const auto source = open(pages, HttpKind::vllm, at(pages.url()));
    for (int i = 0; i < 2; ++i) {
      const auto readings = co_await source->read();
      EXPECT_TRUE(readings) << i;
    }
  });
  EXPECT_EQ(pages.asked.size(), 3u);  // the second read took two requests
}

TEST(HttpSource, DoesNotAskTwiceOnANewConnection) {
  ServedPages pages([&](const Asked&) { return ServedPages::kHangUp; });
  Error error;
  pages.run([&]() -> net::Task<void> {
    const auto source = open(pages, HttpKind::vllm, at(pages.url()));
    const auto readings = co_await source->read();
    if (!readings) error = readings.error();
  });
  EXPECT_EQ(error.code, Code::unavailable);
  EXPECT_EQ(pages.asked.size(), 1u);
}

TEST(HttpSource, NamesTheServerThatIsNotThere) {
  ServedPages pages([&](const Asked&) { return ServedPages::kHangUp; });
  Error error;
  pages.run([&]() -> net::Task<void> {
    const auto source = open(pages, HttpKind::vllm, at("http://127.0.0.1:1/metrics"));
    const auto readings = co_await source->read();
    if (!readings) error = readings.error();
  });
  EXPECT_EQ(error.code, Code::unavailable);
  EXPECT_NE(error.message.find("127.0.0.1:1"), std::string::npos) << error.message;
}

TEST(HttpSource, RefusesWhatIsNoUrl) {
  net::Loop loop;
  for (const char* url :
       {"gpu-1:9400", "ftp://x/", "http://u:p@x/", "http://x:0/", "http:///metrics", "http://x/#a", "http://x/a b"})
    EXPECT_EQ(http_source(loop, HttpKind::dcgm, at(url), "").error().code, Code::invalid_argument) << url;
}

}  // namespace
}  // namespace trine::meter::http_source_test
