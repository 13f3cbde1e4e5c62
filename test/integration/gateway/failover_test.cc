// Deployments that are gone, stuck or busy: who answers instead, who waits, who is told at once that waiting is in
// vain.
#include "gateway/health_checks.h"
#include "integration/gateway/harness.h"

namespace trine::gateway::test {
namespace {

const string kOk = json_answer(completion(usage_json(20, 5)));
const string kRest = token("b") + usage_event(3, 2) + kDone;

string error_code(const Message& m) {
  const size_t at = m.body.find(R"("code":")");
  return at == string::npos ? "" : m.body.substr(at + 8, m.body.find('"', at + 8) - at - 8);
}

string by(const string& secret, string_view body = kHello) {
  return post(kChat, body, "Authorization: Bearer " + secret + "\r\n");
}

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

// ---- waiting ----

// One engine, one call at a time; keys of two teams and one of none.
Sample narrow(const string& queue = "{ }", const string& more = "") {
  Sample s;
  s.keys = R"(
  - { id: one, secret: sk-one, org: acme, team: claims }
  - { id: two, secret: sk-two, org: acme, team: claims }
  - { id: other, secret: sk-other, org: acme, team: sales }
)";
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, pue: 1.2, price: { per_hour: 0.36 }, max_concurrency: 1 }
)";
  s.routes = "\n  - { model: small, deployments: [fr], queue: " + queue + more + " }\n";
  return s;
}

// Every call is held until the test ends it; `served` has the "user" of each in order.
struct Queue : testing::Test {
  Harness& with(const Sample& s) {
    h = std::make_unique<Harness>(s);
    h->engines["fr.test"].on_request = [this](EngineSide& side, const Message& m) {
      const size_t at = m.body.find(R"("user":")");
      if (at != string::npos) served += m.body.substr(at + 8, 1);
      running = &side;
      side.send(kStreamHead);
      side.send(chunk(token("a")));
    };
    return *h;
  }
  Client& send(char user, const string& secret = "sk-one") {
    return h->send(
        by(secret,
           fmt::format(R"({{"model":"small","stream":true,"user":"{}","messages":[{{"role":"user","content":"x"}}]}})",
                       user)));
  }
  void finish() {
    running->send(chunk(kRest));
    running->send(kLastChunk);
    h->settle();
  }
  int64_t waiting() const { return h->counters.waiting.get(); }

  std::unique_ptr<Harness> h;
  EngineSide* running = nullptr;
  string served;
};

TEST_F(Queue, AtMostMaxConcurrencyRunAndTheOthersGoByArrival) {
  with(narrow());
  Client& a = send('a');
  Client& b = send('b');
  send('c');
  EXPECT_EQ(served, "a");
  EXPECT_EQ(waiting(), 2);
  EXPECT_EQ(b.received, "") << "no head yet: it may still be an error";
  finish();
  EXPECT_EQ(served, "ab");
  EXPECT_EQ(waiting(), 1);
  finish();
  finish();
  EXPECT_EQ(served, "abc");
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(a.answer().status, 200);
  EXPECT_EQ(b.answer().status, 200);
  EXPECT_EQ(h->requests(Outcome::ok), 3);
  EXPECT_EQ(h->running("fr"), 0);
}

TEST_F(Queue, TheKeysOfATeamShareItsTurns) {
  with(narrow());
  send('0');
  send('a');
  send('b', "sk-two");
  send('c', "sk-two");
  send('1', "sk-other");
  send('2', "sk-other");
  for (int i = 0; i < 6; ++i) finish();
  EXPECT_EQ(served, "0a1b2c");
}

TEST_F(Queue, WhoComesAsAPlaceIsFreedStandsBehindWhoWaits) {
  with(narrow());
  send('a');
  send('b');
  Client& c = h->connect();
  running->send(chunk(kRest));
  c.send(by("sk-one", R"({"model":"small","user":"c","messages":[{"role":"user","content":"x"}]})"));
  h->settle();
  finish();
  EXPECT_EQ(served, "abc");
}

TEST_F(Queue, AFullOneIsSaidAtOnce) {
  with(narrow("{ length: 1 }"));
  send('a');
  send('b');
  Client& c = send('c');
  const Message m = c.answer();
  EXPECT_EQ(m.status, 429);
  EXPECT_EQ(error_code(m), "deployments_busy");
  EXPECT_NE(m.body.find("1 waits already"), string::npos) << m.body;
  EXPECT_GE(std::stoi(m.header("retry-after")), 1);
  EXPECT_EQ(h->counters.turned_away.get(), 1);
  const auto record = h->record(m);
  EXPECT_EQ(record.facts.outcome, Outcome::refused);
  EXPECT_EQ(record.facts.calls, 0);
}

