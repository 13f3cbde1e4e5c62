// What a client may send, and what it is told where it may not; repeated requests; a full ledger; drain and reload.
#include "integration/gateway/harness.h"

namespace trine::gateway::test::request_test {
namespace {

const string kOk = json_answer(completion(usage_json(20, 5)));

struct Request : testing::Test {
  static Harness& with(std::unique_ptr<Harness>& h, const Sample& s = {}) {
    h = std::make_unique<Harness>(s);
    h->engines["fr.test"].on_request = answers(kOk);
    h->engines["de.test"].on_request = answers(kOk);
    return *h;
  }
  SmallDisk disk{2};  // a segment for the worker, one for the back office
  std::unique_ptr<Harness> kept;
};

TEST_F(Request, IsRefusedWithACodeAndASentence) {
  Sample s;
  s.keys = R"(
  - { id: one, secret: sk-one, org: acme, team: claims, project: intake }
  - { id: narrow, secret: sk-narrow, routes: [big] }
)";
  s.routes = "\n  - { model: small, deployments: [fr] }\n  - { model: big, deployments: [de] }\n";
  Harness& h = with(kept, s);
  const struct {
    string bytes;
    int status;
    const char* code;
  } cases[] = {
      {post(kChat, kHello, ""), 401, "missing_api_key"},
      {post(kChat, kHello, "Authorization: Bearer sk-no\r\n"), 401, "invalid_api_key"},
      {post(kChat, kHello, "Authorization: Basic c2stb25l\r\n"), 401, "missing_api_key"},
      {post(kChat, kHello, "Authorization: Bearer sk-narrow\r\n"), 403, "route_not_allowed"},
      {chat(R"({"model":)"), 400, "invalid_json"},
      {chat("{}{}"), 400, "invalid_json"},
      {chat(R"({"messages":[]})"), 400, "missing_model"},
      {chat(R"({"model":"tiny","messages":[]})"), 404, "unknown_model"},
      {chat(R"({"model":"small","stream":"yes"})"), 400, "invalid_request"},
      {get(kChat), 405, "method_not_allowed"},
      {get("/v2/anything"), 404, "not_found"},
      {get("/"), 404, "not_found"},
  };
  for (const auto& c : cases) {
    const Message m = h.ask(c.bytes);
    EXPECT_EQ(m.status, c.status) << c.bytes;
    EXPECT_EQ(error_code(m), c.code) << m.body;
    EXPECT_NE(m.body.find(". "), string::npos) << "a sentence that says what to do: " << m.body;
    EXPECT_EQ(m.has("www-authenticate"), c.status == 401);
  }
  EXPECT_TRUE(h.engines["fr.test"].asked.empty());
  EXPECT_EQ(h.counters.client_errors.get(), 12);
}

TEST_F(Request, OfTheWrongMethodIsToldTheRightOnes) {
  Harness& h = with(kept);
  EXPECT_EQ(h.ask(get(kChat)).header("allow"), "POST");
  EXPECT_EQ(h.ask(post("/v1/models", "{}")).header("allow"), "GET, HEAD");
}

TEST_F(Request, ThatIsRefusedIsRecordedOnlyWhereAKeyIsKnown) {
  Harness& h = with(kept);
  h.ask(post(kChat, kHello, ""));
  EXPECT_EQ(h.total().requests, 0);
  const Message m = h.ask(chat(R"({"model":"tiny"})"));
  const auto record = h.record(m);
  EXPECT_EQ(record.facts.outcome, Outcome::refused);
  EXPECT_EQ(record.facts.http_status, 404);
  EXPECT_EQ(record.facts.error, "unknown_model");
  EXPECT_EQ(record.facts.route, "tiny");
  EXPECT_EQ(h.total().cost.raw(), 0);
}

TEST_F(Request, MalformedHeadsAreRefusedInOpenAisShapeAndEndTheConnection) {
  Harness& h = with(kept);
  const struct {
    string bytes;
    int status;
    const char* code;
  } cases[] = {
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
       "bad_request_head"},
      {"GET / HTTP/1.1\nHost: a\n\n", 400, "bad_request_head"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + string(20000, 'x'), 431, "head_too_large"},
  };
  for (const auto& c : cases) {
    Client& client = h.send(c.bytes);
    const Message m = client.answer();
    EXPECT_EQ(m.status, c.status);
    EXPECT_EQ(error_code(m), c.code);
    EXPECT_EQ(m.header("connection"), "close");
    EXPECT_TRUE(client.ended);
  }
}

