// Whole answers, and what happens when deployments fail: elsewhere, in the client's words, once in the ledger.
#include "integration/gateway/harness.h"

namespace trine::gateway::test::call_test {
namespace {

const string kOk = json_answer(completion(usage_json(20, 5)));

TEST(Call, AnswersWithTheFiguresInTheHeadAndInTheUsage) {
  Harness h;
  h.engines["fr.test"].on_request = answers(kOk);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 200);
  EXPECT_EQ(m.header("x-trine-route"), "fr");
  EXPECT_EQ(m.header("x-trine-request-id").substr(0, 4), "req_");
  EXPECT_GT(std::stod(m.header("x-trine-energy-j")), 0);
  EXPECT_GT(std::stod(m.header("x-trine-carbon-g")), 0);
  EXPECT_EQ(m.header("x-trine-quality"), "C") << "a derived curve and an annual intensity";
  EXPECT_NE(m.body.find(R"("trine":{"request_id":")" + m.header("x-trine-request-id")), string::npos) << m.body;
  EXPECT_NE(m.body.find(R"("energy_j":)" + m.header("x-trine-energy-j")), string::npos);
  EXPECT_NE(m.body.find(R"("final":true)"), string::npos) << "nobody measures this deployment";

  const auto record = h.record(m);
  EXPECT_EQ(record.facts.outcome, Outcome::ok);
  EXPECT_EQ(record.facts.http_status, 200);
  EXPECT_EQ(record.facts.route, "small");
  EXPECT_EQ(record.facts.endpoint, kChat);
  EXPECT_EQ(record.facts.tenant, (energy::Tenant{"acme", "claims", "intake", "one"}));
  EXPECT_EQ(record.facts.reason.substr(0, 21), "fr: score 1.00 of 2 (");
  ASSERT_EQ(record.calls.size(), 1u);
  EXPECT_EQ(record.calls[0].facts.in, 20);
  EXPECT_EQ(record.calls[0].facts.out, 5);
  EXPECT_EQ(record.calls[0].facts.model, "gpt-oss-20b");
  EXPECT_TRUE(record.final());
}

TEST(Call, EveryOtherByteOfTheAnswerStays) {
  Harness h;
  const string odd = R"({ "choices" : [ {"message":{"content":"é"}} ] , "x" : 1.500 })";
  h.engines["fr.test"].on_request = answers(json_answer(odd, 200, "X-RateLimit-Remaining-Tokens: 7\r\n"));
  const Message m = h.ask(chat());
  EXPECT_EQ(m.header("x-ratelimit-remaining-tokens"), "7");
  EXPECT_TRUE(m.body.starts_with(R"({ "choices" : [ {"message":{"content":"é"}} ] , "x" : 1.500)")) << m.body;
  const auto call = h.record(m).calls.at(0).facts;
  EXPECT_EQ(call.source, energy::TokenSource::counted) << "there was no usage";
  EXPECT_EQ(call.out, 1);
}

TEST(Call, AnErrorObjectWithStatus200IsPassedAsItIs) {
  Harness h;
  const string body = R"({"error":{"message":"no"}})";
  h.engines["fr.test"].on_request = answers(json_answer(body));
  EXPECT_EQ(h.ask(chat()).body, body);
}

TEST(Call, WhatIsNoJsonIsPassedAsItIs) {
  Harness h;
  h.engines["fr.test"].on_request =
      answers("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
  const Message m = h.ask(chat());
  EXPECT_EQ(m.body, "hello");
  EXPECT_EQ(m.header("content-type"), "text/plain");
  EXPECT_TRUE(m.has("x-trine-energy-j"));
}

int64_t server_errors(const Harness& h) {
  int64_t n = 0;
  for (const Counter& c : h.counters.server_errors) n += c.get();
  return n;
}

TEST(Call, AnEngineThatCannotBeReachedIsReplacedByAnother) {
  Harness h;
  h.engines["fr.test"].refuses = true;
  h.engines["de.test"].on_request = answers(kOk);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 200);
  EXPECT_EQ(m.header("x-trine-route"), "de");
  const auto record = h.record(m);
  EXPECT_EQ(record.facts.calls, 2);
  EXPECT_EQ(record.calls.at(0).facts.outcome, Outcome::failed);
  EXPECT_EQ(record.calls.at(0).facts.http_status, 0);
  EXPECT_EQ(record.calls.at(0).facts.in, 0) << "it did no work";
  EXPECT_EQ(h.requests(Outcome::ok), 1);
  EXPECT_EQ(server_errors(h), 0) << "the client saw none";
  EXPECT_EQ(h.deployment("fr").state->probe.all()[0].retries.get(), 1);
}

TEST(Call, AnEngineThatDoesNotConnectInTimeIsReplacedByAnother) {
  Sample s;
  s.more = "timeouts: { connect: 2s }";
  Harness h(s);
  h.engines["fr.test"].silent = true;
  h.engines["de.test"].on_request = answers(kOk);
  Client& client = h.send(chat());
  h.advance(1999ms);
  EXPECT_EQ(client.received, "");
  h.advance(1ms);
  EXPECT_EQ(client.answer().header("x-trine-route"), "de");
}

TEST(Call, BusyAndFailingEnginesAreReplacedByAnother) {
  for (const int status : {408, 429, 500, 502, 503, 529}) {
    Harness h;
    h.engines["fr.test"].on_request = answers(json_answer(R"({"error":{"message":"busy"}})", status));
    h.engines["de.test"].on_request = answers(kOk);
    const Message m = h.ask(chat());
    EXPECT_EQ(m.status, 200) << status;
    EXPECT_EQ(h.record(m).calls.at(0).facts.http_status, status);
  }
}

TEST(Call, WhatTheRequestGotWrongIsPassedOnAndNotTriedElsewhere) {
  for (const int status : {400, 401, 404, 413, 422}) {
    Harness h;
    const string body = R"({"error":{"message":"context of 8192 exceeded","code":"context_length_exceeded"}})";
    h.engines["fr.test"].on_request = answers(json_answer(body, status, "Retry-After: 9\r\n"));
    const Message m = h.ask(chat());
    EXPECT_EQ(m.status, status);
    EXPECT_EQ(m.body, body);
    EXPECT_EQ(m.header("retry-after"), "9");
    EXPECT_TRUE(h.engines["de.test"].asked.empty());
    const auto record = h.record(m);
    EXPECT_EQ(record.facts.outcome, Outcome::failed);
    EXPECT_EQ(record.facts.http_status, status);
    EXPECT_EQ(record.facts.error, "upstream_status");
    EXPECT_EQ(h.deployment("fr").state->health.failures(), 0) << "the engine is well";
    EXPECT_EQ(server_errors(h), 0) << "and nobody needs to be woken";
  }
}

TEST(Call, TheLastEnginesErrorIsPassedOnWhereNobodyAnswers) {
  Harness h;
  h.engines["fr.test"].refuses = true;
  const string body = R"({"error":{"message":"slow down"}})";
  h.engines["de.test"].on_request = answers(json_answer(body, 429, "Retry-After: 3\r\n"));
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 429);
  EXPECT_EQ(m.body, body);
  EXPECT_EQ(m.header("retry-after"), "3");
}

TEST(Call, AllDeadIsAnErrorThatSaysWhatToDo) {
  Harness h;
  h.engines["fr.test"].refuses = h.engines["de.test"].refuses = true;
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 502);
  EXPECT_EQ(error_code(m), "upstream_unreachable");
  EXPECT_EQ(m.header("content-type"), "application/json");
  EXPECT_EQ(m.header("retry-after"), "2");
  EXPECT_NE(m.body.find("cannot be reached"), string::npos);
  EXPECT_NE(m.body.find(m.header("x-trine-request-id")), string::npos);
  const auto record = h.record(m);
  EXPECT_EQ(record.facts.outcome, Outcome::failed);
  EXPECT_EQ(record.facts.calls, 2);
}

