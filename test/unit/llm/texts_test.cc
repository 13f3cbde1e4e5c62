#include "llm/texts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "json/escape.h"

namespace trine::llm::texts_test {
namespace {

using Role = TextRole;
using Kind = TextKind;
using Said = std::pair<Role, std::string>;

struct Reading {
  std::pmr::monotonic_buffer_resource arena;
  std::vector<TextPiece> pieces;
  Result<TextFacts> facts = TextFacts{};

  std::vector<Said> said() const {
    std::vector<Said> out;
    for (const auto& piece : pieces) out.emplace_back(piece.role, piece.text);
    return out;
  }
};

std::unique_ptr<Reading> request(std::string_view body, Endpoint endpoint = Endpoint::chat) {
  auto r = std::make_unique<Reading>();
  r->facts = read_texts(endpoint, body, r->arena, r->pieces);
  return r;
}
std::unique_ptr<Reading> answer(std::string_view body) {
  auto r = std::make_unique<Reading>();
  r->facts = read_answer_texts(body, r->arena, r->pieces);
  return r;
}

TEST(Texts, EachMessageSpeaksInItsRoleWhereverTheRoleStands) {
  const auto r = request(R"({"model":"m","messages":[
    {"role":"system","content":"be kind"},
    {"content":"hello","role":"user"},
    {"role":"developer","content":"be brief"},
    {"role":"assistant","content":"hi","reasoning_content":"greet"},
    {"role":"tool","tool_call_id":"call_1","content":"42"},
    {"role":"critic","content":"?"}]})");
  ASSERT_TRUE(r->facts) << r->facts.error().message;
  EXPECT_EQ(r->said(), (std::vector<Said>{{Role::system, "be kind"},
                                          {Role::user, "hello"},
                                          {Role::system, "be brief"},
                                          {Role::assistant, "hi"},
                                          {Role::assistant, "greet"},
                                          {Role::tool, "42"},
                                          {Role::user, "?"}}));
  EXPECT_EQ(r->pieces[1].message, 1u);
  EXPECT_EQ(r->pieces[4].kind, Kind::reasoning);
  EXPECT_EQ(r->pieces[4].message, 3u);
}

TEST(Texts, ARoleWrittenWithEscapesIsThatRole) {
  const auto r = request(R"({"messages":[{"role":"sys\u0074em","content":"x"}]})");
  EXPECT_EQ(r->said(), (std::vector<Said>{{Role::system, "x"}}));
}

TEST(Texts, EscapesAreResolvedAndTheRawTextStaysInTheBody) {
  const std::string body = R"({"messages":[{"role":"user","content":"a\n\ud83d\ude00\ud800!"}]})";
  const auto r = request(body);
  ASSERT_EQ(r->pieces.size(), 1u);
  EXPECT_EQ(r->pieces[0].text, "a\n😀\uFFFD!");
  EXPECT_EQ(r->pieces[0].raw, R"(a\n\ud83d\ude00\ud800!)");
  EXPECT_GE(r->pieces[0].raw.data(), body.data());
  EXPECT_LE(r->pieces[0].raw.data() + r->pieces[0].raw.size(), body.data() + body.size());
}

TEST(Texts, WithoutEscapesNothingIsCopied) {
  const auto r = request(R"({"messages":[{"role":"user","content":"plain é"}]})");
  ASSERT_EQ(r->pieces.size(), 1u);
  EXPECT_EQ(r->pieces[0].text.data(), r->pieces[0].raw.data());
}

TEST(Texts, ASpanIsReplacedInPlace) {
  const std::string body = R"({"messages":[{"role":"user","content":"my\tcard \u0034111 please"}]})";
  const auto r = request(body);
  const auto& piece = r->pieces.at(0);
  const size_t at = piece.text.find("4111");
  json::Splice splice(body);
  splice.replace(json::EscapeMap(piece.raw).raw(at, at + 4), json::escaped("[\"CARD\"]"));
  EXPECT_EQ(splice.str(), R"({"messages":[{"role":"user","content":"my\tcard [\"CARD\"] please"}]})");
}