TEST_F(Request, AHeadThatDribblesIsRefusedInTime) {
  Sample s;
  s.more = "timeouts: { head: 1s }";
  Harness& h = with(kept, s);
  Client& client = h.send("GET / HT");
  h.advance(1s);
  const Message m = client.answer();
  EXPECT_EQ(m.status, 408);
  EXPECT_EQ(error_code(m), "request_timeout");
}

TEST_F(Request, AsManyConnectionsAsAllowed) {
  Sample s;
  s.more = "limits: { connections: 1 }";
  Harness& h = with(kept, s);
  h.connect();
  const Message m = h.ask(get("/health"));
  EXPECT_EQ(m.status, 503);
  EXPECT_EQ(error_code(m), "too_many_connections");
}

TEST_F(Request, ABodyOverTheLimitIsRefusedAtItsHeader) {
  Sample s;
  s.more = "limits: { body_bytes: 1KiB }";
  Harness& h = with(kept, s);
  Client& client = h.connect();
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-one\r\nContent-Length: 1025\r\n\r\n");
  h.settle();
  Message m = client.answer();
  EXPECT_EQ(m.status, 413);
  EXPECT_EQ(error_code(m), "body_too_large");
  EXPECT_EQ(m.header("connection"), "close") << "the body is still to come";
  EXPECT_TRUE(client.ended);

  const string body = R"({"model":"small","x":")" + string(1100, 'x') + "\"}";
  m = h.ask(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-one\r\n"
      "Transfer-Encoding: chunked\r\n\r\n" +
      chunk(body) + string(kLastChunk));
  EXPECT_EQ(m.status, 413);
}

TEST_F(Request, ABodyThatDoesNotComeIsRefusedInTime) {
  Sample s;
  s.more = "timeouts: { body: 2s }";
  Harness& h = with(kept, s);
  Client& client = h.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-one\r\nContent-Length: 10\r\n\r\n{");
  h.advance(2s);
  const Message m = client.answer();
  EXPECT_EQ(m.status, 408);
  EXPECT_EQ(m.header("connection"), "close");
}

TEST_F(Request, AClientThatLeavesInItsBodyCostsNothing) {
  Harness& h = with(kept);
  Client& client = h.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-one\r\nContent-Length: 10\r\n\r\n{");
  client.leave();
  h.settle();
  EXPECT_EQ(h.total().requests, 0);
  EXPECT_TRUE(h.engines["fr.test"].asked.empty());
}

TEST_F(Request, AChunkedBodyIsReadAndSentOnWithItsLength) {
  Harness& h = with(kept);
  const string body(kHello);
  const Message m = h.ask(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-one\r\n"
      "Transfer-Encoding: chunked\r\n\r\n" +
      chunk(body.substr(0, 10)) + chunk(body.substr(10)) + string(kLastChunk));
  EXPECT_EQ(m.status, 200);
  const Message& asked = h.engines["fr.test"].asked.at(0);
  EXPECT_FALSE(asked.chunked);
  EXPECT_EQ(asked.body, R"({"model":"gpt-oss-20b","messages":[{"role":"user","content":"Bonjour"}]})");
}

TEST_F(Request, ABrokenChunkedBodyIsRefused) {
  Harness& h = with(kept);
  const Message m = h.ask(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-one\r\n"
      "Transfer-Encoding: chunked\r\n\r\nxyz\r\n");
  EXPECT_EQ(m.status, 400);
  EXPECT_NE(m.body.find("the chunked body is broken"), string::npos);
  EXPECT_EQ(m.header("connection"), "close");
}

TEST_F(Request, SeveralOnOneConnectionAreServedInOrder) {
  Harness& h = with(kept);
  Client& client = h.send(chat() + get("/v1/models") + chat());
  EXPECT_EQ(client.answer().header("x-trine-route"), "fr");
  EXPECT_NE(client.answer().body.find("\"list\""), string::npos);
  EXPECT_EQ(client.answer().header("x-trine-route"), "fr");
  EXPECT_FALSE(client.ended);
}

TEST_F(Request, OfAnHttp10ClientIsAnsweredAndTheConnectionEnds) {
  Harness& h = with(kept);
  string request = chat();
  request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
  Client& client = h.send(request);
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.answer().header("connection"), "close");
}

TEST_F(Request, BelongsToTheWorkloadThatItNamesElseToItsKeysElseToItsRoutes) {
  Sample s;
  s.keys = R"(
  - { id: one, secret: sk-one }
  - { id: two, secret: sk-two, workload: archive }
)";
  s.routes = "\n  - { model: small, deployments: [fr], workload: invoices }\n";
  Harness& h = with(kept, s);
  const string two = "Authorization: Bearer sk-two\r\n";
  EXPECT_EQ(h.record(h.ask(chat())).facts.workload, "invoices");
  EXPECT_EQ(h.record(h.ask(post(kChat, kHello, two))).facts.workload, "archive");
  EXPECT_EQ(h.record(h.ask(post(kChat, kHello, two + "X-Trine-Workload: claims\r\n"))).facts.workload, "claims");
  const string longest(200, 'w');
  EXPECT_EQ(h.record(h.ask(chat(kHello, "X-Trine-Workload: " + longest + "\r\n"))).facts.workload,
            longest.substr(0, 64));
}

