// Deployments that are gone, stuck or busy: who answers instead, who waits, who is told at once that waiting is in
// vain.
#include "gateway/health_checks.h"
#include "integration/gateway/harness.h"

namespace trine::gateway::test::failover_test {
namespace {

const string kOk = json_answer(completion(usage_json(20, 5)));

// ---- fallbacks ----

Sample chain(const string& more = "") {
  Sample s;
  s.deployments +=
      R"(  - { name: us, url: "http://us.test/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: US, pue: 1.2, price: { per_hour: 1.20 } }
)";
  s.routes = "\n  - { model: small, deployments: [fr], fallbacks: [us, de], max_attempts: 3" + more + " }\n";
  return s;
}

TEST(Fallbacks, AreNotAskedWhileTheRoutesOwnMayAnswer) {
  Harness h(chain());
  h.engines["fr.test"].on_request = answers(kOk);
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "fr");
  EXPECT_TRUE(h.engines["us.test"].sides.empty());
}

TEST(Fallbacks, AnswerInTheOrderOfTheFile) {
  Harness h(chain());
  h.engines["fr.test"].refuses = h.engines["us.test"].refuses = true;
  h.engines["de.test"].on_request = answers(kOk);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.header("x-trine-route"), "de");
  EXPECT_EQ(m.header("x-trine-route-by"), "fallback");
  const auto record = h.record(m);
  ASSERT_EQ(record.calls.size(), 3u);
  EXPECT_EQ(record.calls[1].facts.deployment, "us");
  EXPECT_EQ(record.facts.reason.substr(0, 12), "de: fallback");
  EXPECT_EQ(h.requests(Outcome::ok), 1);
}

TEST(Fallbacks, AnswerAtOnceForOneThatRests) {
  Harness h(chain());
  h.engines["fr.test"].refuses = true;
  h.engines["us.test"].on_request = answers(kOk);
  for (int i = 0; i < Health::kTolerated; ++i) h.ask(chat());
  const Message m = h.ask(chat());
  EXPECT_EQ(m.header("x-trine-route"), "us");
  const auto record = h.record(m);
  EXPECT_EQ(record.facts.calls, 1);
  EXPECT_EQ(record.facts.reason, "us: fallback, since fr: unhealthy");
}

TEST(Fallbacks, AreBoundToTheRoutesZonesToo) {
  Harness h(chain(", zones: [FR, DE]"));
  h.engines["fr.test"].refuses = true;
  h.engines["de.test"].on_request = answers(kOk);
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "de") << "not us, which comes first";
  h.engines["de.test"].refuses = true;
  h.engines["de.test"].side().leave();
  EXPECT_EQ(h.ask(chat()).status, 502);
  EXPECT_TRUE(h.engines["us.test"].sides.empty());
}

// ---- retries ----

struct Retries : TwoEnginesTest {};

TEST_F(Retries, AreAtMostATenthOfTheLoadWhereEverythingFails) {
  Harness& h = with({});
  h.engines["fr.test"].on_request = answers(json_answer(R"({"error":{"message":"busy"}})", 408));  // and is well
  int retried = 0;
  for (int i = 0; i < 100; ++i) retried += h.ask(chat()).status == 200;
  EXPECT_EQ(retried, 20) << "ten to begin with, and a tenth";
  EXPECT_EQ(h.counters.retries_refused.get(), 80);
  EXPECT_EQ(h.requests(Outcome::failed), 80);
  EXPECT_EQ(h.ask(chat()).status, 408) << "the engine's own error";
}

TEST_F(Retries, OfCallsThatReachedNobodyAreFree) {
  Harness& h = with({});
  while (h.context.retries.any(h.clock.mono())) h.context.retries.take();
  h.engines["fr.test"].refuses = true;
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "de");
  EXPECT_EQ(h.counters.retries_refused.get(), 0);
}

TEST_F(Retries, AreNotSpentWhereNobodyIsLeft) {
  Sample s;
  s.routes = "\n  - { model: small, deployments: [fr], max_attempts: 3 }\n";
  Harness& h = with(s);
  h.engines["fr.test"].on_request = answers(json_answer("{}", 408));
  for (int i = 0; i < 50; ++i) h.ask(chat());
  EXPECT_EQ(h.counters.retries_refused.get(), 0);
  EXPECT_TRUE(h.context.retries.any(h.clock.mono()));
}