TEST_F(Queue, OfLengthZeroLetsNobodyWait) {
  with(narrow("{ length: 0 }"));
  send('a');
  EXPECT_EQ(send('b').answer().status, 429);
}

TEST_F(Queue, WhoWouldWaitTooLongIsToldAtOnceHowLong) {
  with(narrow("{ wait: 5s }"));
  send('a');
  send('b');
  h->advance(3s);
  finish();  // a place every three seconds
  send('c');
  const Message m = send('d').answer();
  EXPECT_EQ(m.status, 429) << "it would wait for two of them";
  EXPECT_EQ(m.header("retry-after"), "6");
  h->advance(3s);
  finish();
  EXPECT_EQ(served, "abc");
}

TEST_F(Queue, WaitsNoLongerThanItMay) {
  with(narrow("{ wait: 700ms }"));
  send('a');
  Client& b = send('b');
  h->advance(699ms);
  EXPECT_EQ(b.received, "");
  h->advance(1ms + WaitingRoom::kLook);
  const Message m = b.answer();
  EXPECT_EQ(error_code(m), "deployments_busy");
  EXPECT_EQ(h->record(m).facts.outcome, Outcome::refused);
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(h->counters.turned_away.get(), 1);
}

TEST_F(Queue, WaitsNoLongerThanTheRequestMayLast) {
  Sample s = narrow("{ wait: 1m }");
  with(s);
  send('a');
  s.more = "timeouts: { total: 2s }\n";
  h->reload(s);
  Client& b = send('b');
  h->advance(1999ms);
  EXPECT_EQ(b.received, "");
  h->advance(1ms + WaitingRoom::kLook);
  EXPECT_EQ(error_code(b.answer()), "deployments_busy");
}

TEST_F(Queue, AClientThatLeavesGivesUpItsPlace) {
  with(narrow());
  send('a');
  Client& b = send('b');
  send('c');
  b.leave();
  h->settle();
  EXPECT_EQ(waiting(), 1);
  EXPECT_EQ(h->requests(Outcome::cancelled), 1);
  finish();
  EXPECT_EQ(served, "ac");
}

TEST_F(Queue, AClientThatLeavesAsItsTurnComesPassesItOn) {
  with(narrow());
  send('a');
  Client& b = send('b');
  send('c');
  running->send(chunk(kRest));
  running->send(kLastChunk);
  b.leave();
  h->settle();
  h->settle();
  EXPECT_EQ(served.back(), 'c') << served;
}

TEST_F(Queue, GoesOnThroughAReload) {
  with(narrow());
  send('a');
  send('b');
  h->reload(narrow());
  send('c');
  finish();
  EXPECT_EQ(served, "ab");
  finish();
  EXPECT_EQ(served, "abc");
}

TEST_F(Queue, EndsWithTheServer) {
  with(narrow());
  send('a');
  send('b');
  send('c');
  h->server->close_all();
  h->settle();
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(h->server->connections(), 0u);
  EXPECT_EQ(h->requests(Outcome::cancelled), 3);
}

TEST_F(Queue, IsNoUseWhereTheDeploymentDies) {
  with(narrow("{ wait: 1m }"));
  send('a');
  Client& b = send('b');
  for (int i = 0; i < Health::kTolerated; ++i)
    h->deployment("fr").state->health.failure(h->clock.mono(), h->clock.mono());
  h->advance(WaitingRoom::kLook);
  EXPECT_EQ(error_code(b.answer()), "no_deployment_available") << "and not after a minute";
}

TEST_F(Queue, ARetryThatWaitsForOnePlaceDoesNotBlockThoseForAnother) {
  Sample s = narrow("{ wait: 1m }");
  s.deployments +=
      R"(  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: DE, pue: 1.2, price: { per_hour: 1.20 }, max_concurrency: 1 }
)";
  s.routes =
      "\n  - { model: small, deployments: [fr, de], queue: { wait: 1m }, weights: { cost: 0, control: 0, carbon: 1 } "
      "}\n";
  with(s);
  h->engines["de.test"].on_request = streams(token("a"));
  send('0');  // on fr
  send('1');  // on de, for as long as the test lasts
  EngineSide* first = running;
  Client& x = send('x');
  Client& y = send('y');
  h->engines["fr.test"].on_request = [&](EngineSide& side, const Message&) {
    h->engines["fr.test"].on_request = answers(kOk);
    side.send(json_answer("{}", 408));
  };
  first->send(chunk(kRest));
  first->send(kLastChunk);
  h->settle();
  EXPECT_EQ(y.answer().status, 200) << "x has tried fr and waits for de; fr is free";
  EXPECT_EQ(x.received, "");
  EXPECT_EQ(waiting(), 1);
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
}  // namespace trine::gateway::test
