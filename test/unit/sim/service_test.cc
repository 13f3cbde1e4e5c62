#include "sim/service.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/wire.h"
#include "unit/sim/sim_fixture.h"

namespace trine::sim::service_test {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

// A client that keeps everything.
struct Client : Sink {
  std::optional<Reply> whole;
  std::optional<Reply> head;
  std::string stream;
  bool ended = false, dropped = false;

  void reply(Reply r) override { whole = std::move(r); }
  void open(Reply r) override { head = std::move(r); }
  void data(std::string b) override { stream += b; }
  void end() override { ended = true; }
  void drop() override { dropped = true; }

  bool done() const { return whole || ended || dropped; }
  Json json() const { return Json::parse(whole.value().body); }
  std::vector<Json> events() const {  // without [DONE]
    std::vector<Json> out;
    for (size_t at = 0; (at = stream.find("data: ", at)) != std::string::npos;) {
      const size_t end = stream.find("\n\n", at);
      const std::string data = stream.substr(at + 6, end - at - 6);
      if (data != "[DONE]") out.push_back(Json::parse(data));
      at = end;
    }
    return out;
  }
};

struct ServiceTest : testing::Test {
  VirtualClock clock;
  std::unique_ptr<Service> service;

  void SetUp() override { make({}); }
  void make(SimOptions o) {
    if (o.spec.model.empty()) o.spec = small_spec();
    service = Service::create(std::move(o), clock).value();
  }
  ExchangeId begin(Client& c, std::string_view path, const std::string& body, std::string_view method = "POST") {
    return service->start(HttpRequest{method, path, body}, c);
  }
  void run() {
    while (const auto wait = service->until_next()) {
      clock.advance(*wait);
      service->advance();
    }
  }
  Client call(std::string_view path, const Json& body) {
    Client c;
    begin(c, path, body.dump());
    run();
    EXPECT_TRUE(c.done());
    return c;
  }
  Client get(std::string_view path) {
    Client c;
    begin(c, path, "", "GET");
    return c;
  }
};

Json chat(const std::string& text, const Json& more = Json::object()) {
  Json j{{"model", "llama-3-8b"}, {"messages", Json::array({{{"role", "user"}, {"content", text}}})}};
  j.update(more);
  return j;
}

TEST_F(ServiceTest, AnswersAChatWithUsageThatMatchesTheEngineCounters) {
  const Client c = call("/v1/chat/completions", chat("Extract as JSON.\nInvoice: 42\nTotal: 12.50 EUR"));
  const Json j = c.json();
  EXPECT_EQ(c.whole->status, 200);
  EXPECT_EQ(c.whole->headers, (Headers{{"x-trine-simulated", "true"}}));
  EXPECT_EQ(j["object"], "chat.completion");
  EXPECT_EQ(j["system_fingerprint"], "trine-engine-sim (simulated)");
  EXPECT_EQ(j["choices"][0]["finish_reason"], "stop");
  const Json content = Json::parse(j["choices"][0]["message"]["content"].get<std::string>());
  EXPECT_EQ(content, (Json{{"invoice", "42"}, {"total", "12.50 EUR"}}));
  EXPECT_EQ(j["usage"]["prompt_tokens"], service->engine().stats().prompt_tokens);
  EXPECT_EQ(j["usage"]["completion_tokens"], service->engine().stats().generation_tokens);
  EXPECT_EQ(j["usage"]["total_tokens"].get<int>(),
            j["usage"]["prompt_tokens"].get<int>() + j["usage"]["completion_tokens"].get<int>());
}

TEST_F(ServiceTest, TheSameQuestionIsServedFromThePrefixCacheTheSecondTime) {
  const Json q = chat(std::string(2000, 'a'));
  EXPECT_EQ(call("/v1/chat/completions", q).json()["usage"]["prompt_tokens_details"]["cached_tokens"], 0);
  EXPECT_GT(call("/v1/chat/completions", q).json()["usage"]["prompt_tokens_details"]["cached_tokens"], 200);
}

TEST_F(ServiceTest, AStreamHoldsTheSameTextAsTheWholeAnswer) {
  const std::string text =
      call("/v1/chat/completions", chat("What is a heat pump?")).json()["choices"][0]["message"]["content"];
  const Client c = call("/v1/chat/completions", chat("What is a heat pump?", {{"stream", true}}));
  EXPECT_EQ(c.head->content_type, "text/event-stream; charset=utf-8");
  EXPECT_TRUE(c.ended);
  EXPECT_TRUE(c.stream.ends_with("data: [DONE]\n\n"));
  const auto events = c.events();
  EXPECT_EQ(events.front()["choices"][0]["delta"]["role"], "assistant");
  std::string joined;
  for (const Json& e : events) {
    EXPECT_EQ(e["object"], "chat.completion.chunk");
    EXPECT_EQ(e["id"], events.front()["id"]);
    EXPECT_FALSE(e.contains("usage"));
    joined += e["choices"][0]["delta"].value("content", "");
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(events.back()["choices"][0]["finish_reason"], "stop");
}

TEST_F(ServiceTest, TokensOfAStreamComeAsTheEngineMakesThem) {
  Client c;
  begin(c, "/v1/chat/completions", chat("What is a heat pump?", {{"stream", true}, {"max_tokens", 10}}).dump());
  EXPECT_TRUE(c.head) << "the head does not wait for the first token";
  EXPECT_TRUE(c.stream.empty());
  size_t last = 0;
  for (int i = 0; i < 10; ++i) {
    clock.advance(*service->until_next());
    service->advance();
    EXPECT_GT(c.stream.size(), last);
    last = c.stream.size();
  }
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(c.events().back()["choices"][0]["finish_reason"], "length");
}

TEST_F(ServiceTest, IncludeUsageGivesNullUntilTheLastChunkAndContinuousGivesEach) {
  const Client once =
      call("/v1/chat/completions",
           chat("Hi", {{"stream", true}, {"max_tokens", 5}, {"stream_options", {{"include_usage", true}}}}));
  auto events = once.events();
  const Json last = events.back();
  EXPECT_TRUE(last["choices"].empty());
  EXPECT_EQ(last["usage"]["completion_tokens"], 5);
  events.pop_back();
  for (const Json& e : events) EXPECT_TRUE(e.at("usage").is_null());

  const Client each =
      call("/v1/chat/completions",
           chat("Hi", {{"stream", true},
                       {"max_tokens", 5},
                       {"stream_options", {{"include_usage", true}, {"continuous_usage_stats", true}}}}));
  const auto counted = each.events();
  EXPECT_EQ(counted[0].at("usage")["completion_tokens"], 0);
  EXPECT_EQ(counted[3].at("usage")["completion_tokens"], 3);
}

TEST_F(ServiceTest, AForcedToolIsCalledWithArgumentsFromTheText) {
  const Json tools = Json::parse(R"([{"type":"function","function":{"name":"book","parameters":
      {"type":"object","properties":{"city":{"type":"string"},"nights":{"type":"integer"}}}}}])");
  const Json q = chat("City: Lyon\nNights: 3", {{"tools", tools}, {"tool_choice", "required"}});
  const Json j = call("/v1/chat/completions", q).json();
  EXPECT_EQ(j["choices"][0]["finish_reason"], "tool_calls");
  EXPECT_TRUE(j["choices"][0]["message"]["content"].is_null());
  const Json fn = j["choices"][0]["message"]["tool_calls"][0]["function"];
  EXPECT_EQ(fn["name"], "book");
  EXPECT_EQ(Json::parse(fn["arguments"].get<std::string>()), (Json{{"city", "Lyon"}, {"nights", 3}}));

  Json streamed = q;
  streamed["stream"] = true;
  std::string arguments;
  for (const Json& e : call("/v1/chat/completions", streamed).events()) {
    const Json& delta = e["choices"][0]["delta"];
    if (delta.contains("tool_calls")) arguments += delta["tool_calls"][0]["function"]["arguments"].get<std::string>();
  }
  EXPECT_EQ(arguments, fn["arguments"]);
}