TEST(Call, WhereAllRestTheAnswerSaysWhy) {
  Harness h;
  h.engines["fr.test"].refuses = h.engines["de.test"].refuses = true;
  for (int i = 0; i < Health::kTolerated; ++i) EXPECT_EQ(h.ask(chat()).status, 502);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 503);
  EXPECT_EQ(error_code(m), "no_deployment_available");
  EXPECT_NE(m.body.find("fr: unhealthy; de: unhealthy"), string::npos) << m.body;
  EXPECT_EQ(h.record(m).facts.outcome, Outcome::refused);
  EXPECT_EQ(h.record(m).facts.calls, 0);
  EXPECT_EQ(server_errors(h), Health::kTolerated + 1) << "the refused one is none of the client's mistakes";

  h.engines["fr.test"].refuses = false;
  h.engines["fr.test"].on_request = answers(kOk);
  h.advance(Health::kFirstRest);
  EXPECT_EQ(h.ask(chat()).status, 200);
  EXPECT_EQ(h.deployment("fr").state->health.failures(), 0);
}

TEST(Call, AKeptConnectionThatTheEngineClosedIsTriedOnceMoreOnANewOne) {
  Harness h;
  Engine& engine = h.engines["fr.test"];
  engine.on_request = answers(kOk);
  EXPECT_EQ(h.ask(chat()).status, 200);
  // It closes the kept connection just as the next request arrives.
  engine.on_request = [&](EngineSide& side, const Message&) {
    engine.on_request = answers(kOk);
    side.leave();
  };
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 200);
  EXPECT_EQ(m.header("x-trine-route"), "fr");
  EXPECT_EQ(engine.sides.size(), 2u);
  EXPECT_EQ(h.record(m).facts.calls, 1) << "not the engine's fault";
  EXPECT_EQ(h.deployment("fr").state->health.failures(), 0);
}

