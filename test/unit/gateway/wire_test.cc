// What goes out: the request to a deployment, the head to a client, errors, and the pages that are the gateway's own.
#include "gateway/admin/admin.h"
#include "gateway/reply.h"
#include "gateway/settle/settle.h"
#include "integration/gateway/harness.h"

namespace trine::gateway::test::wire_test {
namespace {

const string kOk = json_answer(completion(usage_json(20, 5)));

// ---- to a deployment ----

struct OutgoingTest : testing::Test {
  // What the engine is asked when the gateway is asked this.
  Message asked(const string& request, const string& fields = "gpu: RTX-4090, zone: FR, price: { per_hour: 1 }") {
    Sample s;
    s.deployments = "\n  - { name: fr, url: \"http://fr.test:8000/api/v1\", model: gpt-oss-20b, " + fields + " }\n";
    s.routes = "\n  - { model: small, deployments: [fr] }\n";
    Harness h(s);
    h.engines["fr.test"].on_request = answers(kOk);
    h.ask(request);
    if (h.engines["fr.test"].asked.empty()) return {};
    return h.engines["fr.test"].asked.at(0);
  }
};

TEST_F(OutgoingTest, PathIsMappedBehindTheDeploymentsOwn) {
  EXPECT_EQ(asked(chat()).start, "POST /api/v1/chat/completions HTTP/1.1");
  EXPECT_EQ(asked(get("/v1/batches/b1?after=2")).start, "GET /api/v1/batches/b1?after=2 HTTP/1.1");
  EXPECT_EQ(asked(chat()).header("host"), "fr.test:8000");
}

TEST_F(OutgoingTest, OnlyHeadersOfTheRequestItselfPass) {
  const Message m = asked(chat(kHello,
                               "User-Agent: openai-python\r\nTraceparent: 00-1-2-01\r\nTracestate: a=b\r\n"
                               "OpenAI-Beta: assistants=v2\r\nX-Request-Id: r1\r\nIdempotency-Key: k\r\nAccept: */*\r\n"
                               "Cookie: session=secret\r\napi-key: secret\r\nX-Forwarded-For: 192.0.2.1\r\n"
                               "OpenAI-Organization: org\r\nX-Trine-Workload: w\r\nAccept-Encoding: gzip\r\n"
                               "Connection: keep-alive\r\nForwarded: for=192.0.2.1\r\n"));
  EXPECT_EQ(m.header("user-agent"), "openai-python");
  EXPECT_EQ(m.header("traceparent"), "00-1-2-01");
  EXPECT_EQ(m.header("tracestate"), "a=b");
  EXPECT_EQ(m.header("openai-beta"), "assistants=v2");
  EXPECT_EQ(m.header("x-request-id"), "r1");
  EXPECT_EQ(m.header("idempotency-key"), "k");
  EXPECT_EQ(m.header("content-type"), "application/json");
  EXPECT_EQ(m.header("accept-encoding"), "identity") << "compressed answers could not be read on the way";
  for (const auto name : {"authorization", "cookie", "api-key", "x-forwarded-for", "openai-organization",
                          "x-trine-workload", "connection", "forwarded"})
    EXPECT_FALSE(m.has(name)) << name;
}

TEST_F(OutgoingTest, TheDeploymentsKeyReplacesTheClients) {
  const Message m = asked(chat(), "api_key: sk-up, gpu: RTX-4090, zone: FR, price: { per_hour: 1 }");
  EXPECT_EQ(m.header("authorization"), "Bearer sk-up");
}

TEST_F(OutgoingTest, OfTheBodyOnlyTheModelChanges) {
  EXPECT_EQ(asked(chat(R"({ "model" : "small", "messages":[ ], "odd":1.50 })")).body,
            R"({ "model" : "gpt-oss-20b", "messages":[ ], "odd":1.50 })");
}

TEST_F(OutgoingTest, UsageIsAskedForInWhateverFormTheClientLeftIt) {
  Sample s;
  s.routes = "\n  - { model: gpt-oss-20b, deployments: [fr] }\n";
  Harness h(s);
  h.engines["fr.test"].on_request = answers(kOk);
  for (const string options :
       {"", R"(,"stream_options":null)", R"(,"stream_options":{})", R"(,"stream_options":{"include_usage":false})"}) {
    h.ask(chat(R"({"model":"gpt-oss-20b","stream":true)" + options + "}"));
    EXPECT_NE(h.engines["fr.test"].asked.back().body.find(R"("include_usage":true)"), string::npos) << options;
  }
  h.ask(chat(R"({"model":"gpt-oss-20b","messages":[]})"));
  EXPECT_EQ(h.engines["fr.test"].asked.back().body.find("include_usage"), string::npos) << "not of whole answers";
}

TEST_F(OutgoingTest, MistralIsNotAskedForUsage) {
  const Message m = asked(chat(kHelloStream), "engine: mistral, gpu: RTX-4090, zone: FR, price: { per_hour: 1 }");
  EXPECT_EQ(m.body.find("stream_options"), string::npos) << "it sends usage anyway, and refuses unknown fields";
}

// ---- to a client ----

TEST(Reply, PassesEndToEndHeadersOnly) {
  Harness h;
  h.engines["fr.test"].on_request = answers(json_answer(
      completion(usage_json(1, 1)), 200,
      "X-RateLimit-Limit-Requests: 9\r\nOpenAI-Processing-Ms: 12\r\nServer: uvicorn\r\nDate: x\r\nSet-Cookie: a=b\r\n"
      "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nAlt-Svc: h3\r\nX-Trine-Cost: 0\r\nX-Trine-Route: evil\r\n"));
  const Message m = h.ask(chat());
  EXPECT_EQ(m.header("x-ratelimit-limit-requests"), "9");
  EXPECT_EQ(m.header("openai-processing-ms"), "12");
  for (const auto name : {"server", "date", "set-cookie", "keep-alive", "alt-svc", "connection"})
    EXPECT_FALSE(m.has(name)) << name;
  EXPECT_EQ(std::count_if(m.headers.begin(), m.headers.end(),
                          [](const auto& x) { return iequals(x.first, "x-trine-route"); }),
            1);
  EXPECT_EQ(m.header("x-trine-route"), "fr") << "ours only";
}

TEST(Reply, HasAPhraseForEveryStatusThatIsSent) {
  for (const auto& row : llm::error_table()) EXPECT_STRNE(reason_phrase(row.status), "Status") << row.status;
  for (const int status : {200, 201, 202, 204, 409, 422}) EXPECT_STRNE(reason_phrase(status), "Status");
  EXPECT_STREQ(reason_phrase(299), "Status");
}

TEST(Reply, ServersRefusalsHaveTheirCodes) {
  EXPECT_EQ(refusal_error(net::Refusal::bad_head, "x").code, llm::ErrorCode::bad_request_head);
  EXPECT_EQ(refusal_error(net::Refusal::head_too_large, "x").code, llm::ErrorCode::head_too_large);
  EXPECT_EQ(refusal_error(net::Refusal::head_timeout, "x").code, llm::ErrorCode::request_timeout);
  EXPECT_EQ(refusal_error(net::Refusal::too_many_connections, "x").code, llm::ErrorCode::too_many_connections);
}

// ---- settle ----

TEST(Settle, TokenPricesGoBeforeTheHour) {
  Sample s;
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { input_per_mtok: 100, cached_input_per_mtok: 10, output_per_mtok: 1000 } }
)";
  s.routes = "\n  - { model: small, deployments: [fr] }\n";
  Harness h(s);
  h.engines["fr.test"].on_request = answers(json_answer(completion(usage_json(30, 5, 10))));
  const Message m = h.ask(chat());
  EXPECT_EQ(m.header("x-trine-cost"), "0.0071") << "20 at 100, 10 at 10 and 5 at 1000 per million";
  EXPECT_EQ(h.record(m).calls.at(0).settlements.at(0).figures.cost, euros(0.0071));
}

