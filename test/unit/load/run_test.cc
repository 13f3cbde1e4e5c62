// Whole runs in virtual time against a server in memory whose every answer the test decides.
#include "load/run.h"

#include <gtest/gtest.h>

#include "json/read.h"
#include "load/report.h"
#include "unit/net/net_fixture.h"

namespace trine::load::run_test {
namespace {

using namespace std::chrono_literals;
using net::ServerConnection;
using net::Task;

constexpr const char* kUsage =
    R"({"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}})";

struct MemoryDialer final : net::Dialer {
  explicit MemoryDialer(net::ServedNet& served) : net_(served) {}
  Task<Result<std::unique_ptr<net::Stream>>> dial(net::Loop& loop, net::HostPort, Nanos) override {
    ++dialled;
    if (refuses) co_return fail(Code::unavailable, "cannot connect: refused");
    auto [ours, theirs] = net::memory_pair(loop);
    net_.serve().serve(std::move(theirs));
    co_return std::move(ours);
  }
  int dialled = 0;
  bool refuses = false;

 private:
  net::ServedNet& net_;
};

class LoadRun : public ::testing::Test {
 protected:
  // 10 requests a second: 0, 100 ms, ...
  RunOptions evenly(int n, Nanos apart = 100ms) {
    auto trace = std::make_shared<fleet::Trace>();
    for (int i = 0; i < n; ++i) {
      fleet::TraceRequest r;
      r.at_s = seconds(apart) * i;
      r.in = 10;
      r.out = 3;
      trace->requests.push_back(r);
    }
    RunOptions o;
    o.pattern.trace = std::move(trace);
    o.body.model = "m";
    o.timeout = 30s;
    return o;
  }

  void start(RunOptions o) {
    Target target;
    target.authority = "server";
    target.path = "/v1/chat/completions";
    target.key = "sk-test";
    run = std::make_unique<load::Run>(net.loop, target, std::move(o), &dialer);
    run->start([this] { ended_after = net.elapsed(); });
  }
  const Tally& tally() const { return run->tally(); }
  uint64_t failures(int status, const std::string& code) const {
    const auto found = tally().failures.find({status, code});
    return found == tally().failures.end() ? 0 : found->second.count;
  }

  // Each request, once all of it is here.
  void answers(std::function<Task<void>(ServerConnection&)> how) {
    how_ = std::move(how);
    net.handler.on_request = [this](ServerConnection& c) -> Task<void> {
      net::Body body;
      EXPECT_EQ(co_await c.read_body(body, 1 << 20), net::BodyError::none);
      co_await how_(c);
    };
  }
  // Sends the bytes as they are.
  static Task<void> send(ServerConnection& c, std::string bytes) { co_await net::answer(c, std::move(bytes)); }
  static std::string whole(const std::string& usage = kUsage) {
    return net::response(R"({"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":)" + usage + "}",
                         "Content-Type: application/json\r\n");
  }
  static std::string stream_head() {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
  }
  static std::string delta(const std::string& text) {
    return R"(data: {"choices":[{"delta":{"content":")" + text + "\"}}]}\n\n";
  }
  static std::string usage_event(const std::string& usage = kUsage) {
    return R"(data: {"choices":[],"usage":)" + usage + "}\n\n";
  }

  net::ServedNet net;
  MemoryDialer dialer{net};
  std::unique_ptr<load::Run> run;
  std::optional<Nanos> ended_after;

 private:
  std::function<Task<void>(ServerConnection&)> how_;
};

TEST_F(LoadRun, SendsEachWhenItIsDueAndCountsItsAnswer) {
  std::vector<Nanos> arrived;
  answers([&](ServerConnection& c) -> Task<void> {
    arrived.push_back(net.elapsed());
    co_await net.loop.sleep(20ms);
    co_await send(c, whole());
  });
  auto o = evenly(5);
  o.pattern.stream_share = 0;
  start(o);
  net.advance(5s);
  EXPECT_EQ(arrived, (std::vector<Nanos>{0ms, 100ms, 200ms, 300ms, 400ms}));
  EXPECT_EQ(ended_after, 420ms);
  EXPECT_EQ(tally().answered, 5u);
  EXPECT_EQ(tally().text.total.max(), 20ms);
  EXPECT_EQ(tally().usage.in, 50);
  EXPECT_EQ(tally().usage.cached, 20);
  EXPECT_EQ(tally().usage.out, 15);
  EXPECT_EQ(tally().text.first_token.count(), 0u) << "who does not stream shows no first token";
  EXPECT_EQ(dialer.dialled, 1) << "the connection is kept";
  EXPECT_TRUE(tally().kept_up());
}