TEST(Call, ANewConnectionThatTheEngineClosesIsAFailure) {
  Harness h;
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message&) { side.leave(); };
  h.engines["de.test"].on_request = answers(kOk);
  EXPECT_EQ(h.ask(chat()).header("x-trine-route"), "de");
  EXPECT_EQ(h.engines["fr.test"].asked.size(), 1u);
  EXPECT_EQ(h.deployment("fr").state->health.failures(), 1);
}

TEST(Call, AnEngineThatIsSilentTimesOut) {
  Sample s;
  s.more = "timeouts: { first_byte: 5s }";
  s.routes = "\n  - { model: small, deployments: [fr], max_attempts: 1 }\n";
  Harness h(s);
  Client& client = h.send(chat());
  h.advance(4999ms);
  EXPECT_EQ(client.received, "");
  h.advance(1ms);
  const Message m = client.answer();
  EXPECT_EQ(m.status, 504);
  EXPECT_EQ(error_code(m), "upstream_timeout");
  EXPECT_TRUE(h.engines["fr.test"].side().ended);
}

TEST(Call, TheTotalTimeOutLeavesNoTimeForAnother) {
  Sample s;
  s.more = "timeouts: { first_byte: 5s, total: 5s }";
  Harness h(s);
  Client& client = h.send(chat());
  h.advance(5s);
  EXPECT_EQ(client.answer().status, 504);
  EXPECT_TRUE(h.engines["de.test"].asked.empty());
}

TEST(Call, AnAnswerThatBreaksOffIsGivenByAnother) {
  Harness h;
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message&) {
    side.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"choices\":");
    side.leave();
  };
  h.engines["de.test"].on_request = answers(kOk);
  const Message m = h.ask(chat());
  EXPECT_EQ(m.header("x-trine-route"), "de");
  EXPECT_EQ(h.record(m).calls.at(0).facts.outcome, Outcome::failed);
}

TEST(Call, AnAnswerOverTheLimitIsRefused) {
  Sample s;
  s.more = "limits: { response_bytes: 1KiB }";
  s.routes = "\n  - { model: small, deployments: [fr] }\n";
  Harness h(s);
  h.engines["fr.test"].on_request = answers(json_answer(string(2000, ' ') + "{}"));
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 502);
  EXPECT_NE(m.body.find("over 1024 bytes"), string::npos) << m.body;
}