// ---- engines that ask to be left alone ----

struct Patience : TwoEnginesTest {
  string busy(string_view after) {
    return json_answer(R"({"error":{"message":"slow down"}})", 429, fmt::format("Retry-After: {}\r\n", after));
  }
  Sample alone() {
    Sample s;
    s.routes = "\n  - { model: small, deployments: [fr] }\n";
    return s;
  }
};

TEST_F(Patience, IsAsLongAsTheEngineSays) {
  Harness& h = with({});
  h.engines["fr.test"].on_request = answers(busy("7"));
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "de");
  h.engines["fr.test"].on_request = answers(kOk);
  h.advance(6s);
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "de");
  EXPECT_EQ(h.engines["fr.test"].asked.size(), 1u);
  h.advance(1s);
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "fr");
}

TEST_F(Patience, ADateOrNonsenseIsASecond) {
  for (const char* after : {"Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-1", "nan"}) {
    Harness& h = with({});
    h.engines["fr.test"].on_request = answers(busy(after));
    h.ask(chat());
    EXPECT_EQ(h.deployment("fr").state->health.patience_left(h.clock.mono()), 1s) << after;
  }
}

TEST_F(Patience, RequestsWaitForItsEnd) {
  Harness& h = with(alone());
  h.engines["fr.test"].on_request = answers(busy("2"));
  EXPECT_EQ(h.ask(chat()).status, 429) << "nobody else is there: the engine's own answer";
  h.engines["fr.test"].on_request = answers(kOk);
  Client& client = h.send(chat());
  h.advance(1999ms);
  EXPECT_EQ(client.received, "");
  h.advance(1ms + WaitingRoom::kLook);
  EXPECT_EQ(client.answer().status, 200);
}

TEST_F(Patience, ThatIsTooLongIsPassedOnToTheClient) {
  Harness& h = with(alone());
  h.engines["fr.test"].on_request = answers(busy("30"));
  h.ask(chat());
  h.advance(1s);
  const Message m = h.ask(chat());
  EXPECT_EQ(error_code(m), "deployments_busy");
  EXPECT_EQ(m.header("retry-after"), "29");
  EXPECT_EQ(h.engines["fr.test"].asked.size(), 1u);
}

// ---- engines that are stuck ----

struct Stuck : TwoEnginesTest {
  Stuck() { sample.more = "timeouts: { first_byte: 30s, stream_idle: 20s }\n"; }
  void keep_alive(Harness& h, Nanos d) {
    for (Nanos t{0}; t < d; t += 5s) {
      h.engines["fr.test"].side().send(chunk(": keep-alive\n\n"));
      h.advance(5s);
    }
  }
  Sample sample;
};

TEST_F(Stuck, KeepAlivesAreNoFirstToken) {
  Harness& h = with(sample);
  h.engines["fr.test"].on_request = streams(": processing\n\n");
  h.engines["de.test"].on_request = answers(kOk);
  Client& client = h.send(chat(kHelloStream));
  keep_alive(h, 25s);
  EXPECT_EQ(client.received, "");
  keep_alive(h, 5s);
  EXPECT_EQ(client.answer().header("x-trine-route"), "de");
}

TEST_F(Stuck, KeepAlivesBeforeTheFirstTokenPassWithIt) {
  Harness& h = with(sample);
  h.engines["fr.test"].on_request = streams(": processing\n\n" + role());
  Client& client = h.send(chat(kHelloStream));
  h.engines["fr.test"].side().send(chunk(token("a") + usage_event(3, 1) + kDone) + string(kLastChunk));
  h.settle();
  EXPECT_TRUE(client.answer().body.starts_with(": processing\n\n" + role() + token("a")));
}

TEST_F(Stuck, KeepAlivesAreNoProgressOfAStream) {
  Harness& h = with(sample);
  h.engines["fr.test"].on_request = streams(token("a"));
  Client& client = h.send(chat(kHelloStream));
  keep_alive(h, 20s);
  const Message m = client.answer();
  ASSERT_TRUE(m.complete);
  EXPECT_NE(m.body.find(R"("code":"upstream_timeout")"), string::npos) << m.body;
  EXPECT_EQ(h.requests(Outcome::failed), 1);
  EXPECT_EQ(h.deployment("fr").state->health.failures(), 1);
}

