#include "llm/answer_form.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace trine::llm::answer_form_test {
namespace {

using Tree = nlohmann::json;

std::string event(std::string_view data) {
  return "data: " + std::string(data) + "\n\n";
}

const std::string kTools =
    event(
        R"({"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}}]},"logprobs":null,"finish_reason":null}]})") +
    event(
        R"({"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}}]})") +
    event(R"({"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]})") +
    event(
        R"({"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"t2","type":"function","function":{"name":"g","arguments":"{}"}}]}}]})") +
    event(R"({"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})");

TEST(AnswerForm, AStreamOfToolCallsBecomesOneMessage) {
  const auto whole =
      whole_answer(Endpoint::chat, {kTools, event(R"({"choices":[],"usage":{"prompt_tokens":3}})"), false});
  ASSERT_TRUE(whole);
  EXPECT_EQ(Tree::parse(*whole), Tree::parse(R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[
    {"index":0,"message":{"role":"assistant","content":null,"tool_calls":[
      {"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
      {"id":"t2","type":"function","function":{"name":"g","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],
    "usage":{"prompt_tokens":3}})"));
}

TEST(AnswerForm, AWholeAnswerAsEventsIsTheSameAnswerAgain) {
  const std::string answers[] = {
      R"({"id":"c","object":"chat.completion","created":1,"model":"m","system_fingerprint":"fp","choices":[{"index":0,"message":{"role":"assistant","content":"a \"b\" é","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","reasoning_content":"hm","content":"c"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})",
      *whole_answer(Endpoint::chat, {kTools, {}, false}),
  };
  for (const std::string& answer : answers) {
    const auto events = answer_events(Endpoint::chat, answer);
    ASSERT_TRUE(events) << answer;
    const auto again = whole_answer(Endpoint::chat, *events);
    ASSERT_TRUE(again) << events->content;
    Tree a = Tree::parse(answer), b = Tree::parse(*again);
    for (Tree* t : {&a, &b})
      for (auto& c : (*t)["choices"]) {
        c.erase("logprobs");
        c["message"].erase("refusal");
        c["message"].erase("annotations");
      }
    EXPECT_EQ(a, b);
  }
}

// Some engines and the vendors indent what they answer; a line break inside an event would be its end.
TEST(AnswerForm, AnAnswerInManyLinesBecomesEventsOfOneLineEach) {
  const auto events = answer_events(Endpoint::chat, R"({
    "id": "c",
    "created": 1,
    "choices": [ { "index": 0, "message": { "role": "assistant", "content": "a\n\nb" }, "finish_reason": "stop" } ],
    "usage": {
      "prompt_tokens": 3,

      "completion_tokens": 2
    }
  })");
  ASSERT_TRUE(events);
  EXPECT_EQ(events->usage.find('\n'), events->usage.size() - 2) << events->usage;
  const auto again = whole_answer(Endpoint::chat, *events);
  ASSERT_TRUE(again) << events->content << events->usage;
  EXPECT_EQ(Tree::parse(*again)["usage"], Tree::parse(R"({"prompt_tokens":3,"completion_tokens":2})"));
  EXPECT_EQ(Tree::parse(*again)["choices"][0]["message"]["content"], "a\n\nb");
}

TEST(AnswerForm, CompletionsToo) {
  const auto events = answer_events(
      Endpoint::completions,
      R"({"id":"c","object":"text_completion","choices":[{"index":0,"text":"abc","finish_reason":"stop"}]})");
  ASSERT_TRUE(events);
  EXPECT_EQ(Tree::parse(*whole_answer(Endpoint::completions, *events))["choices"][0]["text"], "abc");
  EXPECT_EQ(events->usage, "");
}

TEST(AnswerForm, WhatIsNotUnderstoodInFullStaysAsItIs) {
  const char* const answers[] = {
      R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop","logprobs":{"content":[1]}}]})",
      R"({"choices":[{"index":0,"message":{"content":"a","audio":{"id":"x"}},"finish_reason":"stop"}]})",
      R"({"choices":[{"index":0,"message":{"content":[{"type":"text","text":"a"}]},"finish_reason":"stop"}]})",
      R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"kv_transfer":{"a":1}})",
      R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":null}]})",
      R"({"choices":[]})",
      R"([])",
      "",
      R"({"choices":[{"index":0,"message":{"content":"\ud83d"},"finish_reason":"stop"}]})",
      R"({"choices":[{"index":-1,"message":{"content":"a"},"finish_reason":"stop"}]})",
  };
  for (const char* a : answers) EXPECT_FALSE(answer_events(Endpoint::chat, a)) << a;
  EXPECT_FALSE(answer_events(Endpoint::embeddings, R"({"data":[]})"));
}

TEST(AnswerForm, HalfAStreamIsNoAnswer) {
  const std::string half = kTools.substr(0, kTools.rfind("data: "));
  EXPECT_FALSE(whole_answer(Endpoint::chat, {half, {}, false}));
  EXPECT_FALSE(whole_answer(Endpoint::chat, {kTools + "data: {\n\n", {}, false}));
  EXPECT_FALSE(whole_answer(Endpoint::chat, {"event: error\ndata: {}\n\n" + kTools, {}, false}));
  EXPECT_TRUE(whole_answer(Endpoint::chat, {": ping\n\n" + kTools, {}, false}));
}

}  // namespace
}  // namespace trine::llm::answer_form_test
