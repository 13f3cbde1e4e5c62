// Streams through the whole request path: what the client gets byte for byte, and what is recorded.
#include "integration/gateway/harness.h"

namespace trine::gateway::test::stream_test {
namespace {

const string kHeadOfRelay = "content-type: text/event-stream; charset=utf-8\r\n";

string trine_of(const string& body) {
  const size_t at = body.find(": trine ");
  if (at == string::npos) return {};
  return body.substr(at + 8, body.find('\n', at) - at - 8);
}

TEST(Stream, PassesEventsByteForByteAndFlushesEachAtOnce) {
  Harness h;
  h.engines["fr.test"].on_request = streams();
  Client& client = h.send(chat(kHelloStream));
  EXPECT_EQ(client.received, "") << "nothing before the first token: another deployment could still answer";

  EngineSide& engine = h.engines["fr.test"].side();
  engine.send(chunk(role()));
  h.settle();
  EXPECT_EQ(client.received, "");
  engine.send(chunk(token("Bon")));
  h.settle();
  Message m = client.answer();
  EXPECT_EQ(m.status, 200);
  EXPECT_EQ(m.header("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(m.header("x-trine-route"), "fr");
  EXPECT_EQ(m.body, role() + token("Bon"));

  // What a client cannot know is kept as it is: unknown fields, comments, CRLF, several events in one chunk.
  const string odd = ": ping\r\n\r\nevent: x\r\nid: 7\r\ndata: {\"a\" : 1.50}\r\n\r\n";
  engine.send(chunk(odd + token("jour")));
  h.settle();
  m = client.answer();
  EXPECT_EQ(m.body, role() + token("Bon") + odd + token("jour"));
  EXPECT_FALSE(m.complete);

  engine.send(chunk(usage_event(9, 2)) + chunk(kDone) + string(kLastChunk));
  h.settle();
  m = client.answer();
  EXPECT_TRUE(m.complete);
  const string trine = trine_of(m.body);
  EXPECT_EQ(m.body, role() + token("Bon") + odd + token("jour") + ": trine " + trine + "\n\n" + kDone);
  EXPECT_NE(trine.find("\"deployment\":\"fr\""), string::npos) << trine;
  EXPECT_NE(trine.find("\"energy_j\":"), string::npos) << trine;
}

TEST(Stream, AnEventInPiecesOnTheWireArrivesWhole) {
  Harness h;
  h.engines["fr.test"].from_engine.deliver_at_most = 3;
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message&) {
    const string all = role() + token("a") + token("b") + kDone;
    string sent(kStreamHead);
    for (size_t at = 0; at < all.size(); at += 7) sent += chunk(all.substr(at, 7));
    side.send(sent + string(kLastChunk));
  };
  const Message m = h.ask(chat(kHelloStream));
  EXPECT_TRUE(m.complete);
  EXPECT_EQ(m.body, role() + token("a") + token("b") + ": trine " + trine_of(m.body) + "\n\n" + kDone);
  EXPECT_EQ(h.record(m).calls[0].facts.out, 2);
}

TEST(Stream, UsageThatTheClientDidNotAskForIsAskedUpstreamAndHidden) {
  Harness h;
  h.engines["fr.test"].on_request =
      answers(string(kStreamHead) + chunk(token("a") + usage_event(11, 1, 4) + kDone) + string(kLastChunk));
  const Message m = h.ask(chat(kHelloStream));
  EXPECT_EQ(h.engines["fr.test"].asked.at(0).body,
            R"({"stream_options":{"include_usage":true},"model":"gpt-oss-20b","stream":true,)"
            R"("messages":[{"role":"user","content":"Bonjour"}]})");
  EXPECT_EQ(m.body.find("usage"), string::npos) << m.body;
  const auto call = h.record(m).calls.at(0).facts;
  EXPECT_EQ(call.in, 11);
  EXPECT_EQ(call.cached, 4);
  EXPECT_EQ(call.out, 1);
  EXPECT_EQ(call.source, energy::TokenSource::reported);
}

TEST(Stream, UsageThatTheClientAskedForCarriesTheFigures) {
  Harness h;
  h.engines["fr.test"].on_request =
      answers(string(kStreamHead) + chunk(token("a") + usage_event(11, 1) + kDone) + string(kLastChunk));
  const Message m = h.ask(chat(kHelloStreamUsage));
  EXPECT_NE(m.body.find(R"("completion_tokens":1)"), string::npos);
  EXPECT_NE(m.body.find(R"("trine":{"request_id":")"), string::npos) << m.body;
  EXPECT_EQ(m.body.find(": trine "), string::npos) << "said once: in the usage";
  EXPECT_TRUE(m.body.ends_with(kDone));
}

TEST(Stream, IsRecordedBeforeTheClientHasItsEnd) {
  Harness h;
  h.engines["fr.test"].on_request = streams(token("a"));
  net::MemoryFaults slow;
  slow.delay = 1s;  // on the way to the client
  Client& client = h.connect({}, slow);
  client.send(chat(kHelloStream));
  h.settle();
  h.engines["fr.test"].side().send(chunk(usage_event(9, 1) + kDone) + string(kLastChunk));
  h.settle();
  EXPECT_EQ(client.received.find("[DONE]"), string::npos);
  EXPECT_EQ(h.requests(Outcome::ok), 1);
  h.advance(1s);
  EXPECT_NE(client.received.find("[DONE]"), string::npos);
}

TEST(Stream, RecordsWhenTheFirstTokenCame) {
  Harness h;
  h.engines["fr.test"].on_request = streams(role());
  Client& client = h.send(chat(kHelloStream));
  const Wall start = h.clock.wall();
  h.advance(300ms);
  h.engines["fr.test"].side().send(chunk(token("a")));
  h.advance(200ms);
  h.engines["fr.test"].side().send(chunk(token("b") + kDone) + string(kLastChunk));
  h.settle();
  const auto call = h.record(client.answer()).calls.at(0).facts;
  EXPECT_EQ(call.start, start);
  EXPECT_EQ(call.first_token, start + 300ms);
  EXPECT_EQ(call.end, start + 500ms);
  EXPECT_TRUE(call.streamed);
}

TEST(Stream, WithoutUsageTokensAreCountedAndSaidToBe) {
  Harness h;
  h.engines["fr.test"].on_request =
      answers(string(kStreamHead) + chunk(token("a") + token("b") + token("c") + kDone) + string(kLastChunk));
  const Message m = h.ask(chat(kHelloStream));
  const auto call = h.record(m).calls.at(0).facts;
  EXPECT_EQ(call.out, 3);
  EXPECT_EQ(call.in, llm::estimated_prompt_tokens(*llm::scan_request(llm::Endpoint::chat, kHelloStream)));
  EXPECT_GT(call.in, 0);
  EXPECT_EQ(call.source, energy::TokenSource::counted);
}

TEST(Stream, AWrongUsageReportIsNotBelieved) {
  Harness h;
  h.engines["fr.test"].on_request = answers(string(kStreamHead) + chunk(token("a") + token("b")) +
                                            chunk(usage_event(3, 2, 90)) +  // more cached than there were
                                            chunk(kDone) + string(kLastChunk));
  const Message m = h.ask(chat(kHelloStream));
  const auto call = h.record(m).calls.at(0).facts;
  EXPECT_EQ(call.source, energy::TokenSource::counted);
  EXPECT_EQ(call.out, 2);
  EXPECT_EQ(call.cached, 0);
}

TEST(Stream, AnHttp10ClientGetsItUnchunkedAndTheConnectionEnds) {
  Harness h;
  h.engines["fr.test"].on_request = answers(string(kStreamHead) + chunk(token("a") + kDone) + string(kLastChunk));
  string request = chat(kHelloStream);
  request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
  Client& client = h.send(request);
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.received.find("transfer-encoding"), string::npos);
  const Message m = client.answer();
  EXPECT_TRUE(m.body.starts_with(token("a")));
  EXPECT_TRUE(m.body.ends_with(kDone));
}

TEST(Stream, MayEndWithTheUpstreamsConnection) {
  Harness h;
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message&) {
    side.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + token("a") + kDone);
    side.leave();
  };
  const Message m = h.ask(chat(kHelloStream));
  EXPECT_TRUE(m.complete);
  EXPECT_TRUE(m.body.ends_with(kDone));
  EXPECT_EQ(h.requests(Outcome::ok), 1);
}

TEST(Stream, ThatBreaksBehindItsDoneWasComplete) {
  Harness h;
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message&) {
    side.send(string(kStreamHead) + chunk(token("a") + kDone));
    side.leave();  // without a last chunk
  };
  const Message m = h.ask(chat(kHelloStream));
  EXPECT_TRUE(m.complete);
  EXPECT_TRUE(m.body.ends_with(kDone)) << m.body;
  EXPECT_EQ(h.requests(Outcome::ok), 1);
}