TEST(Call, AnAnswerOverTheLimitIsNotMadeAgainElsewhere) {
  Sample s;
  s.more = "limits: { response_bytes: 1KiB }";
  Harness h(s);
  for (auto host : {"fr.test", "de.test"}) h.engines[host].on_request = answers(json_answer(string(2000, ' ') + "{}"));
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 502);
  EXPECT_EQ(error_code(m), "upstream_error");
  EXPECT_NE(m.body.find("over 1024 bytes"), string::npos) << m.body;
  EXPECT_TRUE(h.engines["de.test"].asked.empty());
  const auto record = h.record(m);
  EXPECT_EQ(record.facts.calls, 1);
  EXPECT_EQ(record.facts.outcome, Outcome::failed);
  EXPECT_EQ(record.facts.error, "upstream_error");
  EXPECT_EQ(record.calls.at(0).facts.outcome, Outcome::failed);
  EXPECT_EQ(h.deployment("fr").state->health.failures(), 0) << "the engine is well";
  EXPECT_EQ(h.running("fr"), 0);
}

TEST(Call, AnHtmlPageIsSaidInOurWords) {
  Sample s;
  s.routes = "\n  - { model: small, deployments: [fr] }\n";
  Harness h(s);
  h.engines["fr.test"].on_request =
      answers("HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<h1>nginx</h1");
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 502);
  EXPECT_EQ(error_code(m), "upstream_error");
  EXPECT_NE(m.body.find("it answered with status 503"), string::npos) << m.body;
  EXPECT_EQ(m.body.find("nginx"), string::npos);
  EXPECT_EQ(h.record(m).calls.at(0).facts.http_status, 503);
}

TEST(Call, ARedirectIsNotFollowed) {
  Sample s;
  s.routes = "\n  - { model: small, deployments: [fr] }\n";
  Harness h(s);
  h.engines["fr.test"].on_request =
      answers("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n");
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 502);
  EXPECT_FALSE(m.has("location"));
  EXPECT_NE(m.body.find("status 307"), string::npos);
}

TEST(Call, WhatIsNotHttpIsSaidInOurWords) {
  Sample s;
  s.routes = "\n  - { model: small, deployments: [fr] }\n";
  Harness h(s);
  h.engines["fr.test"].on_request = answers("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 502);
  EXPECT_EQ(error_code(m), "upstream_error");
}

TEST(Call, AnErrorWithoutItsBodyIsSaidInOurWords) {
  Sample s;
  s.routes = "\n  - { model: small, deployments: [fr] }\n";
  Harness h(s);
  h.engines["fr.test"].on_request =
      answers("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"err");
  Client& client = h.send(chat());
  h.advance(5s);
  const Message m = client.answer();
  EXPECT_EQ(m.status, 502);
  EXPECT_NE(m.body.find("status 400"), string::npos);
}

TEST(Call, AClientThatLeavesDuringAWholeAnswerCancelsIt) {
  Harness h;
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message&) {
    side.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"choices\":");
  };
  Client& client = h.send(chat());
  client.leave();
  h.settle();
  EXPECT_TRUE(h.engines["fr.test"].side().ended);
  EXPECT_EQ(h.requests(Outcome::cancelled), 1);
  EXPECT_EQ(h.total().out, 0);
  EXPECT_GT(h.total().in, 0) << "the prompt was read";
}

TEST(Call, OnlyAsManyAttemptsAsTheRouteAllows) {
  Sample s;
  s.routes =
      "\n  - { model: small, deployments: [fr, de], max_attempts: 1, weights: { cost: 0, control: 0, carbon: 1 } }\n";
  Harness h(s);
  h.engines["fr.test"].refuses = true;
  h.engines["de.test"].on_request = answers(kOk);
  EXPECT_EQ(h.ask(chat()).status, 502);
}