TEST_F(ServiceTest, CompletionsStopAtSixteenTokensUnlessToldOtherwise) {
  const Json j = call("/v1/completions", {{"model", "llama-3-8b"}, {"prompt", "Once upon a time"}}).json();
  EXPECT_EQ(j["object"], "text_completion");
  EXPECT_EQ(j["usage"]["completion_tokens"], 16);
  EXPECT_EQ(j["choices"][0]["finish_reason"], "length");
  const Client s = call("/v1/completions", {{"model", "llama-3-8b"}, {"prompt", "Once upon a time"}, {"stream", true}});
  std::string text;
  for (const Json& e : s.events()) text += e["choices"][0]["text"].get<std::string>();
  EXPECT_EQ(text, j["choices"][0]["text"]);
}

TEST_F(ServiceTest, IgnoreEosGivesExactlyMaxTokens) {
  const Json j = call("/v1/chat/completions", chat("Hi", {{"ignore_eos", true}, {"max_tokens", 1000}})).json();
  EXPECT_EQ(j["usage"]["completion_tokens"], 1000);
}

TEST_F(ServiceTest, EmbedsOneOrManyTextsAsFloatsOrBase64) {
  const Json j =
      call("/v1/embeddings", {{"model", "llama-3-8b"}, {"input", {"one text", "two"}}, {"dimensions", 8}}).json();
  ASSERT_EQ(j["data"].size(), 2u);
  EXPECT_EQ(j["data"][1]["index"], 1);
  EXPECT_EQ(j["data"][0]["embedding"].size(), 8u);
  EXPECT_EQ(j["usage"]["prompt_tokens"], service->engine().stats().prompt_tokens);
  EXPECT_EQ(j["usage"]["completion_tokens"], 0);
  const Json b =
      call("/v1/embeddings",
           {{"model", "llama-3-8b"}, {"input", "one text"}, {"dimensions", 8}, {"encoding_format", "base64"}})
          .json();
  EXPECT_EQ(b["data"][0]["embedding"].get<std::string>().size(), 44u);  // 32 bytes
}

