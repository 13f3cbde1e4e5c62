// Reading the requests that an engine serves, and saying what is wrong with one in vLLM's words and shape.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/units.h"
#include "sim/generate.h"
#include "sim/http.h"
#include "sim/spec.h"

namespace trine::sim {

enum class Endpoint { chat, completions, responses, embeddings };

// One prompt for the engine.
struct Prompt {
  Tokens tokens = 0;
  std::vector<uint64_t> blocks;
};

struct ModelCall {
  Endpoint endpoint = Endpoint::chat;
  std::string model;                // as the client named it
  std::vector<Prompt> prompts;      // one, except for embeddings
  std::vector<std::string> inputs;  // the texts of embeddings
  Question question;
  Tokens max_tokens = 0;
  bool stream = false;
  bool include_usage = false;     // stream_options.include_usage
  bool continuous_usage = false;  // stream_options.continuous_usage_stats
  std::string tool;               // the function that the request forces a call of; empty: none
  bool base64 = false;
  size_t dimensions = 384;
};

struct ApiError {
  int status = 400;
  std::string type = "BadRequestError";
  std::string message;
  std::string param;  // empty: null
};

std::string error_body(const ApiError& e);
Reply error_reply(const ApiError& e);

tl::expected<ModelCall, ApiError> parse_call(Endpoint endpoint, std::string_view body, const EngineSpec& spec);

// JSON of a body whose nesting is bounded (so that nothing that walks it recursively can be exhausted).
inline constexpr int deepest_json = 128;
bool nested_too_deep(std::string_view json);

// JSON on one line; bytes that are no UTF-8 are replaced.
std::string dumped(const nlohmann::ordered_json& v);

}  // namespace trine::sim