TEST_F(Request, ThatNamesItsUserIsRecordedWithIt) {
  Harness& h = with(kept);
  const Message m = h.ask(chat(R"({"model":"small","user":"ada","messages":[]})"));
  EXPECT_EQ(h.record(m).facts.user, "ada");
}

// ---- Idempotency-Key ----

TEST_F(Request, ThatIsRepeatedGetsTheFirstAnswerAndIsNotBilledAgain) {
  Harness& h = with(kept);
  const string request = chat(kHello, "Idempotency-Key: k1\r\n");
  const Message first = h.ask(request);
  const Message second = h.ask(request);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.header("x-trine-request-id"), first.header("x-trine-request-id"));
  EXPECT_EQ(second.header("x-trine-cost"), first.header("x-trine-cost"));
  EXPECT_EQ(second.header("idempotent-replayed"), "true");
  EXPECT_FALSE(first.has("idempotent-replayed"));
  EXPECT_EQ(h.engines["fr.test"].asked.size(), 1u);
  EXPECT_EQ(h.total().requests, 1);
}

TEST_F(Request, ThatIsRepeatedWithAnotherBodyConflicts) {
  Harness& h = with(kept);
  h.ask(chat(kHello, "Idempotency-Key: k1\r\n"));
  const Message m = h.ask(chat(R"({"model":"small","messages":[]})", "Idempotency-Key: k1\r\n"));
  EXPECT_EQ(m.status, 409);
  EXPECT_EQ(error_code(m), "idempotency_conflict");
  EXPECT_NE(m.body.find("the body is not the first one's"), string::npos);
}

TEST_F(Request, ThatIsRepeatedToAnotherPathConflicts) {
  Harness& h = with(kept);
  const string headers = "Authorization: Bearer sk-one\r\nIdempotency-Key: k1\r\n";
  const string body = R"({"model":"small","input":"x","messages":[],"prompt":"x"})";
  h.ask(post(kChat, body, headers));
  EXPECT_EQ(h.ask(post("/v1/completions", body, headers)).status, 409);
}

TEST_F(Request, ThatIsRepeatedWhileTheFirstRunsConflicts) {
  Harness& h = with(kept);
  h.engines["fr.test"].on_request = nullptr;
  Client& first = h.send(chat(kHello, "Idempotency-Key: k1\r\n"));
  Message m = h.ask(chat(kHello, "Idempotency-Key: k1\r\n"));
  EXPECT_EQ(m.status, 409);
  EXPECT_NE(m.body.find("still running"), string::npos);
  h.engines["fr.test"].side().send(kOk);
  h.settle();
  EXPECT_EQ(first.answer().status, 200);
  EXPECT_EQ(h.ask(chat(kHello, "Idempotency-Key: k1\r\n")).status, 200);
}

TEST_F(Request, ThatFailedMayBeRepeated) {
  Harness& h = with(kept);
  h.engines["fr.test"].refuses = h.engines["de.test"].refuses = true;
  EXPECT_EQ(h.ask(chat(kHello, "Idempotency-Key: k1\r\n")).status, 502);
  h.engines["fr.test"].refuses = false;
  const Message m = h.ask(chat(kHello, "Idempotency-Key: k1\r\n"));
  EXPECT_EQ(m.status, 200);
  EXPECT_FALSE(m.has("idempotent-replayed"));
}