TEST_F(ServiceTest, ResponsesAnswersWholeAndAsNumberedEvents) {
  const Json q{{"model", "llama-3-8b"}, {"input", "What is a heat pump?"}, {"instructions", "Be brief."}};
  const Json j = call("/v1/responses", q).json();
  EXPECT_EQ(j["object"], "response");
  EXPECT_EQ(j["status"], "completed");
  const std::string text = j["output"][0]["content"][0]["text"];
  EXPECT_GT(j["usage"]["output_tokens"], 0);
  Json streamed = q;
  streamed["stream"] = true;
  const auto events = call("/v1/responses", streamed).events();
  std::string joined;
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i]["sequence_number"], i);
    if (events[i]["type"] == "response.output_text.delta") joined += events[i]["delta"].get<std::string>();
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(events.back()["type"], "response.completed");
  EXPECT_EQ(events.back()["response"]["usage"]["output_tokens"], j["usage"]["output_tokens"]);
}

TEST_F(ServiceTest, AClientThatLeavesStopsItsSequence) {
  Client c;
  const auto id = begin(c, "/v1/chat/completions",
                        chat("Hi", {{"stream", true}, {"ignore_eos", true}, {"max_tokens", 4000}}).dump());
  for (int i = 0; i < 20; ++i) clock.advance(*service->until_next()), service->advance();
  service->cancel(id);
  const size_t bytes = c.stream.size();
  run();
  EXPECT_EQ(c.stream.size(), bytes);
  EXPECT_EQ(service->engine().stats().finished_cancelled, 1u);
  EXPECT_LE(service->engine().stats().generation_tokens, 22);
}

struct BadCase {
  const char* body;
  int status;
  const char* says;
};

TEST_F(ServiceTest, BadRequestsAreRefusedInTheShapeOfVllm) {
  const std::string deep =
      R"({"model":"llama-3-8b","messages":)" + std::string(5000, '[') + std::string(5000, ']') + "}";
  const BadCase cases[] = {
      {"{", 400, "not valid JSON"},
      {"[1]", 400, "must be a JSON object"},
      {deep.c_str(), 400, "nested deeper"},
      {R"({"model":"gpt-4o","messages":[{"role":"user","content":"x"}]})", 404, "The model `gpt-4o` does not exist."},
      {R"({"model":7,"messages":[]})", 400, "model must be a string"},
      {R"({"model":"llama-3-8b"})", 400, "messages is required"},
      {R"({"model":"llama-3-8b","messages":[]})", 400, "non-empty array"},
      {R"({"model":"llama-3-8b","messages":[{"content":"x"}]})", 400, "needs a role"},
      {R"({"model":"llama-3-8b","messages":[{"role":"user","content":[{"type":"image_url"}]}]})", 400, "multimodal"},
      {R"({"model":"llama-3-8b","messages":[{"role":"user","content":"x"}],"max_tokens":0})", 400, "at least 1, got 0"},
      {R"({"model":"llama-3-8b","messages":[{"role":"user","content":"x"}],"n":2})", 400, "n must be 1"},
      {R"({"model":"llama-3-8b","messages":[{"role":"user","content":"x"}],"max_tokens":9000})", 400,
       "maximum context length is 8192 tokens"},
      {R"({"model":"llama-3-8b","messages":[{"role":"user","content":"x"}],"max_tokens":9223372036854775807})", 400,
       "maximum context length is 8192 tokens"},
      {R"({"model":"llama-3-8b","messages":[{"role":"user","content":"x"}],"stream_options":{}})", 400,
       "Stream options"},
      {R"({"model":"llama-3-8b","messages":[{"role":"user","content":"x"}],"stream":"yes"})", 400,
       "stream must be a boolean"},
  };
  for (const BadCase& bad : cases) {
    Client c;
    EXPECT_EQ(begin(c, "/v1/chat/completions", bad.body), 0u);
    ASSERT_TRUE(c.whole) << bad.body;
    EXPECT_EQ(c.whole->status, bad.status) << bad.body;
    const Json e = c.json()["error"];
    EXPECT_EQ(e["code"], bad.status);
    EXPECT_NE(e["message"].get<std::string>().find(bad.says), std::string::npos) << e["message"];
  }
  EXPECT_EQ(service->engine().active_energy(), Energy()) << "a refused request costs nothing";
}