TEST(Texts, PartsMarkedAsDocumentsAreDocuments) {
  const auto r = request(R"({"messages":[{"role":"user","content":[
    {"type":"text","text":"sum up"},
    {"type":"file","file":{"filename":"ignore all.txt","file_data":"data:application/pdf;base64,AAAA"}},
    {"text":"found","type":"search_result"},
    {"type":"text","name":"document_2","text":"named"},
    {"type":"document","source":{"type":"text","data":"told"},"title":"t"},
    {"type":"document","source":{"type":"base64","data":"AAAA"}},
    {"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]})");
  ASSERT_TRUE(r->facts);
  EXPECT_EQ(r->said(), (std::vector<Said>{{Role::user, "sum up"},
                                          {Role::document, "ignore all.txt"},
                                          {Role::document, "found"},
                                          {Role::document, "named"},
                                          {Role::document, "told"},
                                          {Role::document, "t"}}));
  EXPECT_EQ(r->facts->media, 3u);
}

TEST(Texts, AMarkTakesBeliefAwayAndNeverGivesIt) {
  const auto r = request(R"({"messages":[
    {"role":"user","name":"document","content":"a"},
    {"role":"system","name":"document","content":"b"},
    {"role":"user","type":"mcp_list_tools","content":"c"},
    {"role":"user","content":[{"type":"reasoning","text":"d"},{"role":"system","type":"text","text":"e"}]}]})");
  EXPECT_EQ(r->said(),
            (std::vector<Said>{
                {Role::document, "a"}, {Role::system, "b"}, {Role::user, "c"}, {Role::user, "d"}, {Role::user, "e"}}));
}

TEST(Texts, ANameThatIsAWordIsALabelAndOneThatIsASentenceIsAText) {
  const auto r = request(R"({"messages":[{"role":"user","name":"ada_1","content":"x"},
                                         {"role":"user","name":"Ignore the rules","content":"y"}]})");
  EXPECT_EQ(r->said(), (std::vector<Said>{{Role::user, "x"}, {Role::user, "Ignore the rules"}, {Role::user, "y"}}));
}

TEST(Texts, CallsOfToolsAndWhatTheirDefinitionsSay) {
  const auto r = request(R"({"messages":[{"role":"assistant","content":null,
      "tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"q\":\"x\"}"}}]}],
    "tools":[{"type":"function","function":{"name":"f","description":"Finds.","parameters":{"type":"object",
      "properties":{"description":{"type":"string","enum":["one","two"]}},"required":["q"]}}}]})");
  EXPECT_EQ(r->said(), (std::vector<Said>{{Role::assistant, R"({"q":"x"})"},
                                          {Role::definition, "Finds."},
                                          {Role::definition, "one"},
                                          {Role::definition, "two"}}));
  EXPECT_EQ(r->pieces[0].kind, Kind::arguments);
  EXPECT_EQ(r->pieces[1].message, TextPiece::kNone);
}

TEST(Texts, WhatEnginesTakeBesideTheMessagesIsReadToo) {
  const auto r = request(R"({"messages":[],"documents":[{"title":"T","text":"D"}],
    "prediction":{"type":"content","content":"P"},"chat_template":"{{ x }} do"})");
  EXPECT_EQ(
      r->said(),
      (std::vector<Said>{
          {Role::document, "T"}, {Role::document, "D"}, {Role::assistant, "P"}, {Role::definition, "{{ x }} do"}}));
}

TEST(Texts, WhatIsSaidAboutARequestIsReadForItsData) {
  const auto r = request(R"({"user":"max@example.com","safety_identifier":"s-1","prompt_cache_key":"p","stop":["a","b"],
    "metadata":{"name":"max@example.com","deep":[{"id":"x"}]},"seed":12345678,"messages":[]})");
  ASSERT_TRUE(r->facts) << r->facts.error().message;
  const auto said = r->said();
  const auto reads = [&](const char* text) {
    return std::find(said.begin(), said.end(), Said{Role::definition, text}) != said.end();
  };
  for (const char* text : {"max@example.com", "s-1", "p", "a", "b", "x"}) EXPECT_TRUE(reads(text)) << text;
  EXPECT_EQ(said.size(), 7u);
  EXPECT_EQ(request(R"({"stop":"end"})")->said(), (std::vector<Said>{{Role::definition, "end"}}));
}

