// Writing what vLLM writes: whole answers and server-sent events. Every object carries system_fingerprint
// "trine-engine-sim (simulated)" where the API has that field, and every HTTP answer the header x-trine-simulated.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/api.h"
#include "sim/engine.h"

namespace trine::sim {

inline constexpr std::string_view fingerprint = "trine-engine-sim (simulated)";

// One answer as it grows.
struct Answer {
  const ModelCall* call = nullptr;
  std::string id;       // "chatcmpl-…", "cmpl-…", "resp_…", "embd-…"
  int64_t created = 0;  // Unix seconds
  Tokens prompt = 0;
  Tokens cached = 0;
  Tokens completion = 0;
  std::string text;  // so far; of a forced tool call: its arguments
  Finish finish = Finish::none;
};

std::string id_prefix(Endpoint e);

std::string whole_body(const Answer& a);
std::string embeddings_body(const Answer& a);
// Events before the first token, for one token, and after the last one (with usage and [DONE] where they belong).
std::string stream_open(const Answer& a);
std::string stream_token(const Answer& a, std::string_view piece);
std::string stream_close(const Answer& a);

std::string models_body(const EngineSpec& spec, int64_t created);

}  // namespace trine::sim