TEST_F(ServiceTest, APromptThatDoesNotFitIsRefusedWithItsCount) {
  std::string text;
  for (int i = 0; i < 9000; ++i) text += " word";
  Client c;
  begin(c, "/v1/chat/completions", chat(text).dump());
  EXPECT_EQ(c.whole->status, 400);
  EXPECT_NE(c.whole->body.find("your request has 9010 input tokens"), std::string::npos) << c.whole->body;
}

TEST_F(ServiceTest, ServesModelsHealthVersionAndKnowsNoOtherPath) {
  const Json models = get("/v1/models").json();
  EXPECT_EQ(models["data"][0]["id"], "llama-3-8b");
  EXPECT_EQ(models["data"][0]["max_model_len"], 8192);
  EXPECT_EQ(get("/health").whole->status, 200);
  EXPECT_NE(get("/version").whole->body.find("simulated"), std::string::npos);
  EXPECT_EQ(get("/nowhere").whole->status, 404);
  EXPECT_EQ(get("/v1/chat/completions").whole->status, 405);
}

double sample(const std::string& page, const std::string& series) {
  const size_t at = page.find("\n" + series + "{");
  if (at == std::string::npos) return -1;
  const size_t value = page.find("} ", at) + 2;
  return std::stod(page.substr(value, page.find('\n', value) - value));
}