TEST(Settle, TheHourIsPaidByTheTimeItTookAndTheBatchThatShared) {
  Harness h;
  Client& client = h.send(chat());
  h.advance(10s);
  h.engines["fr.test"].side().send(kOk);
  h.settle();
  EXPECT_EQ(client.answer().header("x-trine-cost"), "0.001") << "10 s at 0.36 an hour, alone";
}

TEST(Settle, DoublingTheIntensityDoublesTheOperationalGramsAndNothingElse) {
  const auto figures = [](const string& g) {
    Sample s;
    Harness h(s);
    string yaml = s.yaml();
    yaml.replace(yaml.find("g_per_kwh: 50"), 13, "g_per_kwh: " + g);
    h.context.use(must_snapshot(yaml));
    h.engines["fr.test"].on_request = answers(kOk);
    return h.record(h.ask(chat())).calls.at(0).settlements.at(0).figures;
  };
  const auto once = figures("50"), twice = figures("100");
  EXPECT_NEAR(static_cast<double>(twice.operational.raw()), 2.0 * static_cast<double>(once.operational.raw()), 1);
  EXPECT_EQ(twice.energy, once.energy);
  EXPECT_EQ(twice.cost, once.cost);
  EXPECT_EQ(twice.embodied, once.embodied);
}