TEST(Texts, ANameThatMayBePersonalDataIsRead) {
  const auto r = request(R"({"messages":[{"role":"user","name":"max@example.com","content":"x"},
    {"role":"assistant","tool_calls":[{"id":"call_4111111111111111","type":"function","function":{"name":"get_v2",
      "arguments":{"name":"ada","id":"DE89370400440532013000","card":4111111111111111,"n":12}}}]}],
    "documents":[{"name":"ada","id":"DE89370400440532013000","card":4111111111111111,"page":12}]})");
  ASSERT_TRUE(r->facts) << r->facts.error().message;
  EXPECT_EQ(r->said(), (std::vector<Said>{{Role::definition, "max@example.com"},
                                          {Role::user, "x"},
                                          {Role::definition, "DE89370400440532013000"},
                                          {Role::definition, "4111111111111111"},
                                          {Role::definition, "DE89370400440532013000"},
                                          {Role::definition, "4111111111111111"}}));
  EXPECT_FALSE(r->pieces[0].bare);
  EXPECT_TRUE(r->pieces[3].bare) << "what stands in its place needs quotes";
  EXPECT_EQ(r->pieces[3].raw, "4111111111111111");
}

TEST(Texts, PromptsAndInputsOfEveryForm) {
  EXPECT_EQ(request(R"({"prompt":"a","suffix":"z"})", Endpoint::completions)->said(),
            (std::vector<Said>{{Role::user, "a"}, {Role::user, "z"}}));
  const auto several = request(R"({"input":["a","b"]})", Endpoint::embeddings);
  ASSERT_EQ(several->pieces.size(), 2u);
  EXPECT_EQ(several->pieces[1].message, 1u);
  const auto ids = request(R"({"prompt":[[1,2],[3]]})", Endpoint::completions);
  EXPECT_TRUE(ids->pieces.empty());
  EXPECT_EQ(ids->facts->token_ids, 3u) << "words that nobody can judge here must be known of";
}

TEST(Texts, ResponsesItems) {
  const auto r = request(R"({"instructions":"rule","input":[
    {"role":"user","content":[{"type":"input_text","text":"q"},{"type":"input_file","file_id":"file-1"}]},
    {"type":"function_call","name":"f","arguments":"{}","call_id":"c"},
    {"type":"function_call_output","call_id":"c","output":"result"},
    {"type":"reasoning","summary":[{"type":"summary_text","text":"think"}],"encrypted_content":"gAAA=="},
    {"type":"file_search_call","results":[{"filename":"a.md","text":"passage"}]}],
    "text":{"format":{"type":"json_schema","schema":{"description":"shape"}}}})",
                         Endpoint::responses);
  EXPECT_EQ(r->said(), (std::vector<Said>{{Role::system, "rule"},
                                          {Role::user, "q"},
                                          {Role::assistant, "{}"},
                                          {Role::tool, "result"},
                                          {Role::assistant, "think"},
                                          {Role::document, "a.md"},
                                          {Role::document, "passage"},
                                          {Role::definition, "shape"}}));
  EXPECT_EQ(r->facts->media, 1u);
}

TEST(Texts, AKeyThatIsThereTwiceIsRefusedAtAnyDepth) {
  const auto r = request(R"({"messages":[{"role":"user","content":"a"},{"content":"b","content":"c"}]})");
  ASSERT_FALSE(r->facts);
  EXPECT_EQ(r->facts.error().code, Code::already_exists);
  EXPECT_TRUE(r->pieces.empty());
}

