#include "llm/request_form.h"

#include <gtest/gtest.h>

namespace trine::llm::request_form_test {
namespace {

std::string form(std::string_view body, Endpoint e = Endpoint::chat) {
  const auto f = request_form(e, body);
  EXPECT_TRUE(f) << f.error().message << " in " << body;
  return f ? f->text : std::string();
}

TEST(RequestForm, OrderBlanksAndEscapesMakeNoDifference) {
  const std::string one = form(R"({"messages":[{"role":"user","content":"é"}],"seed":1,"stop":["a","b"]})");
  EXPECT_EQ(
      one,
      form(R"( { "stop" : [ "a" , "b" ] , "seed" : 1 , "messages" : [ {"content":"\u00e9","role":"\u0075ser"} ] } )"));
  EXPECT_EQ(form(R"({"a":"\/\n\"\\"})"), form(R"({"a":"/\u000a\u0022\u005c"})"));
}

TEST(RequestForm, NumbersAreTheirValue) {
  EXPECT_EQ(form(R"({"a":1})"), form(R"({"a":1.0})"));
  EXPECT_EQ(form(R"({"a":1})"), form(R"({"a":10e-1})"));
  EXPECT_EQ(form(R"({"a":0})"), form(R"({"a":-0.0})"));
  EXPECT_NE(form(R"({"a":0.1})"), form(R"({"a":0.11})"));
  EXPECT_NE(form(R"({"a":9007199254740993})"), form(R"({"a":9007199254740992})")) << "a seed beyond a double";
  EXPECT_NE(form(R"({"a":1e400})"), form(R"({"a":1e401})"));
}

TEST(RequestForm, WhatDoesNotReachTheModelIsLeftOutAtTheTopOnly) {
  const std::string bare = form(R"({"messages":[]})");
  EXPECT_EQ(bare, form(R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true},"user":"u",
    "metadata":{"a":"b"},"prompt_cache_key":"k","safety_identifier":"s","prompt_cache_retention":"24h"})"));
  EXPECT_NE(form(R"({"tools":[{"user":"a"}]})"), form(R"({"tools":[{"user":"b"}]})"));
}

TEST(RequestForm, NullAtTheTopIsAbsentAndBelowIsNot) {
  EXPECT_EQ(form(R"({"a":1,"tools":null})"), form(R"({"a":1})"));
  EXPECT_NE(form(R"({"a":{"b":null}})"), form(R"({"a":{}})"));
}

TEST(RequestForm, OrderOfAListMatters) {
  EXPECT_NE(form(R"({"a":[1,2]})"), form(R"({"a":[2,1]})"));
}

TEST(RequestForm, NoTextPassesForStructure) {
  EXPECT_NE(form(R"({"a":"b","c":"d"})"), form(R"({"a":"bk1:cs1:d"})"));
  EXPECT_NE(form(R"({"a":["x","y"]})"), form(R"({"a":["xs1:y"]})"));
  EXPECT_NE(form(R"({"a":"1"})"), form(R"({"a":1})"));
  EXPECT_NE(form(R"({"a":"true"})"), form(R"({"a":true})"));
  EXPECT_NE(form(R"({"a":[null,1]})"), form(R"({"a":[1]})"));
  EXPECT_NE(form(R"({"a":""})"), form(R"({"a":[]})"));
}

TEST(RequestForm, HalfASurrogateCountsAsItIsWritten) {
  EXPECT_NE(form(R"({"a":"\ud83d"})"), form(R"({"a":"\ud83e"})"));
}

TEST(RequestForm, ItIsDrawnUnlessTheTemperatureIsZero) {
  EXPECT_TRUE(request_form(Endpoint::chat, R"({})")->drawn);
  EXPECT_TRUE(request_form(Endpoint::chat, R"({"temperature":0.7})")->drawn);
  EXPECT_TRUE(request_form(Endpoint::chat, R"({"temperature":null})")->drawn);
  EXPECT_FALSE(request_form(Endpoint::chat, R"({"temperature":0.0})")->drawn);
  EXPECT_FALSE(request_form(Endpoint::embeddings, R"({"input":"x"})")->drawn);
}

TEST(RequestForm, ASearchLooksOut) {
  EXPECT_TRUE(request_form(Endpoint::chat, R"({"web_search_options":{}})")->looks_out);
  EXPECT_FALSE(request_form(Endpoint::chat, R"({"web_search_options":null})")->looks_out);
}

TEST(RequestForm, TheLastTextOfTheUserCanBeLeftOpen) {
  const auto last = [](std::string_view messages) {
    return *request_form(Endpoint::chat, R"({"seed":1,"messages":)" + std::string(messages) + "}", true);
  };
  const auto one = last(R"([{"role":"system","content":"s"},{"role":"user","content":"bonjour"}])");
  const auto two = last(R"([{"role":"system","content":"s"},{"role":"user","content":"salut"}])");
  EXPECT_EQ(one.last_text, "bonjour");
  EXPECT_EQ(one.without_last, two.without_last);
  EXPECT_NE(one.text, two.text);
  EXPECT_NE(one.without_last,
            last(R"([{"role":"system","content":"t"},{"role":"user","content":"salut"}])").without_last);
  EXPECT_EQ(last(R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])").last_text,
            "a\nb");
  for (const char* none :
       {R"([])", R"([{"role":"assistant","content":"a"}])", R"([{"role":"user","content":""}])",
        R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}}]}])", R"([1])"})
    EXPECT_EQ(last(none).last_text, "") << none;
}

TEST(RequestForm, RefusesWhatIsNoObjectAndMembersThatStandTwice) {
  for (const char* bad : {"", "[]", "{", R"({"a":1,"a":1})", R"({"b":{"a":1,"\u0061":1}})", R"({"a":1}x)"})
    EXPECT_FALSE(request_form(Endpoint::chat, bad)) << bad;
}

}  // namespace
}  // namespace trine::llm::request_form_test