TEST_F(Request, ThatWasStreamedIsNotStreamedAgain) {
  Harness& h = with(kept);
  h.engines["fr.test"].on_request = answers(string(kStreamHead) + chunk(token("a") + kDone) + string(kLastChunk));
  EXPECT_EQ(h.ask(chat(kHelloStream, "Idempotency-Key: k1\r\n")).status, 200);
  const Message m = h.ask(chat(kHelloStream, "Idempotency-Key: k1\r\n"));
  EXPECT_EQ(m.status, 409);
  EXPECT_NE(m.body.find("answered already, by a stream"), string::npos) << m.body;
  EXPECT_EQ(h.engines["fr.test"].asked.size(), 1u);
}

TEST_F(Request, WhoseStreamBrokeOffMayBeRepeated) {
  Harness& h = with(kept);
  h.engines["fr.test"].on_request = streams(token("a"));
  h.send(chat(kHelloStream, "Idempotency-Key: k1\r\n"));
  h.engines["fr.test"].side().leave();
  h.settle();
  h.engines["fr.test"].on_request = answers(string(kStreamHead) + chunk(token("a") + kDone) + string(kLastChunk));
  EXPECT_EQ(h.ask(chat(kHelloStream, "Idempotency-Key: k1\r\n")).status, 200);
}

TEST_F(Request, KeysOfTwoClientsNeverMeet) {
  Harness& h = with(kept);
  const Message one = h.ask(post(kChat, kHello, "Authorization: Bearer sk-one\r\nIdempotency-Key: k1\r\n"));
  const Message two = h.ask(post(kChat, kHello, "Authorization: Bearer sk-two\r\nIdempotency-Key: k1\r\n"));
  EXPECT_EQ(two.status, 200);
  EXPECT_NE(one.header("x-trine-request-id"), two.header("x-trine-request-id"));
}

TEST_F(Request, AnIdempotencyKeyHasALength) {
  Harness& h = with(kept);
  const Message m = h.ask(chat(kHello, "Idempotency-Key: " + string(256, 'k') + "\r\n"));
  EXPECT_EQ(m.status, 400);
  EXPECT_NE(m.body.find("longer than 255"), string::npos);
}

TEST_F(Request, AnAnswerTooLongToKeepIsSaidToBe) {
  Harness& h = with(kept);
  h.engines["fr.test"].on_request =
      answers(json_answer(completion(usage_json(1, 1), string(Idempotency::kMaxAnswer, 'x'))));
  EXPECT_EQ(h.ask(chat(kHello, "Idempotency-Key: k1\r\n")).status, 200);
  EXPECT_EQ(h.ask(chat(kHello, "Idempotency-Key: k1\r\n")).status, 409);
}

// ---- a full ledger ----

// Requests until the ledger has no room for another; how many there were.
int fill(Harness& h) {
  for (int n = 0; n < 5000; ++n)
    if (h.ask(chat()).status != 200) return n;
  return -1;
}

TEST_F(Request, IsRefusedWhereTheLedgerIsFull) {
  Sample s;
  s.disk = &disk;
  Harness& h = with(kept, s);
  const int served = fill(h);
  ASSERT_GT(served, 10);
  const size_t asked = h.engines["fr.test"].asked.size();
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 503);
  EXPECT_EQ(error_code(m), "ledger_full");
  EXPECT_EQ(h.engines["fr.test"].asked.size(), asked) << "what cannot be recorded is not begun";
  EXPECT_EQ(h.running("fr"), 0);
  const Message health = h.ask(get("/health/ready"));
  EXPECT_EQ(health.status, 503);
  EXPECT_NE(health.body.find("ledger_full: "), string::npos) << health.body;
  EXPECT_EQ(h.total().requests, served) << "all that were served are there";

  disk.left = 10;
  ASSERT_TRUE(h.until([&] { return h.ask(chat()).status == 200; })) << "it goes on once there is room";
}

TEST_F(Request, IsServedAndCountedWhereTheLedgerIsFullAndThePolicySaysSo) {
  Sample s;
  s.disk = &disk;
  s.ledger = "{ when_full: unrecorded }";
  Harness& h = with(kept, s);
  int n = 0;
  for (; n < 5000 && h.counters.unrecorded.get() == 0; ++n) ASSERT_EQ(h.ask(chat()).status, 200);
  ASSERT_LT(n, 5000);
  EXPECT_EQ(h.counters.unrecorded.get(), 1);
  EXPECT_EQ(h.ask(get("/health/ready")).status, 200);
}

// ---- drain and reload ----