TEST(Settle, CountersAddUpToWhatClientsWereTold) {
  Harness h;
  h.engines["fr.test"].on_request = answers(kOk);
  Energy told;
  for (int i = 0; i < 3; ++i) told += h.record(h.ask(chat())).calls.at(0).settlements.at(0).figures.energy;
  const DeploymentCounters& n = h.deployment("fr").state->probe.all()[0];
  EXPECT_EQ(n.energy_uj.get(), told.raw());
  EXPECT_EQ(n.tokens_in.get(), 60);
  EXPECT_EQ(n.tokens_out.get(), 15);
  EXPECT_EQ(n.calls[static_cast<size_t>(Outcome::ok)].get(), 3);
  EXPECT_EQ(h.counters.requests[static_cast<size_t>(Outcome::ok)].get(), 3);
  EXPECT_EQ(h.total().energy, told) << "and to what the report says";
}

TEST(Settle, WhatACrashCutShortIsSettledOnceAtTheNextStart) {
  const auto snapshot = must_snapshot(Sample{}.yaml());
  TempDir crashed;
  string id;
  {
    Harness h;
    h.engines["fr.test"].on_request = streams(token("a") + token("b"));
    Client& client = h.send(chat(kHelloStream));
    id = client.answer().header("x-trine-request-id");
    ledger::testing::copy_as_crashed(h.dir.path(), crashed.path());
  }
  auto ledger = Harness::open_ledger(crashed.path());
  ASSERT_EQ(ledger->recovery().interrupted.size(), 1u);
  settle_interrupted(*snapshot, ledger->recovery().interrupted, ledger->back_office());
  ASSERT_TRUE(ledger->flush());
  const auto view = ledger->reports().request(*RequestId::parse(id));
  ASSERT_TRUE(view && *view);
  EXPECT_EQ((*view)->facts.outcome, Outcome::interrupted);
  ASSERT_EQ((*view)->calls.size(), 1u);
  EXPECT_EQ((*view)->calls[0].facts.out, 2) << "what was relayed";
  EXPECT_TRUE((*view)->final());
  EXPECT_GT((*view)->calls[0].settlements.at(0).figures.energy.raw(), 0);
  ledger.reset();
  EXPECT_TRUE(Harness::open_ledger(crashed.path())->recovery().interrupted.empty());
}

