#include "llm/request.h"

#include <gtest/gtest.h>

#include "llm/usage.h"

namespace trine::llm::request_test {
namespace {

RequestScan scan(std::string_view body, Endpoint endpoint = Endpoint::chat) {
  auto result = scan_request(endpoint, body);
  EXPECT_TRUE(result) << sentence(result.error());
  return result ? *result : RequestScan();
}

ClientError refused(std::string_view body, Endpoint endpoint = Endpoint::chat) {
  const auto result = scan_request(endpoint, body);
  EXPECT_FALSE(result) << body;
  return result ? ClientError() : result.error();
}

std::string sent(const std::string& body, std::string_view model, bool ask_usage, Endpoint endpoint = Endpoint::chat) {
  json::Splice splice(body);
  std::string out;
  for (std::string_view piece : upstream_body(splice, scan(body, endpoint), model, ask_usage)) out += piece;
  return out;
}

TEST(Endpoint, ComesFromThePath) {
  EXPECT_EQ(endpoint_of("/v1/chat/completions"), Endpoint::chat);
  EXPECT_EQ(endpoint_of("/v1/completions?api-version=1"), Endpoint::completions);
  EXPECT_EQ(endpoint_of("/v1/embeddings/"), Endpoint::embeddings);
  EXPECT_EQ(endpoint_of("/v1/responses"), Endpoint::responses);
  EXPECT_EQ(endpoint_of("/v1/models"), Endpoint::models);
  EXPECT_EQ(endpoint_of("/v1/models/meta/llama"), Endpoint::models);
  EXPECT_EQ(endpoint_of("/v1/images/generations"), Endpoint::other);
  EXPECT_EQ(endpoint_of("/v1/modelsx"), Endpoint::other);
  EXPECT_EQ(endpoint_of(""), Endpoint::other);
  EXPECT_STREQ(name(Endpoint::responses), "responses");
}

TEST(Request, FindsWhatTheGatewayMustKnow) {
  const auto s = scan(R"({"model":"llama-3-8b","messages":[{"role":"user","content":"Hello \"you\""}],"stream":true,
    "stream_options":{"include_usage":true},"max_tokens":5,"n":2,"user":"u-1","prompt_cache_key":"k","seed":7})");
  EXPECT_EQ(s.model, "llama-3-8b");
  EXPECT_EQ(s.model_raw, "\"llama-3-8b\"");
  EXPECT_TRUE(s.stream);
  EXPECT_TRUE(s.include_usage);
  EXPECT_EQ(s.max_tokens, 5);
  EXPECT_EQ(s.n, 2);
  EXPECT_EQ(s.user, "u-1");
  EXPECT_EQ(s.prompt_cache_key, "k");
  EXPECT_EQ(s.content_bytes, 13u);  // as JSON writes it
  EXPECT_FALSE(s.has_tools);
  EXPECT_FALSE(s.has_images);
}

TEST(Request, CountsTheTextsOfPartsToolsAndToolCalls) {
  const auto s = scan(R"({"model":"m","messages":[
    {"role":"user","content":[{"type":"text","text":"12345"},{"type":"image_url","image_url":{"url":"data:..."}}]},
    {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
    {"role":"tool","content":"123"}],"tools":[{"a":1}]})");
  EXPECT_TRUE(s.has_images);
  EXPECT_TRUE(s.has_tools);
  EXPECT_EQ(s.content_bytes, 5u + 2u + 3u + 9u);
  EXPECT_FALSE(scan(R"({"model":"m","tools":[ ]})").has_tools);
}

TEST(Request, ReadsPromptsInAllTheirForms) {
  EXPECT_EQ(scan(R"({"model":"m","prompt":"abc"})", Endpoint::completions).content_bytes, 3u);
  EXPECT_EQ(scan(R"({"model":"m","input":["abc","de"]})", Endpoint::embeddings).content_bytes, 5u);
  EXPECT_EQ(scan(R"({"model":"m","prompt":[1,2,3]})", Endpoint::completions).content_tokens, 3);
  EXPECT_EQ(scan(R"({"model":"m","input":[[1,2],[3]]})", Endpoint::embeddings).content_tokens, 3);
  const auto s = scan(R"({"model":"m","instructions":"12","input":[{"role":"user","content":[{"type":"input_text",
    "text":"345"},{"type":"input_image","image_url":"data:x"}]},{"type":"function_call_output","output":"6"}],
    "max_output_tokens":9,"safety_identifier":"s"})",
                      Endpoint::responses);
  EXPECT_EQ(s.content_bytes, 6u);
  EXPECT_TRUE(s.has_images);
  EXPECT_EQ(s.max_tokens, 9);
  EXPECT_EQ(s.user, "s");
  EXPECT_EQ(estimated_prompt_tokens(s), 2);
}

TEST(Request, TheNewestNameOfTheTokenLimitCounts) {
  EXPECT_EQ(scan(R"({"model":"m","max_completion_tokens":7,"max_tokens":5})").max_tokens, 7);
  EXPECT_EQ(scan(R"({"model":"m","max_tokens":5,"max_completion_tokens":null})").max_tokens, 5);
  EXPECT_EQ(scan(R"({"model":"m","max_tokens":-1})").max_tokens, std::nullopt);
  EXPECT_EQ(scan(R"({"model":"m"})").max_tokens, std::nullopt);
}

