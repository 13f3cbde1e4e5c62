// Answers that are given again, and calls that are shared, through the whole request path.
#include "integration/gateway/harness.h"

namespace trine::gateway::test::cache_test {
namespace {

Sample cached(const string& settings = "{ }") {
  Sample s;
  s.routes = R"(
  - { model: small, deployments: [fr, de], weights: { cost: 0, control: 0, carbon: 1 }, cache: )" +
             settings + " }\n";
  return s;
}

string ask_for(string_view rest, string_view text = "Bonjour") {
  return fmt::format(R"({{"model":"small","temperature":0,{}"messages":[{{"role":"user","content":"{}"}}]}})", rest,
                     text);
}
const string kPlain = ask_for("");
const string kStream = ask_for(R"("stream":true,)");
const string kStreamUsage = ask_for(R"("stream":true,"stream_options":{"include_usage":true},)");

string stop() {
  return event(R"({"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})");
}
// A stream with the usage that the gateway always asks for.
string whole_stream() {
  return string(kStreamHead) + chunk(role() + token("Guten ") + token("Tag") + stop() + usage_event(20, 5)) +
         chunk(kDone) + string(kLastChunk);
}
string without_figures(const string& body) {
  const size_t at = body.find(": trine ");
  return at == string::npos ? body : body.substr(0, at) + body.substr(body.find("\n\n", at) + 2);
}

struct CacheTest : TwoEnginesTest {
  Harness& h() { return *kept; }
  size_t calls() { return h().engines["fr.test"].asked.size() + h().engines["de.test"].asked.size(); }
  string state(const Message& m) { return m.header("x-trine-cache"); }
};

TEST_F(CacheTest, TheSameRequestIsAnsweredOnceAndGivenAgain) {
  with(cached());
  const Message first = h().ask(chat(kPlain));
  EXPECT_EQ(state(first), "miss");
  h().advance(7s);
  // Other blanks, another order, another user: the same question.
  const Message again = h().ask(chat(
      R"({ "messages" : [ {"content":"Bonjour", "role":"user"} ], "user":"anna", "temperature":0.0, "model":"small" })"));
  EXPECT_EQ(calls(), 1u);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(state(again), "hit");
  EXPECT_EQ(again.header("age"), "7");
  EXPECT_EQ(again.header("x-trine-energy-j"), "0");
  EXPECT_NE(again.body.find("Guten Tag"), string::npos) << again.body;
  EXPECT_NE(again.body.find("\"energy_j\":0,"), string::npos) << again.body;
}

// From the third asking on the bytes alone say which answer it is.
TEST_F(CacheTest, TheSameBytesAreAnsweredAsTheSameMeaningIs) {
  with(cached());
  h().ask(chat(kPlain));
  const Message second = h().ask(chat(kPlain));
  h().advance(3s);
  const Message third = h().ask(chat(kPlain));
  EXPECT_EQ(calls(), 1u);
  EXPECT_EQ(state(third), "hit");
  EXPECT_EQ(third.header("age"), "3");
  const auto without_id = [](const Message& m) {
    const string id = m.header("x-trine-request-id");
    string body = m.body;
    for (size_t at = body.find(id); at != string::npos; at = body.find(id)) body.replace(at, id.size(), "id");
    return body;
  };
  EXPECT_EQ(without_id(third), without_id(second));
  EXPECT_EQ(h().counters.cache.hits.get(), 2);
  const auto record = h().record(third);
  ASSERT_EQ(record.avoided.size(), 1u);
  EXPECT_EQ(record.avoided[0].in, 20);
  // A stream of it, and another spelling, are known as before.
  EXPECT_EQ(state(h().ask(chat(kStream))), "hit");
  EXPECT_EQ(state(h().ask(chat(" " + kPlain))), "hit");
  EXPECT_EQ(state(h().ask(chat(kPlain))), "hit");
  EXPECT_EQ(calls(), 1u);
}

TEST_F(CacheTest, TheSameBytesOfAnotherProjectAreNotTheSameRequest) {
  with(cached());
  for (int i = 0; i < 3; ++i) h().ask(chat(kPlain));
  EXPECT_EQ(calls(), 1u);
  const string two = post(kChat, kPlain, "Authorization: Bearer sk-two\r\n");
  EXPECT_EQ(state(h().ask(two)), "miss");
  EXPECT_EQ(calls(), 2u);
}

TEST_F(CacheTest, WhatARouteNoLongerGivesIsNotFoundByItsBytesEither) {
  with(cached("{ sampled: true }"));
  const string drawn = R"({"model":"small","messages":[{"role":"user","content":"Bonjour"}]})";
  for (int i = 0; i < 3; ++i) h().ask(chat(drawn));
  EXPECT_EQ(calls(), 1u);
  h().reload(cached("{ }"));
  EXPECT_EQ(state(h().ask(chat(drawn))), "");
  EXPECT_EQ(calls(), 2u);
  h().reload(cached("{ sampled: true, exact: false }"));
  EXPECT_NE(state(h().ask(chat(drawn))), "hit");
  EXPECT_EQ(calls(), 3u);
}

TEST_F(CacheTest, TheSameBytesMayBeTooOldForWhoAsks) {
  with(cached());
  for (int i = 0; i < 3; ++i) h().ask(chat(kPlain));
  h().advance(10s);
  EXPECT_EQ(state(h().ask(chat(kPlain, "Cache-Control: max-age=9\r\n"))), "miss");
  EXPECT_EQ(state(h().ask(chat(kPlain, "Cache-Control: no-cache\r\n"))), "miss");
  EXPECT_EQ(calls(), 3u);
}

TEST_F(CacheTest, AHitIsOnRecordWithWhatItAvoided) {
  with(cached());
  h().engines["fr.test"].on_request = nullptr;
  Client& first = h().send(chat(kPlain));
  h().advance(2s);  // that the machine's price is for
  h().engines["fr.test"].side().send(json_answer(completion(usage_json(20, 5))));
  h().settle();
  const auto made = h().record(first.answer());
  const auto given = h().record(h().ask(chat(kPlain)));
  EXPECT_EQ(given.facts.calls, 0);
  EXPECT_EQ(given.facts.outcome, Outcome::ok);
  EXPECT_EQ(given.facts.reason.substr(0, 11), "cache.exact") << given.facts.reason;
  ASSERT_EQ(given.avoided.size(), 1u);
  EXPECT_EQ(given.avoided[0].step, "cache.exact");
  EXPECT_EQ(given.avoided[0].in, 20);
  EXPECT_EQ(given.avoided[0].out, 5);
  EXPECT_GT(given.avoided[0].figures.energy.raw(), 0);
  EXPECT_GT(given.avoided[0].figures.carbon().raw(), 0);
  EXPECT_GT(given.avoided[0].figures.cost.raw(), 0);
  EXPECT_TRUE(made.avoided.empty());
  EXPECT_EQ(h().requests(Outcome::ok), 2);
  EXPECT_EQ(h().total().in, 20) << "tokens count where they were computed";
  EXPECT_EQ(h().counters.client_errors.get(), 0);
}

TEST_F(CacheTest, NothingIsKeptWhereTheRouteDoesNotSaySo) {
  with(Sample{});
  EXPECT_EQ(state(h().ask(chat(kPlain))), "");
  EXPECT_EQ(state(h().ask(chat(kPlain))), "");
  EXPECT_EQ(calls(), 2u);
}

TEST_F(CacheTest, AnswersDrawnAtRandomAreMadeAnewUnlessTheRouteSharesThemToo) {
  with(cached());
  h().ask(chat(kHello));
  EXPECT_EQ(state(h().ask(chat(kHello))), "");
  EXPECT_EQ(calls(), 2u);
  with(cached("{ sampled: true }"));
  h().ask(chat(kHello));
  EXPECT_EQ(state(h().ask(chat(kHello))), "hit");
}

TEST_F(CacheTest, WhatMayMatterMakesAnotherRequest) {
  with(cached());
  h().ask(chat(kPlain));
  for (const char* rest :
       {R"("seed":7,)", R"("max_tokens":5,)", R"("tools":[],)", R"("top_p":0.5,)", R"("unknown":1,)"})
    EXPECT_EQ(state(h().ask(chat(ask_for(rest)))), "miss") << rest;
  EXPECT_EQ(state(h().ask(chat(ask_for("", "bonjour")))), "miss");
  const string auth = "Authorization: Bearer sk-one\r\n", one = "OpenAI-Beta: a=1\r\n", two = "openai-beta: b=2\r\n";
  for (const string& other :
       {post(string(kChat) + "?api-version=1", kPlain), post(string(kChat) + "?api-version=2", kPlain),
        post(kChat, kPlain, auth + one), post(kChat, kPlain, auth + one + two), post(kChat, kPlain, auth + two)}) {
    EXPECT_EQ(state(h().ask(other)), "miss") << other;
    EXPECT_EQ(state(h().ask(other)), "hit") << other;
  }
}

TEST_F(CacheTest, ProjectsShareNothingUnlessTheScopeIsWider) {
  const string two = post(kChat, kPlain, "Authorization: Bearer sk-two\r\n");
  with(cached());
  h().ask(chat(kPlain));
  EXPECT_EQ(state(h().ask(two)), "miss");
  with(cached("{ scope: team }"));
  h().ask(chat(kPlain));
  EXPECT_EQ(state(h().ask(two)), "hit");
}

TEST_F(CacheTest, AKeyCanBeLeftOut) {
  Sample s = cached();
  s.keys = "\n  - { id: one, secret: sk-one, org: acme, cache: false }\n";
  with(s);
  h().ask(chat(kPlain));
  EXPECT_EQ(state(h().ask(chat(kPlain))), "");
  EXPECT_EQ(calls(), 2u);
}

TEST_F(CacheTest, AnAnswerExpires) {
  with(cached("{ ttl: 60s }"));
  h().ask(chat(kPlain));
  h().advance(59s);
  EXPECT_EQ(state(h().ask(chat(kPlain))), "hit");
  h().advance(1s);
  EXPECT_EQ(state(h().ask(chat(kPlain))), "miss");
}

TEST_F(CacheTest, TheClientMayAskForAFreshAnswerOrThatNothingIsKept) {
  with(cached());
  const auto with_header = [&](const char* h) { return chat(kPlain, fmt::format("Cache-Control: {}\r\n", h)); };
  EXPECT_EQ(state(h().ask(with_header("no-store"))), "");
  EXPECT_EQ(state(h().ask(chat(kPlain))), "miss") << "nothing was kept of the first";
  EXPECT_EQ(state(h().ask(with_header("no-cache"))), "miss");
  h().advance(10s);
  EXPECT_EQ(state(h().ask(with_header("max-age=10"))), "hit");
  EXPECT_EQ(state(h().ask(with_header("private, max-age=9"))), "miss") << "too old; kept again from now on";
  EXPECT_EQ(state(h().ask(with_header("max-age=\"9\""))), "hit");
  EXPECT_EQ(state(h().ask(with_header("max-age=soon"))), "hit") << "age 0 is what a broken number allows";
  h().advance(1s);
  EXPECT_EQ(state(h().ask(with_header("max-age=soon"))), "miss");
}

TEST_F(CacheTest, AStreamIsGivenAgainAsAStream) {
  with(cached());
  h().engines["fr.test"].on_request = answers(whole_stream());
  const Message first = h().ask(chat(kStream));
  EXPECT_EQ(state(first), "miss");
  const Message again = h().ask(chat(kStream));
  EXPECT_EQ(calls(), 1u);
  EXPECT_EQ(state(again), "hit");
  EXPECT_EQ(again.header("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(without_figures(again.body), without_figures(first.body));
  EXPECT_NE(again.body.find(": trine {"), string::npos);

  const Message with_usage = h().ask(chat(kStreamUsage));
  EXPECT_EQ(state(with_usage), "hit");
  EXPECT_NE(with_usage.body.find(R"("choices":[],"usage":{"prompt_tokens":20)"), string::npos) << with_usage.body;
  EXPECT_TRUE(with_usage.body.ends_with(kDone));
}

TEST_F(CacheTest, AStreamIsGivenWholeToWhoAsksForThat) {
  with(cached());
  h().engines["fr.test"].on_request = answers(whole_stream());
  h().ask(chat(kStream));
  const Message m = h().ask(chat(kPlain));
  EXPECT_EQ(state(m), "hit");
  EXPECT_EQ(m.header("content-type"), "application/json");
  EXPECT_NE(m.body.find(R"("content":"Guten Tag")"), string::npos) << m.body;
  EXPECT_NE(m.body.find(R"("finish_reason":"stop")"), string::npos) << m.body;
  EXPECT_NE(m.body.find(R"("prompt_tokens":20)"), string::npos) << m.body;
}

TEST_F(CacheTest, AWholeAnswerIsStreamedToWhoAsksForThat) {
  with(cached());
  h().ask(chat(kPlain));
  const Message m = h().ask(chat(kStreamUsage));
  EXPECT_EQ(state(m), "hit");
  EXPECT_NE(m.body.find(R"("content":"Guten Tag")"), string::npos) << m.body;
  EXPECT_NE(m.body.find("chat.completion.chunk"), string::npos) << m.body;
  EXPECT_TRUE(m.body.ends_with(kDone)) << m.body;
  EXPECT_EQ(calls(), 1u);
}

TEST_F(CacheTest, WhatCannotBeChangedOverWithoutALossIsMadeAnew) {
  with(cached());
  string odd = completion(usage_json(20, 5));
  odd.insert(odd.size() - 1, R"(,"novelty":{"a":1})");
  h().engines["fr.test"].on_request = answers(json_answer(odd));
  h().ask(chat(kPlain));
  EXPECT_EQ(state(h().ask(chat(kPlain))), "hit") << "as it came it can be given";
  h().engines["fr.test"].on_request = answers(whole_stream());
  EXPECT_EQ(state(h().ask(chat(kStream))), "miss");
}

TEST_F(CacheTest, ErrorsAndHalvesAreNotKept) {
  with(cached());
  auto& fr = h().engines["fr.test"];
  fr.on_request = answers(json_answer(R"({"error":{"message":"no"}})", 400));
  EXPECT_EQ(h().ask(chat(kPlain)).status, 400);
  fr.on_request = answers(json_answer(R"({"error":{"message":"no"}})"));
  EXPECT_EQ(state(h().ask(chat(kPlain))), "miss");
  EXPECT_EQ(state(h().ask(chat(kPlain))), "miss") << "an error with status 200";
  // Closed properly, but without a reason to end.
  fr.on_request = answers(string(kStreamHead) + chunk(role() + token("Gu")) + string(kLastChunk));
  h().ask(chat(kStream));
  EXPECT_EQ(state(h().ask(chat(kStream))), "miss");
}

TEST_F(CacheTest, LongAnswersAreNotKept) {
  with(cached("{ max_answer: 1KiB }"));
  h().engines["fr.test"].on_request = answers(json_answer(completion(usage_json(1, 1), string(2000, 'x'))));
  h().ask(chat(kPlain));
  EXPECT_EQ(state(h().ask(chat(kPlain))), "miss");
  EXPECT_EQ(h().answers.store().size(), 0u);
}

TEST_F(CacheTest, AReloadWithAnotherModelBehindTheRouteForgets) {
  const Sample s = cached();
  with(s);
  h().ask(chat(kPlain));
  h().reload(s);
  EXPECT_EQ(state(h().ask(chat(kPlain))), "hit");
  Sample other = s;
  other.deployments.replace(other.deployments.find("gpt-oss-20b"), 11, "gpt-oss-120b");
  h().reload(other);
  EXPECT_EQ(state(h().ask(chat(kPlain))), "miss");
}

TEST_F(CacheTest, AnIdempotencyKeyGetsTheKeptAnswerToo) {
  with(cached());
  h().ask(chat(kPlain));
  const string request = chat(kPlain, "Idempotency-Key: a\r\n");
  const Message first = h().ask(request);
  EXPECT_EQ(state(first), "hit");
  const Message again = h().ask(request);
  EXPECT_EQ(again.header("idempotent-replayed"), "true");
  EXPECT_EQ(again.body, first.body);
}

// ---- sharing a call ----

struct SharedCallTest : CacheTest {
  Engine& fr() { return h().engines["fr.test"]; }
  void started(const char* settings = "{ }") {
    with(cached(settings));
    fr().on_request = streams();
  }
};

TEST_F(SharedCallTest, RequestsThatAskTheSameAtTheSameTimeShareACall) {
  with(cached());
  fr().on_request = nullptr;  // the test answers
  Client& first = h().send(chat(kPlain));
  Client& second = h().send(chat(kPlain));
  Client& streamed = h().send(chat(kStream));
  ASSERT_EQ(fr().asked.size(), 1u);
  EXPECT_EQ(second.received, "");
  fr().side().send(json_answer(completion(usage_json(20, 5))));
  h().settle();
  const Message a = first.answer(), b = second.answer(), c = streamed.answer();
  EXPECT_EQ(state(a), "miss");
  EXPECT_EQ(state(b), "coalesced");
  EXPECT_EQ(state(c), "coalesced");
  EXPECT_NE(b.body.find("Guten Tag"), string::npos);
  EXPECT_TRUE(c.body.ends_with(kDone));
  const auto record = h().record(b);
  EXPECT_EQ(record.facts.calls, 0);
  ASSERT_EQ(record.avoided.size(), 1u);
  EXPECT_EQ(record.avoided[0].step, "cache.coalesced");
  EXPECT_EQ(h().context.flights.size(), 0u);
}

TEST_F(SharedCallTest, AStreamIsFollowedAsItComes) {
  started();
  Client& first = h().send(chat(kStream));
  Client& early = h().send(chat(kStream));
  fr().side().send(chunk(role() + token("Guten ")));
  h().settle();
  EXPECT_EQ(early.answer().body, role() + token("Guten "));
  Client& late = h().send(chat(kStreamUsage));
  h().settle();
  EXPECT_EQ(late.answer().body, role() + token("Guten ")) << "from its beginning";
  fr().side().send(chunk(token("Tag") + stop() + usage_event(20, 5)) + chunk(kDone) + string(kLastChunk));
  h().settle();
  ASSERT_EQ(fr().asked.size(), 1u);
  const Message a = first.answer(), b = early.answer(), c = late.answer();
  EXPECT_TRUE(b.complete && c.complete);
  EXPECT_EQ(without_figures(b.body), without_figures(a.body));
  EXPECT_NE(c.body.find(R"("usage":{"prompt_tokens":20)"), string::npos) << c.body;
}

TEST_F(SharedCallTest, WhoLeavesFirstDoesNotTakeTheAnswerFromTheOthers) {
  started();
  Client& first = h().send(chat(kStream));
  Client& second = h().send(chat(kStream));
  fr().side().send(chunk(role() + token("Guten ")));
  h().settle();
  const string id = first.answer().header("x-trine-request-id");
  first.leave();
  h().settle();
  fr().side().send(chunk(token("Tag") + stop() + usage_event(20, 5)) + chunk(kDone) + string(kLastChunk));
  h().settle();
  const Message b = second.answer();
  EXPECT_TRUE(b.complete);
  EXPECT_NE(b.body.find("Tag"), string::npos);
  EXPECT_EQ(fr().asked.size(), 1u);
  const auto record = h().record(id);
  EXPECT_EQ(record.facts.outcome, Outcome::cancelled);
  EXPECT_EQ(record.facts.calls, 1);
  EXPECT_EQ(record.calls.at(0).facts.outcome, Outcome::ok);
}

TEST_F(SharedCallTest, TheCallEndsWhenNobodyWaitsForItAnyMore) {
  started();
  Client& first = h().send(chat(kStream));
  Client& second = h().send(chat(kStream));
  fr().side().send(chunk(role() + token("Guten ")));
  h().settle();
  first.leave();
  h().settle();
  EXPECT_FALSE(fr().side().ended);
  second.leave();
  h().settle();
  EXPECT_TRUE(fr().side().ended);
  EXPECT_EQ(h().running("fr"), 0);
  EXPECT_EQ(h().context.flights.size(), 0u);
}

TEST_F(SharedCallTest, WhoFollowsACallThatFailsMakesItsOwn) {
  with(cached());
  Sample one = cached("{ }");
  one.routes = "\n  - { model: small, deployments: [fr], max_attempts: 1, cache: { } }\n";
  with(one);
  fr().on_request = nullptr;
  Client& first = h().send(chat(kPlain));
  Client& second = h().send(chat(kPlain));
  Client& third = h().send(chat(kPlain));
  fr().on_request = answers(json_answer(completion(usage_json(20, 5))));
  fr().sides.front()->send(json_answer(R"({"error":{"message":"busy"}})", 503));
  h().settle();
  h().advance(5s);
  EXPECT_EQ(first.answer().status, 503);
  EXPECT_EQ(second.answer().status, 200);
  EXPECT_EQ(third.answer().status, 200);
  EXPECT_EQ(fr().asked.size(), 2u) << "one of the two followed the other";
}

TEST_F(SharedCallTest, AStreamThatBreaksBreaksForAllWhoHadAPartOfIt) {
  started();
  const string with_key = chat(kStream, "Idempotency-Key: a\r\n");
  Client& first = h().send(chat(kStream));
  Client& second = h().send(with_key);
  fr().side().send(chunk(role() + token("Guten ")));
  h().settle();
  fr().side().leave();
  h().settle();
  EXPECT_EQ(error_code(first.answer()), "upstream_broke_stream");
  EXPECT_EQ(error_code(second.answer()), "upstream_broke_stream");
  EXPECT_EQ(h().answers.store().size(), 0u);
  fr().on_request = answers(whole_stream());
  const Message again = h().ask(with_key);
  EXPECT_EQ(again.status, 200) << "what broke off may be asked for again: " << again.body;
  EXPECT_TRUE(again.body.ends_with(kDone)) << again.body;
}

TEST_F(SharedCallTest, CallsAreNotSharedWhereTheRouteSaysSo) {
  started("{ coalesce: false }");
  h().send(chat(kStream));
  h().send(chat(kStream));
  EXPECT_EQ(fr().asked.size(), 2u);
}

// ---- almost the same words ----

struct SemanticTest : CacheTest {
  void SetUp() override {
    Sample s = cached("{ semantic: { embeddings: emb, threshold: 0.9 } }");
    s.deployments +=
        R"(  - { name: emb, url: "http://emb.test/v1", model: bge, catalog_model: gpt-oss-20b, gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 } }
)";
    with(s);
    h().engines["emb.test"].on_request = [](EngineSide& side, const Message& m) {
      const char* v = m.body.find("salut") != string::npos    ? "[0.98,0.2]"
                      : m.body.find("wetter") != string::npos ? "[0,1]"
                                                              : "[1,0]";
      side.send(json_answer(fmt::format(
          R"({{"object":"list","data":[{{"index":0,"embedding":{}}}],"usage":{{"prompt_tokens":3,"total_tokens":3}}}})",
          v)));
    };
  }
  string ask_text(string_view text, string_view rest = "") { return chat(ask_for(rest, text)); }
};

TEST_F(SemanticTest, WhatIsAskedInAlmostTheSameWordsHasTheAnswerAlready) {
  EXPECT_EQ(state(h().ask(ask_text("bonjour"))), "miss");
  const Message near = h().ask(ask_text("salut"));
  EXPECT_EQ(state(near), "semantic");
  EXPECT_EQ(state(h().ask(ask_text("wetter"))), "miss");
  EXPECT_EQ(state(h().ask(ask_text("bonjour"))), "hit") << "the very same needs no embedding";
  EXPECT_EQ(h().engines["emb.test"].asked.size(), 3u);
  EXPECT_EQ(state(h().ask(ask_text("salut", R"("seed":1,)"))), "miss") << "all else must be equal";
  const auto record = h().record(near);
  EXPECT_EQ(record.facts.calls, 1) << "the embedding's own";
  EXPECT_EQ(record.calls.at(0).facts.deployment, "emb");
  EXPECT_GT(record.calls.at(0).settlements.at(0).figures.energy.raw(), 0);
  ASSERT_EQ(record.avoided.size(), 1u);
  EXPECT_EQ(record.avoided[0].step, "cache.semantic");
  EXPECT_EQ(near.header("x-trine-route"), "") << "no deployment answered it";
}

TEST_F(SemanticTest, WithoutAnEmbeddingTheRequestGoesOn) {
  h().engines["emb.test"].refuses = true;
  EXPECT_EQ(h().ask(ask_text("bonjour")).status, 200);
  h().engines["emb.test"].refuses = false;
  h().engines["emb.test"].on_request = nullptr;  // silent
  Client& c = h().send(ask_text("salut"));
  h().advance(3s);
  EXPECT_EQ(c.answer().status, 200);
}

}  // namespace
}  // namespace trine::gateway::test::cache_test