TEST_F(Stuck, AnEventWithACommentInItIsProgress) {
  Harness& h = with(sample);
  h.engines["fr.test"].on_request = streams(token("a"));
  Client& client = h.send(chat(kHelloStream));
  for (int i = 0; i < 9; ++i) {
    h.engines["fr.test"].side().send(chunk(": busy\n" + token("b")));
    h.advance(15s);
  }
  h.engines["fr.test"].side().send(chunk(usage_event(3, 10) + kDone) + string(kLastChunk));
  h.settle();
  EXPECT_EQ(client.answer().body.find("error"), string::npos);
  EXPECT_EQ(h.requests(Outcome::ok), 1);
}

TEST_F(Stuck, AStormOfCommentsBeforeTheFirstTokenIsHeldInBoundedMemory) {
  Harness& h = with(sample);
  h.engines["fr.test"].on_request = streams();
  Client& client = h.send(chat(kHelloStream));
  const string comment = ":" + string(4000, 'x') + "\n\n";
  for (int i = 0; i < 20; ++i) {
    h.engines["fr.test"].side().send(chunk(comment));
    h.settle();
  }
  EXPECT_GT(client.received.size(), 64'000u) << "it goes to the client";
}

TEST_F(Stuck, WhoBeginsEveryAnswerAndEndsNoneRests) {
  Harness& h = with(sample);
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message&) {
    side.send(kStreamHead);
    side.send(chunk(token("a")));
    side.leave();
  };
  for (int i = 0; i < Health::kTolerated; ++i) {
    const Message m = h.ask(chat(kHelloStream));
    EXPECT_EQ(m.header("x-trine-route"), "fr");
    EXPECT_NE(m.body.find("upstream_broke_stream"), string::npos);
  }
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "de");
}

TEST_F(Stuck, ManyStreamsThatDieTogetherAreOneFailure) {
  Harness& h = with(sample);
  h.engines["fr.test"].on_request = streams(token("a"));
  std::vector<Client*> all;
  for (int i = 0; i < 50; ++i) all.push_back(&h.send(chat(kHelloStream)));
  h.advance(1s);
  h.engines["fr.test"].refuses = true;
  for (auto& side : h.engines["fr.test"].sides) side->leave();
  h.settle();
  for (Client* c : all) EXPECT_NE(c->answer().body.find("upstream_broke_stream"), string::npos);
  EXPECT_EQ(h.requests(Outcome::failed), 50);
  h.engines["fr.test"].refuses = false;
  h.engines["fr.test"].on_request = answers(kOk);
  h.advance(Health::kFirstRest);
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "fr") << "two seconds, not a minute";
}

// ---- checks ----

struct Checks : TwoEnginesTest {
  Harness& with_page(const string& more) {
    checks.reset();
    Sample s;
    s.deployments = page(more);
    Harness& h = with(s);
    checks = std::make_unique<HealthChecks>(h.loop, &h.engines);
    checks->use(h.context.snapshot());
    return h;
  }
  static string page(const string& more) {
    return R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, pue: 1.2, price: { per_hour: 0.36 })" +
           more + R"( }
  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: DE, pue: 1.2, price: { per_hour: 1.20 } }
)";
  }
  bool available() { return kept->deployment("fr").state->health.available(kept->clock.mono()); }
  ~Checks() override {
    checks->stop();
    kept->advance(1min);
    EXPECT_TRUE(checks->idle());
  }
  std::unique_ptr<HealthChecks> checks;  // after the harness: it ends before
};

TEST_F(Checks, AskThePageOfTheEngineEveryFewSeconds) {
  Harness& h = with_page(", engine: vllm");
  h.advance(10s);
  ASSERT_EQ(h.engines["fr.test"].asked.size(), 2u);
  EXPECT_EQ(h.engines["fr.test"].asked[0].start, "GET /health HTTP/1.1");
  EXPECT_FALSE(h.engines["fr.test"].asked[0].has("authorization"));
  EXPECT_TRUE(h.engines["de.test"].asked.empty()) << "it is not known to have a page";
  EXPECT_TRUE(available());
}