TEST_F(LoadRun, AFrozenServerHoldsUpNoRequestAndCannotHideTheWait) {
  const Nanos thaw = 2s;
  std::vector<Nanos> arrived;
  answers([&](ServerConnection& c) -> Task<void> {
    arrived.push_back(net.elapsed());
    if (net.elapsed() < thaw) co_await net.loop.sleep(thaw - net.elapsed());
    co_await send(c, whole());
  });
  auto o = evenly(40);  // 20 of them during the freeze
  o.pattern.stream_share = 0;
  start(o);
  net.advance(10s);
  ASSERT_EQ(arrived.size(), 40u);
  EXPECT_EQ(arrived[19], 1900ms) << "it was sent on time, although none had been answered";
  EXPECT_EQ(tally().answered, 40u);
  EXPECT_EQ(tally().text.total.max(), 2s);
  // A client that waited for its answers would have seen one slow request of 21, and a median of 0 all the same; ours
  // were 2 s, 1.9 s, ... 0.1 s, and then 20 times 0.
  const auto near = [](Nanos a, Nanos b) { return std::abs(seconds(a - b)) <= seconds(b) * Latencies::kError; };
  EXPECT_PRED2(near, tally().text.total.quantile(0.9), 1600ms + 0ns);
  EXPECT_PRED2(near, tally().text.total.quantile(0.75), 1s + 0ns);
  EXPECT_LT(tally().text.total.quantile(0.5), 1us);
}

TEST_F(LoadRun, TheLatencyOfAServerThatQueuesGrowsWithTheQueue) {
  // One at a time, 200 ms each, 10 a second: request i waits i x 100 ms.
  Nanos free{0};
  answers([&](ServerConnection& c) -> Task<void> {
    free = std::max(free, net.elapsed()) + 200ms;
    co_await net.loop.sleep(free - net.elapsed());
    co_await send(c, whole());
  });
  auto o = evenly(20);
  o.pattern.stream_share = 0;
  start(o);
  net.advance(10s);
  EXPECT_EQ(tally().text.total.max(), 200ms + 19 * 100ms);
}

TEST_F(LoadRun, WhenWeAreLateOurselvesThatIsSaidAndTheLatencyHasIt) {
  answers([&](ServerConnection& c) -> Task<void> {
    co_await net.loop.sleep(10ms);
    co_await send(c, whole());
  });
  start(evenly(3));
  net.advance(50ms);
  net.clock.advance(300ms);  // nobody runs us: the second is due at 100 ms, the third at 200 ms, it is 350 ms
  net.advance(1s);
  EXPECT_EQ(tally().answered, 3u);
  EXPECT_EQ(tally().text.total.max(), 260ms);
  EXPECT_EQ(tally().late.max(), 250ms);
  EXPECT_EQ(tally().late_count, 2u);
  EXPECT_FALSE(tally().kept_up());
}

TEST_F(LoadRun, AStreamShowsItsFirstTokenAndTheTimePerToken) {
  answers([&](ServerConnection& c) -> Task<void> {
    co_await net.loop.sleep(50ms);
    co_await send(c, stream_head() + R"(data: {"choices":[{"delta":{"role":"assistant","content":""}}]})" + "\n\n");
    co_await net.loop.sleep(30ms);
    co_await send(c, delta("a"));
    co_await net.loop.sleep(10ms);
    co_await send(c, delta("b"));
    co_await net.loop.sleep(10ms);
    co_await send(c, delta("c") + usage_event());
    co_await net.loop.sleep(5ms);
    co_await send(c, "data: [DONE]\n\n");
    c.close_after();
  });
  start(evenly(1));
  net.advance(5s);
  ASSERT_EQ(tally().answered, 1u);
  EXPECT_EQ(tally().text.first_token.max(), 80ms) << "a role is no token";
  EXPECT_EQ(tally().text.per_token.max(), 10ms);
  EXPECT_EQ(tally().text.total.max(), 105ms);
  EXPECT_EQ(tally().usage.out, 3);
}

TEST_F(LoadRun, AStreamWithoutUsageIsCountedByItsParts) {
  answers([&](ServerConnection& c) -> Task<void> {
    co_await send(c, stream_head() + delta("a"));
    co_await net.loop.sleep(40ms);
    co_await send(c, delta("b") + delta("c") + "data: [DONE]\n\n");
    c.close_after();
  });
  start(evenly(1));
  net.advance(5s);
  EXPECT_EQ(tally().without_usage, 1u);
  EXPECT_EQ(tally().deltas, 3u);
  EXPECT_EQ(tally().text.per_token.max(), 20ms);
}