TEST(Call, FiguresOfARetriedRequestCoverAllItsCalls) {
  Harness h;
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message&) {
    side.send(string(kStreamHead) + chunk(role()));
    side.leave();
  };
  h.engines["de.test"].on_request = answers(json_answer(completion(usage_json(20, 5))));
  const Message m = h.ask(chat());
  const auto record = h.record(m);
  ASSERT_EQ(record.calls.size(), 2u);
  Energy sum;
  for (const auto& c : record.calls) sum += c.settlements.at(0).figures.energy;
  EXPECT_EQ(m.header("x-trine-energy-j"), fixed_point(sum.raw(), 6));
  EXPECT_GT(record.calls[0].settlements.at(0).figures.energy.raw(), 0) << "its prefill was for nothing, and is paid";
}

TEST(Call, OtherPathsPassThroughToWhoServesThem) {
  Sample s;
  s.deployments = R"(
  - { name: chat, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 }, endpoints: [chat] }
  - { name: images, url: "http://de.test/api/v1", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: DE, price: { per_hour: 1.20 }, endpoints: [other] }
)";
  s.routes = "\n  - { model: small, deployments: [chat] }\n";
  Harness h(s);
  const string png("\x89PNG\r\n\x1a\n\0\0", 10);
  h.engines["de.test"].on_request =
      answers("HTTP/1.1 201 Created\r\nContent-Type: image/png\r\nContent-Length: 10\r\n\r\n" + png);
  const string body = R"({"model":"dall-e","prompt":"a cat"})";
  const Message m = h.ask(post("/v1/images/generations?n=1", body));
  EXPECT_EQ(m.status, 201);
  EXPECT_EQ(m.body, png);
  EXPECT_EQ(m.header("x-trine-route"), "images");
  ASSERT_EQ(h.engines["de.test"].asked.size(), 1u);
  EXPECT_EQ(h.engines["de.test"].asked[0].start, "POST /api/v1/images/generations?n=1 HTTP/1.1");
  EXPECT_EQ(h.engines["de.test"].asked[0].body, body) << "untouched";
  const auto record = h.record(m);
  EXPECT_EQ(record.facts.endpoint, "/v1/images/generations");
  EXPECT_EQ(record.facts.outcome, Outcome::ok);
}

TEST(Call, AMultipartUploadPassesUntouchedAndIsMeteredByTime) {
  Harness h;
  const string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n" + string("\0\1\xff", 3) + "\r\n--b--\r\n";
  Engine& engine = h.engines["fr.test"];
  Client& client = h.connect();
  client.send(fmt::format("POST /v1/audio/transcriptions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer sk-one\r\n"
                          "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
                          form.size()) +
              form);
  h.advance(2s);
  ASSERT_EQ(engine.asked.size(), 1u);
  EXPECT_EQ(engine.asked[0].body, form);
  EXPECT_EQ(engine.asked[0].header("content-type"), "multipart/form-data; boundary=b");
  engine.side().send(json_answer(R"({"text":"hallo"})"));
  h.settle();
  const Message m = client.answer();
  EXPECT_EQ(m.body, R"({"text":"hallo"})");
  const auto record = h.record(m);
  const auto& call = record.calls.at(0);
  EXPECT_EQ(call.facts.end - call.facts.start, 2s);
  EXPECT_EQ(call.facts.in + call.facts.out, 0);
  EXPECT_GT(call.settlements.at(0).figures.cost.raw(), 0) << "two seconds of the machine";
}

TEST(Call, AGetPassesThroughWithoutABody) {
  Harness h;
  h.engines["fr.test"].on_request = answers(json_answer("{}"));
  EXPECT_EQ(h.ask(get("/v1/files?limit=2")).status, 200);
  EXPECT_EQ(h.engines["fr.test"].asked.at(0).start, "GET /v1/files?limit=2 HTTP/1.1");
  EXPECT_FALSE(h.engines["fr.test"].asked.at(0).has("content-length"));
}

