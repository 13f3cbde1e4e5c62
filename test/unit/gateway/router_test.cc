// What the router remembers from request to request, on the real path: incumbents, sessions, prompts, latencies; and
// weights that a request brings.
#include "gateway/route/router.h"

#include "integration/gateway/harness.h"

namespace trine::gateway::test::router_test {
namespace {

// Twins but for their grid: "fr" is the better one by its carbon where FR has less.
Sample twins(double fr, double de, const string& route = "") {
  Sample s;
  s.keys = R"(
  - { id: one, secret: sk-one, org: acme, team: claims, project: intake, may_override_weights: true }
  - { id: two, secret: sk-two, org: acme, team: claims, project: archive }
)";
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, pue: 1.2, price: { per_hour: 0.4 } }
  - { name: de, url: "http://de.test/v1", model: gpt-oss-20b, gpu: RTX-4090, zone: DE, pue: 1.2, price: { per_hour: 0.3 } }
)";
  s.routes =
      "\n  - { model: small, deployments: [fr, de], weights: { cost: 0, control: 0, carbon: 1 }" + route + " }\n";
  s.grid = fmt::format("{{ zones: {{ FR: {{ g_per_kwh: {} }}, DE: {{ g_per_kwh: {} }} }} }}", fr, de);
  return s;
}

struct RouterTest : TwoEnginesTest {
  // "fr by score"
  string chosen(const string& request = chat()) {
    const Message m = kept->ask(request);
    return m.header("x-trine-route") + " by " + m.header("x-trine-route-by");
  }
  string other_key() { return post(kChat, kHello, "Authorization: Bearer sk-two\r\n"); }
};

TEST_F(RouterTest, AKeysTrafficStaysForLessThanFivePercent) {
  Harness& h = with(twins(100, 102));
  EXPECT_EQ(chosen(), "fr by score");
  h.reload(twins(100, 90 * 1.08));
  EXPECT_EQ(chosen(), "fr by hysteresis");
  EXPECT_EQ(chosen(other_key()), "de by score") << "it has no incumbent there";
  h.reload(twins(100, 90));
  EXPECT_EQ(chosen(), "de by score");
  h.reload(twins(100, 103));
  EXPECT_EQ(chosen(), "de by hysteresis");
  h.advance(11min);
  EXPECT_EQ(chosen(), "fr by score") << "an incumbent of long ago is none";
}

TEST_F(RouterTest, ASessionStaysUntilItsTimeIsOver) {
  const string sticky = ", sticky: { header: x-chat, ttl: 1m }";
  const string mine = chat(kHello, "x-chat: 17\r\n");
  Harness& h = with(twins(50, 400, sticky));
  EXPECT_EQ(chosen(mine), "fr by score");
  h.reload(twins(400, 50, sticky));
  EXPECT_EQ(chosen(mine), "fr by sticky");
  EXPECT_EQ(chosen(chat(kHello, "x-chat: 18\r\n")), "de by score");
  EXPECT_EQ(chosen(post(kChat, kHello, "Authorization: Bearer sk-two\r\nx-chat: 17\r\n")), "de by score")
      << "another tenant's session of that name";
  h.advance(50s);
  EXPECT_EQ(chosen(mine), "fr by sticky");
  h.advance(50s);
  EXPECT_EQ(chosen(mine), "fr by sticky") << "each request prolongs it";
  h.advance(61s);
  EXPECT_EQ(chosen(mine), "de by score");
  EXPECT_FALSE(h.engines["de.test"].asked.back().has("x-chat")) << "it is not the engine's affair";
}

TEST_F(RouterTest, ASessionLeavesADeploymentThatMayNotServeIt) {
  const string sticky = ", sticky: { }";
  const string mine =
      chat(R"({"model":"small","prompt_cache_key":"p7","messages":[{"role":"user","content":"Bonjour"}]})");
  Harness& h = with(twins(50, 400, sticky));
  EXPECT_EQ(chosen(mine), "fr by score");
  h.engines["fr.test"].refuses = true;
  h.engines["fr.test"].side().leave();
  EXPECT_EQ(chosen(mine), "de by only");
  h.engines["fr.test"].refuses = false;
  EXPECT_EQ(chosen(mine), "fr by sticky") << "one failure does not move a session; the last one left was not chosen";
}

TEST_F(RouterTest, ARouteThatIsNotStickyKnowsNoSessions) {
  Harness& h = with(twins(50, 400));
  const string mine = chat(kHello, "x-trine-session: 17\r\n");
  EXPECT_EQ(chosen(mine), "fr by score");
  h.reload(twins(400, 50));
  EXPECT_EQ(chosen(mine), "de by score");
}

