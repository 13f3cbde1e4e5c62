// The paths of OpenAI-compatible APIs.
#pragma once

#include <cstdint>
#include <string_view>

namespace trine::llm {

enum class Endpoint : uint8_t { chat, completions, embeddings, responses, models, other };

// From the path of a request target ("/v1/chat/completions"; a query is ignored). `models` is the list and each
// "/v1/models/{name}"; `other` is everything else, which passes through.
Endpoint endpoint_of(std::string_view path);
const char* name(Endpoint endpoint);

// True where a body with `model` is read (chat, completions, embeddings, responses).
bool has_model_body(Endpoint endpoint);
// True where streams carry usage only when `stream_options.include_usage` asks for it (chat, completions).
bool takes_stream_options(Endpoint endpoint);

}  // namespace trine::llm