TEST(Call, AHeadIsAnsweredWithTheHeadOfItsGetAndNothingIsWaitedFor) {
  Harness h;
  const string head_only = "HEAD /v1/files/x HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer sk-one\r\n\r\n";
  for (const char* type : {"application/pdf", "text/event-stream"}) {
    h.engines["fr.test"].on_request =
        answers("HTTP/1.1 200 OK\r\nContent-Type: " + string(type) + "\r\nContent-Length: 15\r\n\r\n");
    const Message m = h.send(head_only).answer(true);
    EXPECT_EQ(m.status, 200) << type;
    EXPECT_EQ(m.header("content-type"), type);
    EXPECT_EQ(m.header("content-length"), "15") << "the GET's";
    EXPECT_EQ(h.running("fr"), 0);
    EXPECT_EQ(h.record(m).facts.outcome, Outcome::ok);
  }
  EXPECT_EQ(h.deployment("fr").state->health.failures(), 0);
  EXPECT_EQ(h.engines["fr.test"].sides.size(), 1u) << "the connection is as good as new";

  h.engines["fr.test"].on_request =
      answers("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n");
  const Message missing = h.send(head_only).answer(true);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.header("content-length"), "90");
  EXPECT_EQ(h.engines["fr.test"].sides.size(), 1u);
  h.engines["fr.test"].on_request = answers(json_answer("{}"));
  EXPECT_EQ(h.ask(get("/v1/files/x")).body, "{}") << "of the next one a body is read again";
}

TEST(Call, APathThatClimbsOutIsRefused) {
  Harness h;
  for (const auto target : {"/v1/../metrics", "/v1/a/../../metrics", "/v1/%2e%2E/metrics", "/v1/./x", "/v1/..",
                            "/v1/..%2fmetrics", "/v1/..\\metrics"}) {
    const Message m = h.ask(get(target));
    EXPECT_EQ(m.status, 404) << target;
  }
  EXPECT_TRUE(h.engines["fr.test"].asked.empty()) << "an engine's other pages are not the clients' affair";
}

TEST(Call, APathThatAnEngineMayReadAsAnotherIsRefused) {
  Harness h;
  for (const auto target : {"/v1//chat/completions", "/v1/chat/completions//", "/v1/%63hat/completions"})
    EXPECT_EQ(h.ask(post(target, kHello)).status, 404) << target;
  for (const auto target : {"/v1/chat/completions#", "/v1/chat/completions#x", "/v1/moderations#?a=1"}) {
    const Message m = h.ask(post(target, kHello));
    EXPECT_EQ(m.status, 400) << target;
    EXPECT_EQ(error_code(m), "bad_request_head") << target;
  }
  EXPECT_TRUE(h.engines["fr.test"].asked.empty()) << "by it a request would go round limits, guard and cache";
}

TEST(Call, EmbeddingsAreMeteredByTheirPrompt) {
  Harness h;
  h.engines["fr.test"].on_request =
      answers(json_answer(R"({"object":"list","data":[],"usage":{"prompt_tokens":8,"total_tokens":8}})"));
  const Message m = h.ask(post("/v1/embeddings", R"({"model":"small","input":"Bonjour"})"));
  EXPECT_EQ(m.status, 200);
  const auto call = h.record(m).calls.at(0).facts;
  EXPECT_EQ(call.in, 8);
  EXPECT_EQ(call.out, 0);
  EXPECT_NE(m.body.find(R"("total_tokens":8,"trine":{)"), string::npos) << m.body;
}

TEST(Call, ManyAtATimeShareTheEnginesBatch) {
  Harness h;
  std::vector<Client*> clients;
  clients.reserve(4);
  for (int i = 0; i < 4; ++i) clients.push_back(&h.send(chat()));
  EXPECT_EQ(h.running("fr") + h.running("de"), 4);
  h.advance(1s);
  for (auto host : {"fr.test", "de.test"})
    for (auto& side : h.engines[host].sides) side->send(kOk);
  h.settle();
  EXPECT_EQ(h.running("fr") + h.running("de"), 0);
  double batch = 0;
  for (Client* c : clients) batch += h.record(c->answer()).calls.at(0).facts.mean_batch;
  EXPECT_GT(batch, 4.5);
}

}  // namespace
}  // namespace trine::gateway::test::call_test