TEST_F(Request, WhileDrainingPresentOnesEndAndTheirConnectionsClose) {
  Harness& h = with(kept);
  h.engines["fr.test"].on_request = streams(token("a"));
  Client& idle = h.connect();
  Client& client = h.send(chat(kHelloStream));
  h.settle();
  bool drained = false;
  h.context.draining = true;
  h.own.set_draining();
  h.server->drain([&] { drained = true; });
  h.settle();
  EXPECT_TRUE(idle.ended);
  EXPECT_FALSE(drained);
  h.engines["fr.test"].side().send(chunk(token("b") + kDone) + string(kLastChunk));
  h.advance(2s);
  EXPECT_TRUE(client.answer().complete);
  EXPECT_TRUE(client.ended);
  client.leave();
  h.settle();
  EXPECT_TRUE(drained);
}

TEST_F(Request, AnAnswerThatBeginsWhileDrainingSaysThatItIsTheLast) {
  Harness& h = with(kept);
  h.engines["fr.test"].on_request = nullptr;
  Client& client = h.send(chat());
  h.context.draining = true;
  h.engines["fr.test"].side().send(kOk);
  h.settle();
  EXPECT_EQ(client.answer().header("connection"), "close");
  EXPECT_TRUE(client.ended);
}

TEST_F(Request, AReloadSwapsRoutesUnderARunningStream) {
  Harness& h = with(kept);
  h.engines["fr.test"].on_request = streams(token("a"));
  Client& client = h.send(chat(kHelloStream));
  Sample later;
  later.routes = "\n  - { model: small, deployments: [de] }\n  - { model: tiny, deployments: [fr] }\n";
  h.reload(later);
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "de");
  EXPECT_EQ(h.running("fr"), 1) << "the live state of a deployment outlasts the reload";
  h.engines["fr.test"].side().send(chunk(token("b") + kDone) + string(kLastChunk));
  h.settle();
  const Message m = client.answer();
  EXPECT_TRUE(m.complete);
  EXPECT_EQ(m.header("x-trine-route"), "fr");
  EXPECT_EQ(h.running("fr"), 0);
  EXPECT_EQ(h.context.snapshot()->generation, 2);
}

TEST_F(Request, AnExchangeOutlastsSeveralReloads) {
  Harness& h = with(kept);
  h.engines["fr.test"].on_request = streams(token("a"));
  Client& client = h.send(chat(kHelloStream));
  EngineSide& stream = h.engines["fr.test"].side();
  h.engines["fr.test"].on_request = answers(kOk);
  h.ask(chat());  // leaves a kept connection
  Sample other;
  other.deployments = R"(
  - { name: new, url: "http://new.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 } }
)";
  other.routes = "\n  - { model: small, deployments: [new] }\n";
  h.engines["new.test"].on_request = answers(kOk);
  for (int i = 0; i < 3; ++i) {
    h.reload(other);
    EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "new");
  }
  stream.send(chunk(token("b") + kDone) + string(kLastChunk));
  h.settle();
  EXPECT_TRUE(client.answer().complete);
  for (int i = 0; i < 3; ++i) {
    h.reload({});
    EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "fr");
  }
}

TEST_F(Request, ADeploymentThatAReloadRemovesMayStillBeDialled) {
  Harness& h = with(kept);
  h.engines["fr.test"].dial_takes = 2s;
  Client& client = h.send(chat());
  Sample other;
  other.deployments = R"(
  - { name: new, url: "http://new.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 } }
)";
  other.routes = "\n  - { model: small, deployments: [new] }\n";
  for (int i = 0; i < 3; ++i) h.reload(other);
  h.advance(2s);
  EXPECT_EQ(client.answer().header("x-trine-route"), "fr");
}

TEST_F(Request, ConnectionsToEnginesOutlastAReload) {
  Harness& h = with(kept);
  h.ask(chat());
  h.reload({});
  h.ask(chat());
  h.reload({});
  h.ask(chat());
  EXPECT_EQ(h.engines["fr.test"].sides.size(), 1u);
}

TEST_F(Request, TwoDeploymentsAtOneAddressShareTheirConnections) {
  Sample s;
  s.deployments = R"(
  - { name: a, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 } }
  - { name: b, url: "http://fr.test/v1", model: llama-3-8b, gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 } }
)";
  s.routes = "\n  - { model: small, deployments: [a] }\n  - { model: large, deployments: [b] }\n";
  Harness& h = with(kept, s);
  h.ask(chat());
  h.ask(chat(R"({"model":"large","messages":[]})"));
  EXPECT_EQ(h.engines["fr.test"].sides.size(), 1u);
}

}  // namespace
}  // namespace trine::gateway::test::request_test