TEST(Settle, WhatACrashCutShortOnADeploymentThatIsGoneHasNoFigures) {
  Sample other;
  other.deployments = R"(
  - { name: new, url: "http://new.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 1 } }
)";
  other.routes = "\n  - { model: small, deployments: [new] }\n";
  Harness h(other);
  energy::CallFacts f;
  f.deployment = "fr";
  const uint64_t before = h.ledger->back_office().sequence();
  settle_interrupted(*h.context.snapshot(), {f}, h.ledger->back_office());
  EXPECT_EQ(h.ledger->back_office().sequence(), before);
}

// ---- pages of its own ----

TEST(OwnEndpoints, ModelsAreTheRoutesThatTheKeyMayUse) {
  Sample s;
  s.keys = R"(
  - { id: one, secret: sk-one }
  - { id: two, secret: sk-two, routes: [tiny] }
)";
  s.routes = "\n  - { model: tiny, deployments: [fr] }\n  - { model: small, deployments: [de] }\n";
  Harness h(s);
  EXPECT_EQ(h.ask(get("/v1/models")).body,
            R"({"object":"list","data":[{"id":"small","object":"model","created":0,"owned_by":"trine"},)"
            R"({"id":"tiny","object":"model","created":0,"owned_by":"trine"}]})");
  const string two = "Authorization: Bearer sk-two\r\n";
  EXPECT_EQ(h.ask(get("/v1/models", two)).body.find("small"), string::npos);
  EXPECT_EQ(h.ask(get("/v1/models/tiny", two)).body,
            R"({"id":"tiny","object":"model","created":0,"owned_by":"trine"})");
  EXPECT_EQ(h.ask(get("/v1/models/small", two)).status, 404);
  EXPECT_EQ(h.ask(get("/v1/models/none")).status, 404);
  EXPECT_EQ(h.ask(get("/v1/models", "")).status, 401);
}

TEST(OwnEndpoints, AHeadRequestGetsNoBody) {
  Harness h;
  Client& client = h.send("HEAD /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-one\r\n\r\n");
  const Message m = client.answer(true);
  EXPECT_EQ(m.status, 200);
  EXPECT_GT(parse_int(m.header("content-length")).value_or(0), 0);
  EXPECT_EQ(client.received, "");
}

TEST(OwnEndpoints, ARequestIsShownToItsProjectOnly) {
  Harness h;
  h.engines["fr.test"].on_request = answers(kOk);
  const string id = h.ask(chat()).header("x-trine-request-id");
  const Message m = h.ask(get("/v1/trine/requests/" + id));
  EXPECT_EQ(m.status, 200);
  EXPECT_NE(m.body.find(id), string::npos);
  EXPECT_NE(m.body.find("\"energy_uj\":"), string::npos) << m.body;
  const Message other = h.ask(get("/v1/trine/requests/" + id, "Authorization: Bearer sk-two\r\n"));
  EXPECT_EQ(other.status, 404);
  const Message nobody = h.ask(get("/v1/trine/requests/req_01HF7YAT00000000000000000A"));
  EXPECT_EQ(nobody.status, 404);
  const auto without_id = [](const string& body) { return body.substr(0, body.find("request_id")); };
  EXPECT_EQ(without_id(other.body), without_id(nobody.body)) << "it learns no more than that it is not there";
  EXPECT_EQ(h.ask(get("/v1/trine/requests/nonsense")).status, 404);
  EXPECT_EQ(h.ask(get("/v1/trine/else")).status, 404);
}

TEST(OwnEndpoints, HealthSaysWhatIsWrong) {
  Harness h;
  EXPECT_EQ(h.ask(get("/health/live", "")).body, R"({"status":"live"})");
  Message m = h.ask(get("/health", ""));
  EXPECT_EQ(m.status, 200);
  EXPECT_NE(m.body.find(R"("status":"ready")"), string::npos);
  h.own.set_draining();
  m = h.ask(get("/health/ready", ""));
  EXPECT_EQ(m.status, 503);
  EXPECT_NE(m.body.find("draining: this gateway is shutting down"), string::npos) << m.body;
  EXPECT_EQ(h.ask(get("/health/live", "")).status, 200);
}

