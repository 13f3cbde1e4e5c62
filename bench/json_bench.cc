// links: json llm
// What the hot path costs per body and per event. Budget: a request body of 32 KiB < 5 us, a content event of 250 bytes
// < 150 ns.
#include <benchmark/benchmark.h>

#include <string>

#include "json/read.h"
#include "llm/event.h"
#include "llm/request.h"
#include "llm/response.h"

namespace {

using namespace trine;

// A document of `size` bytes as a client sends it: lines of prose, so an escaped line end every 80 bytes or so.
std::string chat_body(size_t size) {
  std::string text;
  while (text.size() < size) {
    text += "Die Rechnung ueber 1.240,50 EUR ist bis zum 30. November zahlbar, ohne Abzug.\\n";
  }
  return R"({"model":"mock","messages":[{"role":"system","content":"Extract the fields."},{"role":"user","content":")" +
         text + R"("}],"temperature":0,"max_tokens":256,"stream":true})";
}

const std::string kContent =
    R"(data: {"id":"chatcmpl-4f0d9c3ce1d94a21b3f5","object":"chat.completion.chunk","created":1763890000,)"
    R"("model":"llama-3-8b","choices":[{"index":0,"delta":{"content":" Rechnung"},"logprobs":null,"finish_reason":null,)"
    R"("token_ids":null}],"usage":null})"
    "\n\n";
const std::string kUsage =
    R"(data: {"id":"chatcmpl-4f0d9c3ce1d94a21b3f5","object":"chat.completion.chunk","created":1763890000,)"
    R"("model":"llama-3-8b","choices":[],"usage":{"prompt_tokens":812,"total_tokens":934,"completion_tokens":122,)"
    R"("prompt_tokens_details":{"cached_tokens":640}}})"
    "\n\n";

void read_body(benchmark::State& state) {
  const std::string body = chat_body(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    auto value = json::read(body);
    benchmark::DoNotOptimize(value);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(read_body)->Arg(1024)->Arg(32 * 1024)->Arg(1024 * 1024);

void scan_and_edit_request(benchmark::State& state) {
  const std::string body = chat_body(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    const auto scan = llm::scan_request(llm::Endpoint::chat, body);
    json::Splice splice(body);
    auto pieces = llm::upstream_body(splice, *scan, "meta-llama/Meta-Llama-3-8B-Instruct", true);
    benchmark::DoNotOptimize(pieces);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(scan_and_edit_request)->Arg(1024)->Arg(32 * 1024);

void scan_one_event(benchmark::State& state, const std::string& event) {
  for (auto _ : state) {
    auto facts = llm::scan_event(event);
    benchmark::DoNotOptimize(facts);
  }
  state.SetLabel(std::to_string(event.size()) + " bytes");
}
BENCHMARK_CAPTURE(scan_one_event, content, kContent);
BENCHMARK_CAPTURE(scan_one_event, usage, kUsage);

void put_figures_into_a_response(benchmark::State& state) {
  const std::string body =
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":)"
      R"({"role":"assistant","content":")" +
      std::string(1000, 'x') +
      R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":812,"completion_tokens":122,"total_tokens":934}})";
  for (auto _ : state) {
    const auto scan = llm::scan_response(body);
    auto text = llm::splice_trine(body, *scan, R"({"energy_j":1.25})").str();
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(put_figures_into_a_response);

}  // namespace
