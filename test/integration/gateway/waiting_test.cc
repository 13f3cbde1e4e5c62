// Deployments that are busy: who waits, in which order, and who is told at once that waiting is in vain.
#include "integration/gateway/harness.h"

namespace trine::gateway::test::waiting_test {
namespace {

const string kOk = json_answer(completion(usage_json(20, 5)));
const string kRest = token("b") + usage_event(3, 2) + kDone;

string by(const string& secret, string_view body = kHello) {
  return post(kChat, body, "Authorization: Bearer " + secret + "\r\n");
}

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

}  // namespace
}  // namespace trine::gateway::test::waiting_test