TEST_F(ServiceTest, MetricsHaveTheNamesOfVllmAndDcgmAndTheEnergyAddsUp) {
  const Json usage = call("/v1/chat/completions", chat("What is a heat pump?")).json()["usage"];
  clock.advance(3s);
  const Client c = get("/metrics");
  const std::string& page = c.whole->body;
  EXPECT_EQ(sample(page, "vllm:prompt_tokens_total"), usage["prompt_tokens"]);
  EXPECT_EQ(sample(page, "vllm:generation_tokens_total"), usage["completion_tokens"]);
  EXPECT_EQ(sample(page, "vllm:num_requests_running"), 0);
  EXPECT_EQ(sample(page, "vllm:kv_cache_usage_perc"), 0);
  EXPECT_EQ(sample(page, "vllm:time_to_first_token_seconds_count"), 1);
  EXPECT_NE(page.find("le=\"+Inf\"} 1\n"), std::string::npos);
  EXPECT_NE(page.find("modelName=\"NVIDIA H100 80GB HBM3 (simulated)\""), std::string::npos);
  EXPECT_EQ(sample(page, "DCGM_FI_DEV_POWER_USAGE"), 70);
  const auto& e = service->engine();
  EXPECT_EQ(sample(page, "trine_sim_energy_microjoules_total"), static_cast<double>(e.total_energy().raw()));
  EXPECT_EQ(sample(page, "trine_sim_energy_microjoules_total"),
            sample(page, "trine_sim_idle_energy_microjoules_total") +
                sample(page, "trine_sim_active_energy_microjoules_total"));
  EXPECT_EQ(sample(page, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"), static_cast<double>(e.total_energy().raw() / 1000));
  EXPECT_EQ(to_joules(e.active_energy()),
            to_joules(Energy::raw(29'000 * usage["prompt_tokens"].get<int64_t>() +
                                  3'229'500 * usage["completion_tokens"].get<int64_t>())));
}

TEST_F(ServiceTest, TheNextCallsFailAsAskedThenTheEngineIsWellAgain) {
  Client f;
  begin(f, "/sim/fault", R"({"status":429,"count":2,"fail_after":1})");
  EXPECT_EQ(f.whole->status, 200);
  const Json q = chat("Hi", {{"max_tokens", 2}});
  std::vector<int> statuses;
  for (int i = 0; i < 4; ++i) statuses.push_back(call("/v1/chat/completions", q).whole->status);
  EXPECT_EQ(statuses, (std::vector<int>{200, 429, 429, 200}));
}

TEST_F(ServiceTest, FailAfterAloneMeansStatus500UntilCleared) {
  Client f, d;
  begin(f, "/sim/fault", R"({"fail_after":1})");
  const Json q = chat("Hi", {{"max_tokens", 2}});
  EXPECT_EQ(call("/v1/chat/completions", q).whole->status, 200);
  EXPECT_EQ(call("/v1/chat/completions", q).whole->status, 500);
  EXPECT_EQ(get("/health").whole->status, 200) << "only model calls fail";
  begin(d, "/sim/fault", "", "DELETE");
  EXPECT_EQ(call("/v1/chat/completions", q).whole->status, 200);
}

TEST_F(ServiceTest, DiesInTheMiddleOfAStreamAndStopsTheSequence) {
  Client f;
  begin(f, "/sim/fault", R"({"die_after_tokens":3,"count":2})");
  const Client s = call("/v1/chat/completions", chat("What is a heat pump?", {{"stream", true}}));
  EXPECT_TRUE(s.dropped);
  EXPECT_FALSE(s.ended);
  EXPECT_EQ(s.events().size(), 4u);  // the role and three tokens
  const Client w = call("/v1/chat/completions", chat("What is a heat pump?"));
  EXPECT_TRUE(w.dropped);
  EXPECT_FALSE(w.whole);
  EXPECT_EQ(service->engine().stats().finished_cancelled, 2u);
  EXPECT_TRUE(call("/v1/chat/completions", chat("What is a heat pump?")).whole);
}

TEST_F(ServiceTest, ADelayHoldsTheHeadBackAndACancelledOneNeverStarts) {
  Client f;
  begin(f, "/sim/fault", R"({"delay_ms":2000})");
  Client a, b;
  begin(a, "/v1/chat/completions", chat("Hi", {{"stream", true}, {"max_tokens", 2}}).dump());
  const auto id = begin(b, "/v1/chat/completions", chat("Hi", {{"stream", true}}).dump());
  EXPECT_EQ(service->until_next(), Nanos(2s));
  clock.advance(1999ms);
  service->advance();
  EXPECT_FALSE(a.head);
  service->cancel(id);
  clock.advance(1ms);
  service->advance();
  EXPECT_TRUE(a.head);
  run();
  EXPECT_TRUE(a.ended);
  EXPECT_FALSE(b.head);
}

TEST_F(ServiceTest, UnknownOrAbsurdFaultsAreRefused) {
  for (const char* body :
       {"", "[]", R"({"stauts":500})", R"({"status":200})", R"({"delay_ms":-1})", R"({"count":"x"})"}) {
    Client c;
    begin(c, "/sim/fault", body);
    EXPECT_EQ(c.whole->status, 400) << body;
  }
}

TEST_F(ServiceTest, TimeScaleShortensTheWaitNotTheEnergy) {
  const auto run_at = [&](double scale) {
    SimOptions o;
    o.time_scale = scale;
    make(std::move(o));
    const Mono before = clock.mono();
    call("/v1/chat/completions", chat("Hi", {{"ignore_eos", true}, {"max_tokens", 500}}));
    return std::pair(clock.mono() - before, service->engine().active_energy());
  };
  const auto [slow, energy] = run_at(1);
  const auto [fast, same] = run_at(100);
  EXPECT_NEAR(seconds(fast) * 100, seconds(slow), 0.001);
  EXPECT_EQ(energy, same);
}

TEST(Service, RefusesASpecOrScaleOutOfRange) {
  VirtualClock clock;
  SimOptions o;
  EXPECT_FALSE(Service::create(o, clock));
  o.spec = small_spec();
  o.time_scale = 0;
  EXPECT_FALSE(Service::create(o, clock));
}

}  // namespace
}  // namespace trine::sim::service_test