TEST_F(Checks, OneThatIsDeadIsNotCalledAndOneThatIsBackIsAtOnce) {
  Harness& h = with_page(", engine: vllm, health_every: 1s");
  h.engines["fr.test"].refuses = true;
  h.advance(2s);
  EXPECT_FALSE(available());
  const Message m = h.ask(chat());
  EXPECT_EQ(m.header("x-trine-route"), "de");
  EXPECT_EQ(h.record(m).facts.calls, 1) << "no request had to find out";
  h.engines["fr.test"].refuses = false;
  h.advance(1s);
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "fr");
}

TEST_F(Checks, OneThatIsFrozenIsFoundOut) {
  Harness& h = with_page(", engine: vllm, health_every: 1s");
  h.engines["fr.test"].on_request = nullptr;  // it takes connections and says nothing
  h.advance(4500ms);
  EXPECT_FALSE(available());
}

TEST_F(Checks, WhoAnswersTheCheckButNotTheCallsStillRests) {
  Harness& h = with_page(", engine: vllm, health_every: 500ms");
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message& m) {
    side.send(m.start.starts_with("GET /health") ? json_answer("{}") : json_answer("{}", 500));
  };
  for (int i = 0; i < Health::kTolerated; ++i) EXPECT_EQ(h.ask(chat()).status, 200);
  h.advance(1500ms);
  EXPECT_FALSE(available());
}

TEST_F(Checks, AServerThatDoesNotKnowThePageIsThere) {
  for (const int status : {401, 404, 429}) {
    Harness& h = with_page(", health_url: \"http://fr.test/ping\", health_every: 1s");
    h.engines["fr.test"].on_request = answers(json_answer("{}", status));
    h.advance(5s);
    EXPECT_TRUE(available()) << status;
    checks->stop();
  }
}

TEST_F(Checks, AServerThatSaysItIsUnwellIsNotCalled) {
  Harness& h = with_page(", engine: vllm, health_every: 1s");
  h.engines["fr.test"].on_request = answers(json_answer("{}", 503));
  h.advance(2s);
  EXPECT_FALSE(available());
}

TEST_F(Checks, TheKeyGoesToTheDeploymentsOwnServerOnly) {
  Harness& h = with_page(", engine: vllm, api_key: sk-engine");
  h.advance(5s);
  EXPECT_EQ(h.engines["fr.test"].asked.at(0).header("authorization"), "Bearer sk-engine");
  checks->stop();
  Harness& other = with_page(", api_key: sk-engine, health_url: \"http://watch.test/fr\"");
  other.engines["watch.test"].on_request = answers(kOk);
  other.advance(5s);
  EXPECT_EQ(other.engines["watch.test"].asked.at(0).start, "GET /fr HTTP/1.1");
  EXPECT_FALSE(other.engines["watch.test"].asked.at(0).has("authorization"));
}

TEST_F(Checks, AReloadForgetsNothingOfAPageThatStays) {
  Harness& h = with_page(", engine: vllm, health_every: 1s");
  h.engines["fr.test"].refuses = true;
  h.advance(2s);
  Sample same;
  same.deployments = page(", engine: vllm, health_every: 1s");
  h.reload(same);
  checks->use(h.context.snapshot());
  EXPECT_FALSE(available());
  Sample none;
  none.deployments = page("");
  h.reload(none);
  checks->use(h.context.snapshot());
  EXPECT_TRUE(available()) << "nobody would ever say that it is back";
}

TEST_F(Checks, APageBehindTlsIsAskedOverTlsWhateverTheDeploymentSpeaks) {
  Harness& h = with_page(", health_url: \"https://fr.test:8443/health\", api_key: sk-engine");
  const auto& page = h.deployment("fr").health_page;
  ASSERT_TRUE(page);
  EXPECT_NE(page->origin.tls, nullptr);
  EXPECT_EQ(page->authorization, "") << "another port is another server";
  EXPECT_EQ(h.deployment("fr").origin.tls, nullptr);
}

}  // namespace
}  // namespace trine::gateway::test::failover_test