TEST(Stream, ThatBreaksBehindTheFirstTokenTellsTheClientInBand) {
  Harness h;
  h.engines["fr.test"].on_request = streams(token("a") + token("b"));
  Client& client = h.send(chat(kHelloStream));
  h.engines["fr.test"].side().leave();
  h.settle();
  const Message m = client.answer();
  EXPECT_TRUE(m.complete) << "the stream is ended properly";
  EXPECT_TRUE(client.ended);
  EXPECT_TRUE(m.body.starts_with(token("a") + token("b")));
  EXPECT_NE(m.body.find(R"(data: {"error":{"message":"The model's server broke off)"), string::npos) << m.body;
  EXPECT_EQ(m.body.find("[DONE]"), string::npos);
  EXPECT_TRUE(h.engines["de.test"].asked.empty());

  const auto record = h.record(m);
  EXPECT_EQ(record.facts.outcome, Outcome::failed);
  EXPECT_EQ(record.facts.error, "upstream_broke_stream");
  EXPECT_EQ(record.calls.at(0).facts.out, 2) << "it bears what was generated";
}

TEST(Stream, ThatBreaksItsChunkedCodingTellsTheClientInBand) {
  Harness h;
  h.engines["fr.test"].on_request = answers(string(kStreamHead) + chunk(token("a")));
  Client& client = h.send(chat(kHelloStream));
  h.engines["fr.test"].side().send("zz\r\n");
  h.settle();
  const Message m = client.answer();
  EXPECT_TRUE(m.complete);
  EXPECT_NE(m.body.find("\"error\""), string::npos);
  EXPECT_EQ(h.requests(Outcome::failed), 1);
}

// Behind its end, and in the same packet: the request is on record, and the client gets what the record says.
TEST(Stream, ThatBreaksItsChunkedCodingBehindItsDoneWasComplete) {
  for (const string& first : {string(), token("a")}) {
    Harness h;
    h.engines["fr.test"].on_request = streams(first);
    h.engines["de.test"].on_request = answers(string(kStreamHead) + chunk(token("c") + kDone) + string(kLastChunk));
    Client& client = h.send(chat(kHelloStream));
    h.engines["fr.test"].side().send(chunk(token("b") + kDone) + "zz\r\n");
    h.settle();
    const Message m = client.answer();
    EXPECT_TRUE(m.complete);
    EXPECT_EQ(m.header("x-trine-route"), "fr");
    EXPECT_TRUE(m.body.starts_with(first + token("b"))) << m.body;
    EXPECT_TRUE(m.body.ends_with(kDone)) << m.body;
    EXPECT_TRUE(h.engines["de.test"].asked.empty()) << "it is on record already";
    const auto record = h.record(m);
    EXPECT_EQ(record.facts.outcome, Outcome::ok);
    EXPECT_EQ(record.facts.calls, 1);
    EXPECT_EQ(record.calls.size(), 1u);
  }
}

TEST(Stream, ThatBreaksItsChunkedCodingBehindATokenGivesTheTokenAndTellsTheClientInBand) {
  for (const string& first : {string(), token("a")}) {
    Harness h;
    h.engines["fr.test"].on_request = streams(first);
    Client& client = h.send(chat(kHelloStream));
    h.engines["fr.test"].side().send(chunk(token("b")) + "zz\r\n");
    h.settle();
    const Message m = client.answer();
    EXPECT_TRUE(m.complete);
    EXPECT_TRUE(m.body.starts_with(first + token("b"))) << m.body;
    EXPECT_EQ(error_code(m), "upstream_broke_stream");
    EXPECT_TRUE(h.engines["de.test"].asked.empty());
    EXPECT_EQ(h.record(m).calls.at(0).facts.out, first.empty() ? 1 : 2) << "as many as the client was sent";
  }
}

TEST(Stream, ThatBreaksItsChunkedCodingBeforeTheFirstTokenIsAnsweredByAnother) {
  Harness h;
  h.engines["fr.test"].on_request = answers(string(kStreamHead) + chunk(role()) + "zz\r\n");
  h.engines["de.test"].on_request = answers(string(kStreamHead) + chunk(token("c") + kDone) + string(kLastChunk));
  const Message m = h.ask(chat(kHelloStream));
  EXPECT_EQ(m.header("x-trine-route"), "de");
  EXPECT_TRUE(m.body.starts_with(token("c"))) << m.body;
}

TEST(Stream, AnErrorEventOfTheEngineIsPassedOnAndRecordedAsFailed) {
  Harness h;
  const string error = event(R"({"error":{"message":"CUDA out of memory","code":500}})");
  h.engines["fr.test"].on_request =
      answers(string(kStreamHead) + chunk(token("a") + error + kDone) + string(kLastChunk));
  const Message m = h.ask(chat(kHelloStream));
  EXPECT_NE(m.body.find(error), string::npos);
  const auto record = h.record(m);
  EXPECT_EQ(record.facts.outcome, Outcome::failed);
  EXPECT_EQ(record.facts.error, "upstream_error");
}

TEST(Stream, ThatDiesBeforeTheFirstTokenIsAnsweredByAnother) {
  Harness h;
  h.engines["fr.test"].on_request = [](EngineSide& side, const Message&) {
    side.send(string(kStreamHead) + chunk(role()));  // a role is no token
    side.leave();
  };
  h.engines["de.test"].on_request =
      answers(string(kStreamHead) + chunk(role() + token("a") + kDone) + string(kLastChunk));
  const Message m = h.ask(chat(kHelloStream));
  EXPECT_EQ(m.header("x-trine-route"), "de");
  EXPECT_TRUE(m.body.starts_with(role() + token("a")));
  EXPECT_EQ(m.body.find(role(), 1), string::npos) << "nothing of the first one is left";

  const auto record = h.record(m);
  EXPECT_EQ(record.facts.calls, 2);
  EXPECT_EQ(record.facts.outcome, Outcome::ok);
  ASSERT_EQ(record.calls.size(), 2u);
  EXPECT_EQ(record.calls[0].facts.deployment, "fr");
  EXPECT_EQ(record.calls[0].facts.outcome, Outcome::failed);
  EXPECT_EQ(record.calls[1].facts.deployment, "de");
  EXPECT_EQ(record.calls[1].facts.outcome, Outcome::ok);
}

TEST(Stream, AClientThatLeavesClosesTheUpstreamBeforeItsNextChunk) {
  Harness h;
  h.engines["fr.test"].on_request = streams(token("a") + token("b") + token("c"));
  Client& client = h.send(chat(kHelloStream));
  EngineSide& engine = h.engines["fr.test"].side();
  ASSERT_FALSE(engine.ended);
  const Mono left = h.clock.mono();
  client.leave();
  h.settle();
  EXPECT_TRUE(engine.ended);
  EXPECT_EQ(h.clock.mono(), left) << "at once";
  EXPECT_EQ(h.running("fr"), 0);

  const auto sums = h.total();
  EXPECT_EQ(sums.outcomes[static_cast<size_t>(Outcome::cancelled)], 1);
  EXPECT_EQ(sums.out, 3) << "billed for what was generated";
  EXPECT_EQ(sums.counted_calls, 1);
  EXPECT_GT(sums.energy.raw(), 0);
}

TEST(Stream, AClientThatLeavesBeforeTheHeadOfTheAnswerCancelsTheCall) {
  Harness h;
  Client& client = h.send(chat(kHelloStream));
  EngineSide& engine = h.engines["fr.test"].side();
  client.leave();
  h.settle();
  EXPECT_TRUE(engine.ended);
  EXPECT_EQ(h.requests(Outcome::cancelled), 1);
  EXPECT_TRUE(h.engines["de.test"].asked.empty()) << "nobody is there to answer";
}

TEST(Stream, AClientThatLeavesWhileTheEngineIsDialledCancelsTheCall) {
  Harness h;
  h.engines["fr.test"].silent = true;
  Client& client = h.send(chat(kHelloStream));
  client.leave();
  h.advance(1min);
  EXPECT_EQ(h.requests(Outcome::cancelled), 1);
  EXPECT_EQ(h.total().in, 0) << "nobody has read its prompt";
  EXPECT_EQ(h.running("fr"), 0);
  EXPECT_TRUE(h.engines["de.test"].asked.empty());
}

TEST(Stream, AClientThatDoesNotReadHoldsTheEngineBackInBoundedMemory) {
  Harness h;
  net::MemoryFaults narrow;
  narrow.capacity = 8 << 10;
  h.engines["fr.test"].from_engine.capacity = 8 << 10;
  h.engines["fr.test"].on_request = streams(token("a"));
  Client& client = h.connect({}, narrow, false);
  client.send(chat(kHelloStream));
  h.settle();
  EngineSide& engine = h.engines["fr.test"].side();
  const string much(1 << 20, 'x');
  engine.send(chunk(token(much.substr(0, 3000))));
  string all;
  for (int i = 0; i < 300; ++i) all += chunk(token(much.substr(0, 3000)));
  engine.send(all + chunk(kDone) + string(kLastChunk));
  h.settle();
  EXPECT_EQ(h.requests(Outcome::ok), 0) << "the end has not been taken from the engine";
  client.read();
  h.settle();
  const Message m = client.answer();
  EXPECT_TRUE(m.complete);
  EXPECT_GT(m.body.size(), 900'000u);
  EXPECT_EQ(h.record(m).calls.at(0).facts.out, 302);
}

TEST(Stream, AClientThatNeverReadsIsGivenUp) {
  Harness h;
  net::MemoryFaults narrow;
  narrow.capacity = 64;
  h.engines["fr.test"].on_request = streams(token("a") + token("b"));
  Client& client = h.connect({}, narrow, false);
  client.send(chat(kHelloStream));
  h.settle();
  EXPECT_EQ(h.running("fr"), 1);
  h.advance(61s);  // timeouts.stream_idle
  EXPECT_EQ(h.running("fr"), 0);
  EXPECT_TRUE(h.engines["fr.test"].side().ended);
  EXPECT_EQ(h.requests(Outcome::cancelled), 1);
}

TEST(Stream, ThatIsSilentBeforeTheFirstTokenIsAnsweredByAnother) {
  Sample s;
  s.more = "timeouts: { first_byte: 5s, stream_idle: 2s, total: 60s }";
  Harness h(s);
  h.engines["fr.test"].on_request = streams(role());
  h.engines["de.test"].on_request = answers(string(kStreamHead) + chunk(token("a") + kDone) + string(kLastChunk));
  Client& client = h.send(chat(kHelloStream));
  h.advance(4s);
  EXPECT_TRUE(h.engines["de.test"].asked.empty());
  h.advance(1s);
  const Message m = client.answer();
  EXPECT_EQ(m.header("x-trine-route"), "de");
  EXPECT_TRUE(m.complete);
  EXPECT_TRUE(h.engines["fr.test"].side().ended);
}

TEST(Stream, ThatFallsSilentBehindTheFirstTokenTimesOutInBand) {
  Sample s;
  s.more = "timeouts: { first_byte: 5s, stream_idle: 2s, total: 60s }";
  Harness h(s);
  h.engines["fr.test"].on_request = streams(token("a"));
  Client& client = h.send(chat(kHelloStream));
  h.advance(1900ms);
  EXPECT_EQ(client.received.find("error"), string::npos);
  h.advance(100ms);
  const Message m = client.answer();
  EXPECT_TRUE(m.complete);
  EXPECT_NE(m.body.find("did not answer in time"), string::npos) << m.body;
  EXPECT_TRUE(h.engines["fr.test"].side().ended);
  EXPECT_EQ(h.record(m).facts.error, "upstream_timeout");
}

TEST(Stream, EndsAtTheTotalTimeOutHoweverBusyItIs) {
  Sample s;
  s.more = "timeouts: { first_byte: 5s, stream_idle: 2s, total: 3s }";
  Harness h(s);
  h.engines["fr.test"].on_request = streams(token("a"));
  Client& client = h.send(chat(kHelloStream));
  EngineSide& engine = h.engines["fr.test"].side();
  int sent = 0;
  for (; sent < 100 && !engine.ended; ++sent) {
    engine.send(chunk(token("a")));
    h.advance(100ms);
  }
  EXPECT_NEAR(sent, 30, 1);
  EXPECT_NE(client.answer().body.find("did not answer in time"), string::npos);
}

TEST(Stream, OfTheResponsesApiCarriesTheFiguresInItsLastEvent) {
  Harness h;
  const string delta = "event: response.output_text.delta\n" +
                       event(R"({"type":"response.output_text.delta","delta":"Hi","sequence_number":1})");
  const string completed =
      "event: response.completed\n" +
      event(R"({"type":"response.completed","response":{"id":"r1","usage":{"input_tokens":5,"output_tokens":1}}})");
  h.engines["fr.test"].on_request = answers(string(kStreamHead) + chunk(delta + completed) + string(kLastChunk));
  const Message m = h.ask(post("/v1/responses", R"({"model":"small","stream":true,"input":"Hi"})"));
  EXPECT_TRUE(m.body.starts_with(delta));
  EXPECT_NE(m.body.find(R"("output_tokens":1,"trine":{)"), string::npos) << m.body;
  EXPECT_EQ(h.engines["fr.test"].asked.at(0).body, R"({"model":"gpt-oss-20b","stream":true,"input":"Hi"})");
  const auto call = h.record(m).calls.at(0).facts;
  EXPECT_EQ(call.in, 5);
  EXPECT_EQ(call.out, 1);
}

TEST(Stream, OfAnUnreadEndpointPassesUntouched) {
  Sample s;
  Harness h(s);
  const string events = event(R"({"type":"speech.audio.delta","audio":"AAAA"})") + event("[DONE]");
  h.engines["fr.test"].on_request = answers(string(kStreamHead) + chunk(events) + string(kLastChunk));
  const Message m = h.ask(post("/v1/audio/speech", R"({"model":"tts","input":"Hi","stream_format":"sse"})"));
  EXPECT_EQ(m.body, events);
  EXPECT_EQ(h.record(m).facts.outcome, Outcome::ok);
}

TEST(Stream, KeepsTheEnginesConnectionForTheNext) {
  Harness h;
  h.engines["fr.test"].on_request = answers(string(kStreamHead) + chunk(token("a") + kDone) + string(kLastChunk));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(h.ask(chat(kHelloStream)).complete);
  EXPECT_EQ(h.engines["fr.test"].sides.size(), 1u);
  EXPECT_EQ(h.engines["fr.test"].asked.size(), 3u);
}

TEST(Stream, OfAMeteredDeploymentIsAmongTheRunningUntilItEnds) {
  Sample s;
  s.deployments = R"(
  - { name: fr, url: "http://fr.test/v1", model: gpt-oss-20b, engine: sim, gpu: RTX-4090, zone: FR, price: { per_hour: 0.36 } }
)";
  s.routes = "\n  - { model: small, deployments: [fr] }\n";
  Harness h(s);
  h.engines["fr.test"].on_request = streams(token("a"));
  Client& client = h.send(chat(kHelloStream));
  EXPECT_EQ(h.context.running.size(), 1u);
  h.engines["fr.test"].side().send(chunk(kDone) + string(kLastChunk));
  h.settle();
  EXPECT_TRUE(h.context.running.empty());
  const Message m = client.answer();
  EXPECT_NE(m.body.find(R"("final":false,"simulated":true)"), string::npos) << m.body;
  EXPECT_FALSE(h.record(m).final());
  h.feed.flush();
  ASSERT_EQ(h.notes.size(), 4u) << "opened, prefill, decode, closed";
  EXPECT_EQ(h.notes.front().kind, CallNote::Kind::opened);
  EXPECT_EQ(h.notes.back().kind, CallNote::Kind::closed);
}

}  // namespace
}  // namespace trine::gateway::test::stream_test
