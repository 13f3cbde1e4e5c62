#include "llm/event.h"

#include <gtest/gtest.h>

namespace trine::llm::event_test {
namespace {

using Kind = EventFacts::Kind;

std::string event_of(std::string_view json) {
  return "data: " + std::string(json) + "\n\n";
}

// As vLLM writes it.
std::string chunk(std::string_view delta, std::string_view finish = "null", std::string_view usage = "null") {
  return event_of(
      R"({"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":)" +
      std::string(delta) + R"(,"logprobs":null,"finish_reason":)" + std::string(finish) + R"(}],"usage":)" +
      std::string(usage) + "}");
}

TEST(Event, AContentChunkCountsOneToken) {
  const auto facts = scan_event(chunk(R"({"content":" Hello"})"));
  EXPECT_EQ(facts.kind, Kind::content);
  EXPECT_EQ(facts.tokens, 1);
  EXPECT_FALSE(facts.usage);
  EXPECT_EQ(facts.finish, Finish::none);
}

TEST(Event, ReasoningRefusalsAndToolCallsCountToo) {
  EXPECT_EQ(scan_event(chunk(R"({"reasoning_content":"Hm"})")).tokens, 1);
  EXPECT_EQ(scan_event(chunk(R"({"reasoning":"Hm","reasoning_content":"Hm"})")).tokens, 1);
  EXPECT_EQ(scan_event(chunk(R"({"refusal":"No"})")).tokens, 1);
  EXPECT_EQ(scan_event(chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{"}}]})")).tokens, 1);
  EXPECT_EQ(scan_event(event_of(R"({"object":"text_completion","choices":[{"index":0,"text":"a"}]})")).tokens, 1);
}

TEST(Event, ARoleOrAnEmptyDeltaIsContentWithoutATokenOfIts) {
  for (const char* delta :
       {R"({"role":"assistant","content":""})", R"({"content":null})", "{}", R"({"tool_calls":[]})"}) {
    const auto facts = scan_event(chunk(delta));
    EXPECT_EQ(facts.kind, Kind::content) << delta;
    EXPECT_EQ(facts.tokens, 0) << delta;
  }
}

TEST(Event, TheLastChunkTellsWhyItEnded) {
  EXPECT_EQ(scan_event(chunk("{}", "\"stop\"")).finish, Finish::stop);
  EXPECT_EQ(scan_event(chunk("{}", "\"length\"")).finish, Finish::length);
  EXPECT_EQ(scan_event(chunk("{}", "\"tool_calls\"")).finish, Finish::tool_calls);
  EXPECT_EQ(scan_event(chunk("{}", "\"eos\"")).finish, Finish::other);
}

TEST(Event, UsageWithoutChoicesIsTheUsageChunk) {
  const std::string event = event_of(R"({"id":"c","choices":[ ],"usage":{"prompt_tokens":3,"completion_tokens":4}})");
  const auto facts = scan_event(event);
  EXPECT_EQ(facts.kind, Kind::usage_only);
  EXPECT_EQ(facts.usage, (Usage{3, 0, 4, 0}));
  EXPECT_EQ(facts.usage_raw, R"({"prompt_tokens":3,"completion_tokens":4})");
  EXPECT_GE(facts.usage_raw.data(), event.data());
}

TEST(Event, UsageBesideChoicesIsContentWithUsage) {
  const auto facts = scan_event(chunk(R"({"content":"x"})", "null", R"({"prompt_tokens":3,"completion_tokens":1})"));
  EXPECT_EQ(facts.kind, Kind::content);
  EXPECT_EQ(facts.tokens, 1);
  EXPECT_EQ(facts.usage, (Usage{3, 0, 1, 0}));
}

TEST(Event, AUsageThatCannotBeIsNotBelieved) {
  EXPECT_FALSE(scan_event(event_of(R"({"choices":[],"usage":{"prompt_tokens":-3}})")).usage);
  EXPECT_FALSE(scan_event(event_of(R"({"choices":[],"usage":{"prompt_tokens":3})")).usage);  // cut off
}

TEST(Event, TheModelsWordsAreNeverTakenForStructure) {
  const auto facts = scan_event(chunk(
      R"({"content":"{\"usage\":{\"prompt_tokens\":1},\"error\":{},\"choices\":[],\"finish_reason\":\"stop\"}"})"));
  EXPECT_EQ(facts.kind, Kind::content);
  EXPECT_EQ(facts.tokens, 1);
  EXPECT_FALSE(facts.usage);
  EXPECT_EQ(facts.finish, Finish::none);
  EXPECT_EQ(scan_event(chunk(R"({"content":"data: [DONE]\n\n"})")).kind, Kind::content);
}

TEST(Event, UsageDeeperInTheChunkIsNotUsage) {
  const auto facts =
      scan_event(event_of(R"({"choices":[{"delta":{"content":"x"},"meta":{"usage":{"prompt_tokens":9}}}]})"));
  EXPECT_EQ(facts.kind, Kind::content);
  EXPECT_FALSE(facts.usage);
}

TEST(Event, DoneIsDoneHoweverItIsWritten) {
  for (const char* event : {"data: [DONE]\n\n", "data:[DONE]\n\n", "data: [DONE]\r\n\r\n", "data: [DONE] \r\r",
                            ": bye\ndata: [DONE]\n\n", "id: 7\r\ndata: [DONE]\r\n\r\n"}) {
    EXPECT_EQ(scan_event(event).kind, Kind::done) << event;
  }
}

TEST(Event, CommentsAndEmptyEventsPass) {
  for (const char* event : {"\n", "\r\n", ": ping\n\n", "data\n\n", "data:\n\n", "data: hello\n\n", "retry: 3000\n\n",
                            "data: [1]\n\n", "data: {}\n\n", "event: ping\ndata: {\"type\":\"ping\"}\n\n", ""}) {
    const auto facts = scan_event(event);
    EXPECT_EQ(facts.kind, Kind::other) << event;
    EXPECT_EQ(facts.tokens, 0) << event;
  }
}

TEST(Event, EveryFormOfLineEndAndFieldIsUnderstood) {
  const std::string json = R"({"choices":[{"delta":{"content":"x"}}]})";
  for (const std::string& event :
       {"data:" + json + "\n\n", "data: " + json + "\r\n\r\n", "data: " + json + "\r\r",
        ": c\nid: 1\nevent: message\ndata: " + json + "\n\n",
        std::string("data: {\"choices\":[{\"delta\":\r\ndata: {\"content\":\"x\"}}\r\ndata: ]}\r\n\r\n")}) {
    const auto facts = scan_event(event);
    EXPECT_EQ(facts.kind, Kind::content) << event;
    EXPECT_EQ(facts.tokens, 1) << event;
  }
}

TEST(Event, ErrorsAreSeenInEveryForm) {
  for (const char* event :
       {"data: {\"error\":{\"message\":\"oom\",\"code\":500}}\n\n", "data: {\"error\":\"oom\"}\n\n",
        "data:\ndata: {\"error\":\"oom\"}\n\n", "event: error\ndata: {\"type\":\"error\",\"message\":\"x\"}\n\n",
        "error: {\"code\":400}\n\n",
        "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"x\"}}}\n\n"}) {
    EXPECT_EQ(scan_event(event).kind, Kind::error) << event;
  }
  EXPECT_EQ(scan_event(event_of(R"({"choices":[{"delta":{"content":"x"},"error":{"a":1}}]})")).kind, Kind::content);
  EXPECT_EQ(scan_event(event_of(R"({"error":null,"choices":[{"delta":{"content":"x"}}]})")).kind, Kind::content);
}

TEST(Event, ResponsesStreamsAreReadByTheirTypes) {
  EXPECT_EQ(scan_event("event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"error\":null,"
                       "\"usage\":null}}\n\n")
                .kind,
            Kind::content);
  const auto delta = scan_event(
      "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n");
  EXPECT_EQ(delta.kind, Kind::content);
  EXPECT_EQ(delta.tokens, 1);
  EXPECT_EQ(scan_event(event_of(R"({"type":"response.output_text.done","text":"Hi"})")).tokens, 0);
  const auto done = scan_event(event_of(
      R"({"type":"response.completed","response":{"usage":{"input_tokens":3,"output_tokens":4},"error":null}})"));
  EXPECT_EQ(done.kind, Kind::done);
  EXPECT_EQ(done.usage, (Usage{3, 0, 4, 0}));
  EXPECT_EQ(done.finish, Finish::stop);
  EXPECT_EQ(scan_event(event_of(R"({"type":"response.incomplete","response":{}})")).finish, Finish::length);
}

TEST(Event, OurFiguresGoIntoItsUsage) {
  const std::string event = event_of(R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4} })");
  EXPECT_EQ(event_with_trine(event, scan_event(event), R"({"j":1})"),
            event_of(R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"trine":{"j":1}} })"));
  const std::string again = event_with_trine(event, scan_event(event), R"({"j":1})");
  EXPECT_EQ(event_with_trine(again, scan_event(again), R"({"j":2})"),
            event_of(R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"trine":{"j":2}} })"));
  const std::string plain = chunk(R"({"content":"x"})");
  EXPECT_EQ(event_with_trine(plain, scan_event(plain), "{}"), plain);
}

TEST(Event, OurFiguresGoIntoUsageThatSpansLinesToo) {
  const std::string event = "id: 4\r\ndata: {\"choices\":[],\r\ndata: \"usage\":{\"prompt_tokens\":3}}\r\n\r\n";
  const auto facts = scan_event(event);
  EXPECT_EQ(facts.kind, Kind::usage_only);
  EXPECT_EQ(facts.usage, (Usage{3, 0, 0, 0}));
  EXPECT_TRUE(facts.usage_raw.empty());
  EXPECT_EQ(event_with_trine(event, facts, R"({"j":1})"),
            "id: 4\ndata: {\"choices\":[],\ndata: \"usage\":{\"prompt_tokens\":3,\"trine\":{\"j\":1}}}\n\n");
}

TEST(Event, TheCommentBeforeDoneIsAComment) {
  EXPECT_EQ(trine_comment(R"({"j":1})"), ": trine {\"j\":1}\n\n");
  EXPECT_EQ(scan_event(trine_comment("{}")).kind, Kind::other);
}

}  // namespace
}  // namespace trine::llm::event_test