TEST_F(LoadRun, FailuresAreToldApartByStatusAndCode) {
  int n = 0;
  answers([&](ServerConnection& c) -> Task<void> {
    const auto failure = [](const std::string& status, const std::string& body) {
      return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    };
    switch (n++) {
      case 0:
      case 1:
        co_return co_await send(c, failure("429 Busy", R"({"error":{"code":"deployments_busy","message":"m"}})"));
      case 2:
        co_return co_await send(c, failure("500 Oops", R"({"error":{"code":null,"type":"server_error"}})"));
      case 3:
        co_return co_await send(c, failure("502 Bad", "<html>"));
      case 4:
        co_await send(c, stream_head() + delta("a") + R"(data: {"error":{"code":"upstream_broke_stream"}})" + "\n\n");
        co_return c.close_after();
      case 5:
        co_await send(c, stream_head() + delta("a"));
        co_return c.close_after();
      case 6:
        co_return co_await send(c, failure("400 No", "{\"error\":{\"code\":\"a\\nb\"}}"));
      default:
        co_return co_await send(c, whole("{}"));
    }
  });
  start(evenly(8));
  net.advance(5s);
  EXPECT_EQ(failures(429, "deployments_busy"), 2u);
  EXPECT_EQ(failures(500, "server_error"), 1u);
  EXPECT_EQ(failures(502, ""), 1u);
  EXPECT_EQ(failures(200, "upstream_broke_stream"), 1u);
  EXPECT_EQ(failures(200, "stream_cut"), 1u);
  EXPECT_EQ(failures(400, ""), 1u) << "a code that is no name is not shown";
  EXPECT_EQ(tally().failed, 7u);
  EXPECT_EQ(tally().answered, 1u);
  EXPECT_EQ(tally().text.total.count(), 1u) << "failures have no latency";
}

TEST_F(LoadRun, ATimeoutCountsFromTheScheduledInstant) {
  answers([&](ServerConnection&) -> Task<void> { co_await net.loop.sleep(1h); });
  auto o = evenly(3);
  o.timeout = 1s;
  start(o);
  net.advance(5s);
  EXPECT_EQ(failures(0, "timeout"), 3u);
  EXPECT_EQ(ended_after, 1200ms);
}

TEST_F(LoadRun, AServerThatIsNotThereIsSaidInASentence) {
  dialer.refuses = true;
  start(evenly(3));
  net.advance(5s);
  EXPECT_EQ(failures(0, "no_connection"), 3u);
  EXPECT_EQ(tally().failures.begin()->second.example, "cannot connect: refused");
}

TEST_F(LoadRun, WhatIsDueBeyondTheLimitIsNotSentAndCounted) {
  answers([&](ServerConnection& c) -> Task<void> {
    co_await net.loop.sleep(1s);
    co_await send(c, whole());
  });
  auto o = evenly(10, 10ms);
  o.most_open = 4;
  start(o);
  net.advance(5s);
  EXPECT_EQ(tally().scheduled, 10u);
  EXPECT_EQ(tally().sent(), 4u);
  EXPECT_EQ(tally().unsent, 6u);
  EXPECT_EQ(tally().answered, 4u);
  EXPECT_FALSE(tally().kept_up());
}

TEST_F(LoadRun, AThousandThatAreDueAtOnceAreAllSent) {
  answers([&](ServerConnection& c) -> Task<void> { co_await send(c, whole()); });
  start(evenly(1000, Nanos(0)));
  net.advance(1s);
  EXPECT_EQ(tally().answered, 1000u);
  EXPECT_EQ(tally().late_count, 0u);
}

TEST_F(LoadRun, AStopCutsWhatIsUnderWayAndKeepsWhatThereIs) {
  answers([&](ServerConnection& c) -> Task<void> {
    if (net.elapsed() > 50ms) co_await net.loop.sleep(1h);
    co_await send(c, whole());
  });
  start(evenly(100));
  net.advance(250ms);
  run->stop();
  net.settle();
  EXPECT_EQ(ended_after, 250ms);
  EXPECT_EQ(run->open(), 0u);
  EXPECT_EQ(tally().sent(), 3u);
  EXPECT_EQ(tally().answered, 1u);
  EXPECT_EQ(tally().unfinished, 2u);
  EXPECT_EQ(tally().failed, 0u);
  EXPECT_EQ(run->elapsed(), 250ms);
}

TEST_F(LoadRun, AKeptConnectionThatTheServerClosedIsReplaced) {
  int n = 0;
  answers([&](ServerConnection& c) -> Task<void> {
    if (n++ == 1) co_return c.close_after();  // the second request of the connection gets no answer
    co_await send(c, whole());
  });
  start(evenly(2));
  net.advance(5s);
  EXPECT_EQ(tally().answered, 2u);
  EXPECT_EQ(dialer.dialled, 2);
}