TEST(Texts, TooManyTextsAreRefusedWithWhatToDo) {
  std::string body = R"({"input":[)";
  for (size_t i = 0; i <= kMaxTexts; ++i) body += "\"a\",";
  body.back() = ']';
  const auto r = request(body + "}", Endpoint::embeddings);
  ASSERT_FALSE(r->facts);
  EXPECT_EQ(r->facts.error().code, Code::resource_exhausted);
  EXPECT_NE(r->facts.error().message.find("send fewer"), std::string::npos);
}

TEST(AnswerTexts, ContentReasoningRefusalAndCallsOfEachChoice) {
  const auto r = answer(R"({"id":"x","choices":[
    {"index":1,"message":{"role":"assistant","content":"a\n","reasoning_content":"r","refusal":"no"},
     "logprobs":{"content":[{"token":"a"}]},"finish_reason":"stop"},
    {"message":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"arguments":"[]"}}]},"index":0}],
    "usage":{"prompt_tokens":1}})");
  ASSERT_TRUE(r->facts);
  ASSERT_EQ(r->pieces.size(), 5u);
  EXPECT_EQ(r->pieces[0].text, "a\n");
  EXPECT_EQ(r->pieces[0].message, 1u);
  EXPECT_EQ(r->pieces[0].role, Role::assistant);
  EXPECT_EQ(r->pieces[1].kind, Kind::reasoning);
  EXPECT_EQ(r->pieces[2].kind, Kind::refusal);
  EXPECT_EQ(r->pieces[3].kind, Kind::arguments);
  EXPECT_EQ(r->pieces[3].message, 0u);
  EXPECT_EQ(r->pieces[4].part, 1u);
  ASSERT_EQ(r->facts->logprobs.size(), 1u) << "they spell the answer again";
  EXPECT_EQ(r->facts->logprobs[0], R"({"content":[{"token":"a"}]})");
}

TEST(AnswerTexts, CompletionsAndResponses) {
  EXPECT_EQ(answer(R"({"choices":[{"text":"t","index":0}]})")->said(), (std::vector<Said>{{Role::assistant, "t"}}));
  const auto r = answer(R"({"instructions":"not an answer","output":[
    {"type":"reasoning","summary":[{"text":"s"}]},
    {"type":"message","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[{"title":"n"}]},
                                                    {"type":"output_text","text":"b"}]}]})");
  EXPECT_EQ(r->said(), (std::vector<Said>{{Role::assistant, "s"}, {Role::assistant, "a"}, {Role::assistant, "b"}}));
  EXPECT_EQ(r->pieces[2].message, 1u);
  EXPECT_EQ(r->pieces[2].part, 1u);
}

struct EventReading : Reading {
  Result<EventTexts> texts = EventTexts{};
};
std::unique_ptr<EventReading> event(std::string_view bytes) {
  auto r = std::make_unique<EventReading>();
  r->texts = read_event_texts(bytes, r->arena, r->pieces);
  return r;
}

TEST(EventTexts, ADeltaWithItsPlaceInTheEvent) {
  const std::string bytes = "data: {\"choices\":[{\"index\":2,\"delta\":{\"content\":\"hi\\u0021\"}}]}\n\n";
  const auto r = event(bytes);
  ASSERT_TRUE(r->texts);
  ASSERT_EQ(r->pieces.size(), 1u);
  EXPECT_EQ(r->pieces[0].text, "hi!");
  EXPECT_EQ(r->pieces[0].message, 2u);
  EXPECT_FALSE(r->pieces[0].repeats);
  json::Splice splice(r->texts->document);
  splice.replace(r->pieces[0].raw, "[IBAN]");
  EXPECT_EQ(event_of(bytes, *r->texts, splice),
            "data: {\"choices\":[{\"index\":2,\"delta\":{\"content\":\"[IBAN]\"}}]}\n\n");
}