TEST_F(RouterTest, ARequestMayBringItsWeightsWhereItsKeyAllowsIt) {
  Harness& h = with(twins(50, 400));
  EXPECT_EQ(chosen(), "fr by score");
  EXPECT_EQ(chosen(chat(kHello, "X-Trine-Weights: cost=1\r\n")), "de by score") << "the cheaper one";
  EXPECT_FALSE(h.engines["de.test"].asked.back().has("x-trine-weights"));
  const Message wrong = h.ask(chat(kHello, "x-trine-weights: cost=0.5,carbon=0.6\r\n"));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("the weights sum to 1.1, not to 1"), string::npos) << wrong.body;
  EXPECT_NE(wrong.body.find("\"invalid_weights\""), string::npos);
  EXPECT_EQ(h.ask(chat(kHello, "x-trine-weights: \xff\"\r\n")).status, 400);
  const Message refused = h.ask(post(kChat, kHello, "Authorization: Bearer sk-two\r\nx-trine-weights: cost=1\r\n"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("\"weights_not_allowed\""), string::npos) << refused.body;
}

// ---- prompts ----

string long_chat(string_view secret, int document = 1) {
  const string content(3000, static_cast<char>('a' + document));
  return post(kChat, fmt::format(R"({{"model":"small","messages":[{{"role":"user","content":"{}"}}]}})", content),
              fmt::format("Authorization: Bearer {}\r\n", secret));
}

TEST_F(RouterTest, APromptThatWasSeenIsBilledWithItsCachedPartAndOnlyToWhoSentIt) {
  Harness& h = with(twins(50, 51));
  h.engines["fr.test"].on_request = answers(json_answer(completion(usage_json(900, 5, 850))));
  const auto reason = [&](const string& request) { return h.record(h.ask(request)).facts.reason; };
  EXPECT_EQ(reason(long_chat("sk-one")).find("cached"), string::npos);
  const string second = reason(long_chat("sk-one"));
  EXPECT_NE(second.find(", about 868 of 900 prompt tokens cached"), string::npos) << second;
  EXPECT_EQ(reason(long_chat("sk-two")).find("cached"), string::npos) << "another project's prompt";
  EXPECT_EQ(reason(long_chat("sk-one", 2)).find("cached"), string::npos) << "another document";
  h.advance(11min);
  EXPECT_EQ(reason(long_chat("sk-one")).find("cached"), string::npos) << "forgotten";
}

TEST_F(RouterTest, AnEngineThatReportsNoCacheIsSoonBelievedToHaveNone) {
  Harness& h = with(twins(50, 51));
  h.engines["fr.test"].on_request = answers(json_answer(completion(usage_json(900, 5, 0))));
  string reason;
  for (int i = 0; i < 60; ++i) reason = h.record(h.ask(long_chat("sk-one"))).facts.reason;
  const size_t at = reason.find("about ");
  const int believed = at == string::npos ? 0 : std::stoi(reason.substr(at + 6));
  EXPECT_LT(believed, 20) << reason;
}

TEST_F(RouterTest, PrefixAffinityCanBeLeftOut) {
  Harness& h = with(twins(50, 51, ", prefix_affinity: false"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(h.record(h.ask(long_chat("sk-one"))).facts.reason.find("cached"), string::npos);
}

// ---- promises ----

TEST_F(RouterTest, WhoProvesLateIsLeftOutAndLaterTriedAgain) {
  Harness& h = with(twins(50, 400, ", slo: { ttft_p95: 500ms }"));
  for (auto host : {"fr.test", "de.test"}) h.engines[host].on_request = streams();
  const auto stream = [&](Nanos first_token) {
    Client& c = h.send(chat(kHelloStream));
    h.advance(first_token);
    for (auto host : {"fr.test", "de.test"})
      if (!h.engines[host].sides.empty() && h.running(string_view(host).substr(0, 2)) > 0)
        h.engines[host].side().send(chunk(token("a") + token("b") + usage_event(9, 2) + kDone) + string(kLastChunk));
    h.settle();
    const Message m = c.answer();
    return m.header("x-trine-route") + " by " + m.header("x-trine-route-by");
  };
  EXPECT_EQ(stream(2s), "fr by score");
  string now;
  int calls = 1;
  for (; calls < 20 && (now = stream(2s)).starts_with("fr"); ++calls) {
  }
  EXPECT_LT(calls, 12);
  EXPECT_TRUE(now.starts_with("de")) << now;
  h.advance(15min);
  EXPECT_EQ(stream(10ms), "fr by score") << "what was long ago says nothing of now";
}

TEST_F(RouterTest, WhereAllAreLateSomebodyServesUnlessTheRouteIsStrict) {
  Harness& h = with(twins(50, 400, ", slo: { tpot_p95: 1ms }"));
  const Message m = h.ask(chat());
  EXPECT_EQ(m.status, 200);
  EXPECT_EQ(m.header("x-trine-route-by"), "late");
  EXPECT_NE(h.record(m).facts.reason.find("all miss the SLO, this one by least"), string::npos);
  h.reload(twins(50, 400, ", slo: { tpot_p95: 1ms, strict: true }"));
  const Message refused = h.ask(chat());
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("would miss the SLO"), string::npos) << refused.body;
}

}  // namespace
}  // namespace trine::gateway::test::router_test