TEST(OwnEndpoints, OneDeadRouteIsSaidAllDeadAreUnready) {
  Sample s;
  s.routes = "\n  - { model: tiny, deployments: [fr] }\n  - { model: small, deployments: [de] }\n";
  Harness h(s);
  for (int i = 0; i < Health::kTolerated; ++i) h.deployment("fr").state->health.failure(h.clock.mono(), h.clock.mono());
  Message m = h.ask(get("/health", ""));
  EXPECT_EQ(m.status, 200);
  EXPECT_NE(m.body.find("route tiny: none of its deployments answers"), string::npos) << m.body;
  for (int i = 0; i < Health::kTolerated; ++i) h.deployment("de").state->health.failure(h.clock.mono(), h.clock.mono());
  EXPECT_EQ(h.ask(get("/health", "")).status, 503);
}

// ---- admin ----

struct AdminTest : testing::Test {
  AdminTest() {
    own_use.use(h.context.snapshot());
    h.engines["fr.test"].on_request = answers(kOk);
    admin.use(h.context.snapshot());
  }
  ~AdminTest() override {
    client.reset();
    server.close_all();
    h.advance(1h);
  }
  Message ask(const string& request, bool no_body = false) {
    auto [theirs, ours] = net::memory_pair(h.loop);
    server.serve(std::move(ours));
    client = std::make_unique<Client>(std::move(theirs));
    client->send(request);
    Message m;
    EXPECT_TRUE(h.until([&] { return (m = client->answer(no_body)).complete; }));
    return m;
  }
  Harness h;
  std::vector<WorkerCounters> workers{1};
  Metering metering{h.loop, h.ledger->back_office()};
  grid::Poller grid{{.loop = h.loop, .seed = 1, .dialer = nullptr}};
  OwnUse own_use{h.loop, h.ledger->back_office()};
  Admin admin{
      {.loop = h.loop,
       .own = h.own,
       .workers = workers,
       .ledger = *h.ledger,
       .metering = metering,
       .grid = grid,
       .own_use = own_use,
       .metrics = [](const GatewayView& v, MetricsForm) { return fmt::format("up {}\n", seconds(v.now - v.started)); },
       .started = h.clock.mono()}};
  net::Server server{h.loop, admin, {}};
  std::unique_ptr<Client> client;
};

TEST_F(AdminTest, ShowsAnOverview) {
  const Message m = ask(get("/", ""));
  EXPECT_EQ(m.status, 200);
  EXPECT_EQ(m.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_NE(m.body.find("\nfr                    FR              0         0     0.10  own\n"), string::npos) << m.body;
  EXPECT_NE(m.body.find("\nsmall                 fr de\n"), string::npos) << m.body;
}

TEST_F(AdminTest, ServesMetricsHealthAndRequestsOfEveryProject) {
  h.advance(5s);
  EXPECT_EQ(ask(get("/metrics", "")).body, "up 5\n");
  EXPECT_EQ(ask(get("/health", "")).status, 200);
  EXPECT_EQ(ask(get("/health/live", "")).status, 200);
  h.own.set_draining();
  EXPECT_EQ(ask(get("/health/ready", "")).status, 503);
  const string id = h.ask(chat()).header("x-trine-request-id");
  const Message m = ask(get("/v1/trine/requests/" + id, ""));
  EXPECT_EQ(m.status, 200);
  EXPECT_NE(m.body.find(id), string::npos);
  EXPECT_EQ(ask(get("/v1/trine/requests/req_01HF7YAT00000000000000000A", "")).status, 404);
}

TEST_F(AdminTest, RefusesWhatItHasNot) {
  EXPECT_EQ(ask(get("/nothing", "")).status, 404);
  const Message m = ask(post("/", "{}", ""));
  EXPECT_EQ(m.status, 405);
  EXPECT_EQ(m.header("allow"), "GET, HEAD");
  EXPECT_EQ(ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", true).status, 200);
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status, 400);
}

}  // namespace
}  // namespace trine::gateway::test::wire_test