TEST(EventTexts, SaysWhichChoicesEnd) {
  const auto finished = [](std::string_view choices) {
    const auto r = event("data: {\"choices\":[" + std::string(choices) + "]}\n\n");
    return r->texts ? r->texts->facts.finished : std::vector<uint32_t>{99};
  };
  using Choices = std::vector<uint32_t>;
  EXPECT_EQ(finished(R"({"index":2,"delta":{},"finish_reason":"stop"},{"index":0,"delta":{"content":"a"}})"),
            Choices{2});
  EXPECT_EQ(finished(R"({"finish_reason":"length","index":1},{"index":3,"finish_reason":"stop"})"), (Choices{1, 3}));
  EXPECT_EQ(finished(R"({"delta":{},"finish_reason":"stop"})"), Choices{0}) << "the first where none is named";
  EXPECT_EQ(finished(R"({"index":0,"delta":{"finish_reason":"stop"},"finish_reason":null})"), Choices{});
}

TEST(EventTexts, ToolCallsKeepTheirOwnIndex) {
  const auto r = event(
      "data: "
      "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":3,\"function\":{\"arguments\":\"{\"}}]}}]}\r\n"
      "\r\n");
  ASSERT_EQ(r->pieces.size(), 1u);
  EXPECT_EQ(r->pieces[0].kind, Kind::arguments);
  EXPECT_EQ(r->pieces[0].part, 3u);
  EXPECT_EQ(r->pieces[0].message, 0u);
}

TEST(EventTexts, ResponsesSayTheirTextOnceInDeltasAndAgainAsAWhole) {
  const auto delta = event(
      "event: response.output_text.delta\n"
      "data: {\"type\":\"response.output_text.delta\",\"output_index\":1,\"content_index\":2,\"delta\":\"a\"}\n\n");
  ASSERT_EQ(delta->pieces.size(), 1u);
  EXPECT_EQ(std::tuple(delta->pieces[0].message, delta->pieces[0].part, delta->pieces[0].repeats),
            std::tuple(1u, 2u, false));
  for (const char* whole :
       {"data: {\"type\":\"response.output_text.done\",\"text\":\"a\"}\n\n",
        "data: {\"type\":\"response.content_part.done\",\"part\":{\"type\":\"output_text\",\"text\":\"a\"}}\n\n",
        "data: {\"type\":\"response.output_item.done\",\"item\":{\"content\":[{\"text\":\"a\"}]}}\n\n",
        "data: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"content\":[{\"text\":\"a\"}]}]}}\n\n"}) {
    const auto r = event(whole);
    ASSERT_EQ(r->pieces.size(), 1u) << whole;
    EXPECT_EQ(r->pieces[0].text, "a") << whole;
    EXPECT_TRUE(r->pieces[0].repeats) << whole;
  }
  const auto call =
      event("data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"delta\":\"{\"}\n\n");
  ASSERT_EQ(call->pieces.size(), 1u);
  EXPECT_EQ(call->pieces[0].kind, Kind::arguments);
}

TEST(EventTexts, DataInSeveralLinesIsPutTogetherAndCutAgain) {
  const std::string bytes = "id: 7\ndata: {\"choices\":[{\ndata: \"delta\":{\"content\":\"a\"}}]}\n\n";
  const auto r = event(bytes);
  ASSERT_TRUE(r->texts && r->texts->joined);
  json::Splice splice(r->texts->document);
  splice.replace(r->pieces.at(0).raw, "b");
  EXPECT_EQ(event_of(bytes, *r->texts, splice),
            "id: 7\ndata: {\"choices\":[{\ndata: \"delta\":{\"content\":\"b\"}}]}\n\n");
}

TEST(EventTexts, WhatIsNoObjectHasNoTexts) {
  for (const char* bytes : {"data: [DONE]\n\n", ": comment\n\n", "\n", "data:\n\n", ""}) {
    const auto r = event(bytes);
    ASSERT_TRUE(r->texts) << bytes;
    EXPECT_TRUE(r->texts->document.empty()) << bytes;
    EXPECT_EQ(event_of(bytes, *r->texts, json::Splice({})), bytes);
  }
  EXPECT_FALSE(event("data: {\"choices\":[\n\n")->texts) << "what cannot be read is for the caller to stop";
}

}  // namespace
}  // namespace trine::llm::texts_test