TEST_F(LoadRun, TheKeyIsInTheRequestAndNowhereElse) {
  std::string authorization;
  answers([&](ServerConnection& c) -> Task<void> {
    authorization = c.head().find("authorization").value_or("");
    co_await send(c, whole());
  });
  start(evenly(1));
  net.advance(1s);
  EXPECT_EQ(authorization, "Bearer sk-test");
  EXPECT_EQ(to_json(tally(), Facts()).find("sk-test"), std::string::npos);
}

TEST_F(LoadRun, OurFiguresAreSummedFromBodiesStreamsAndHeaders) {
  const std::string trine =
      R"("trine":{"energy_j":1.5,"carbon_g":0.25,"cost":0.001,"currency":"EUR","quality":"A","simulated":false}})";
  const std::string usage = R"({"prompt_tokens":10,"completion_tokens":3,)" + trine;
  int n = 0;
  answers([&](ServerConnection& c) -> Task<void> {
    switch (n++) {
      case 0:
        co_return co_await send(c, whole(usage));
      case 1:
        co_await send(c, stream_head() + delta("a") + usage_event(usage) + "data: [DONE]\n\n");
        co_return c.close_after();
      case 2:
        co_return co_await send(
            c,
            net::response(R"({"choices":[]})",
                          "x-trine-energy-j: 2\r\nx-trine-carbon-g: 0.5\r\nx-trine-cost: 0\r\nx-trine-quality: S\r\n"));
      default:
        co_return co_await send(c, whole(R"({"prompt_tokens":1,"completion_tokens":1,"trine":{"energy_j":-5}})"));
    }
  });
  start(evenly(4));
  net.advance(5s);
  const FigureSums& f = tally().figures;
  EXPECT_EQ(tally().answered, 4u);
  EXPECT_EQ(f.answers, 3u) << "a negative energy is none";
  EXPECT_EQ(f.energy, joules(5));
  EXPECT_EQ(f.carbon, grams(1));
  EXPECT_EQ(f.cost, euros(0.002));
  EXPECT_EQ(f.currency, "EUR");
  EXPECT_EQ(f.quality['A' - 'A'], 2u);
  EXPECT_EQ(f.simulated, 1u);
}

TEST_F(LoadRun, ItsReportIsJsonWithTheSameCounts) {
  int n = 0;
  answers([&](ServerConnection& c) -> Task<void> {
    if (n++ == 0) co_return co_await send(c, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    co_await net.loop.sleep(10ms);
    co_await send(c, whole());
  });
  start(evenly(3));
  net.advance(5s);
  const std::string text = to_json(tally(), {.url = "http://h/v1",
                                             .model = "m",
                                             .arrivals = "a",
                                             .seed = 5,
                                             .elapsed = run->elapsed(),
                                             .interrupted = false});
  const auto at = [&](std::initializer_list<std::string_view> path) {
    std::string value = text;
    for (const auto key : path) {
      const auto found = json::member(value, key);
      if (!found || !*found) return std::string("(none)");
      value = std::string((*found)->raw);
    }
    return value;
  };
  EXPECT_EQ(at({"scheduled"}), "3");
  EXPECT_EQ(at({"answered"}), "2");
  EXPECT_EQ(at({"failures"}), R"([{"status":503,"code":"","count":1}])");
  EXPECT_EQ(at({"latency_s", "text", "total", "count"}), "2");
  EXPECT_EQ(at({"latency_s", "text", "total", "max"}), "0.01");
  EXPECT_EQ(at({"latency_s", "text", "first_token"}), "null");
  EXPECT_EQ(at({"latency_s", "documents"}), "(none)");
  EXPECT_EQ(at({"figures"}), "(none)");
  EXPECT_EQ(at({"tokens", "out"}), "6");
  EXPECT_EQ(at({"tool", "kept_up"}), "true");
}

TEST(LoadTally, ServersThatInventCodesDoNotMakeItGrow) {
  Tally tally;
  Outcome o;
  for (int i = 0; i < 1000; ++i) {
    o.code = std::to_string(i);
    tally.over({}, o);
  }
  EXPECT_LE(tally.failures.size(), Tally::kMaxFailures + 1);
  EXPECT_EQ(tally.failed, 1000u);
  EXPECT_EQ((tally.failures.at({0, "other"}).count), 1000 - Tally::kMaxFailures);
}

TEST(LoadTally, KeptUpWhereOneOfAHundredIsLate) {
  Tally tally;
  for (int i = 0; i < 99; ++i) tally.due(1ms);
  tally.due(51ms);
  EXPECT_TRUE(tally.kept_up());
  tally.due(51ms);
  EXPECT_FALSE(tally.kept_up());
}

}  // namespace
}  // namespace trine::load::run_test