TEST(Request, WithoutAModelItSaysWhereTheNamesAre) {
  for (const char* body : {"{}", R"({"model":null})", R"({"model":""})"}) {
    const auto error = refused(body);
    EXPECT_EQ(error.code, ErrorCode::missing_model);
    EXPECT_EQ(error.param, "model");
    EXPECT_EQ(sentence(error), "`model` is missing. Name one of the models that GET /v1/models lists.");
  }
  EXPECT_EQ(scan("{}", Endpoint::other).model, "");
}

TEST(Request, RefusesMistypedFieldsByName) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"model":1})", "model"},
      {R"({"model":"m","stream":"yes"})", "stream"},
      {R"({"model":"m","max_tokens":1.5})", "max_tokens"},
      {R"({"model":"m","max_tokens":-2})", "max_tokens"},
      {R"({"model":"m","max_completion_tokens":"5"})", "max_completion_tokens"},
      {R"({"model":"m","n":0})", "n"},
      {R"({"model":"m","n":99999999999999999999})", "n"},
      {R"({"model":"m","user":7})", "user"},
      {R"({"model":"m","messages":"hi"})", "messages"},
      {R"({"model":"m","messages":["hi"]})", "messages"},
      {R"({"model":"m","stream_options":true})", "stream_options"},
      {R"({"model":"m","stream_options":{"include_usage":1}})", "stream_options.include_usage"},
  };
  for (const auto& [body, param] : cases) {
    const auto error = refused(body);
    EXPECT_EQ(error.code, ErrorCode::invalid_request) << body;
    EXPECT_EQ(error.param, param) << body;
    EXPECT_NE(sentence(error).find(std::string("`") + param + "` must"), std::string::npos) << sentence(error);
  }
}

TEST(Request, RefusesAFieldThatIsThereTwiceAtTheTopAndInAMessage) {
  EXPECT_EQ(refused(R"({"model":"cheap","model":"dear"})").code, ErrorCode::invalid_request);
  EXPECT_EQ(refused(R"({"model":"m","messages":[{"content":"a","content":"b"}]})").code, ErrorCode::invalid_request);
}

TEST(Request, RefusesWhatIsNoJsonObject) {
  for (const char* body :
       {"", "[]", "hello", R"({"model":"m"}x)", R"({"model":"m")", "{\"model\":\"m\",\"x\":\"\xff\"}"}) {
    EXPECT_EQ(refused(body).code, ErrorCode::invalid_json) << body;
  }
}

TEST(Request, AnErrorAheadOfBrokenJsonIsStillAboutTheJson) {
  EXPECT_EQ(refused(R"({"n":0,"model":"m",})").code, ErrorCode::invalid_json);
}

TEST(UpstreamBody, IsTheClientsOwnBytesWhenThereIsNothingToChange) {
  const std::string body = "{ \"model\" : \"m\",\r\n \"x\": 1.0e0 }";
  json::Splice splice(body);
  const auto pieces = upstream_body(splice, scan(body), "m", true);
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].data(), body.data());
  EXPECT_EQ(sent(body, "", true), body);
}

TEST(UpstreamBody, NamesTheUpstreamsModel) {
  EXPECT_EQ(sent(R"({"x":1, "model" : "m" ,"y":[ ]})", "org/a \"b\"", false),
            R"({"x":1, "model" : "org/a \"b\"" ,"y":[ ]})");
}

TEST(UpstreamBody, AsksForUsageWhereAStreamDoesNot) {
  EXPECT_EQ(sent(R"({"model":"m","stream":true})", "", true),
            R"({"stream_options":{"include_usage":true},"model":"m","stream":true})");
  EXPECT_EQ(sent(R"({"model":"m","stream":true,"stream_options":null})", "", true),
            R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(sent(R"({"model":"m","stream":true,"stream_options":{ }})", "", true),
            R"({"model":"m","stream":true,"stream_options":{"include_usage":true }})");
  EXPECT_EQ(sent(R"({"model":"m","stream":true,"stream_options":{"x":1}})", "", true),
            R"({"model":"m","stream":true,"stream_options":{"include_usage":true,"x":1}})");
  EXPECT_EQ(sent(R"({"model":"m","stream":true,"stream_options":{"include_usage":false}})", "", true),
            R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(sent(R"({"model":"m","stream":true,"stream_options":{"include_usage":null}})", "", true),
            R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})");
}

TEST(UpstreamBody, LeavesUsageAloneWhereTheClientAskedOrNothingStreamsOrTheApiHasNoSuchOption) {
  for (const char* body : {R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})", R"({"model":"m"})",
                           R"({"model":"m","stream":false})"}) {
    EXPECT_EQ(sent(body, "", true), body);
    EXPECT_FALSE(hides_usage(scan(body), true));
  }
  const std::string streamed = R"({"model":"m","stream":true})";
  EXPECT_EQ(sent(streamed, "", false), streamed);
  EXPECT_EQ(sent(streamed, "", true, Endpoint::responses), streamed);
  EXPECT_TRUE(hides_usage(scan(streamed), true));
}

}  // namespace
}  // namespace trine::llm::request_test
