#include "llm/endpoint.h"

namespace trine::llm {

Endpoint endpoint_of(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  if (path == "/v1/chat/completions") return Endpoint::chat;
  if (path == "/v1/completions") return Endpoint::completions;
  if (path == "/v1/embeddings") return Endpoint::embeddings;
  if (path == "/v1/responses") return Endpoint::responses;
  if (path == "/v1/models" || path.starts_with("/v1/models/")) return Endpoint::models;
  return Endpoint::other;
}

const char* name(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::chat:
      return "chat";
    case Endpoint::completions:
      return "completions";
    case Endpoint::embeddings:
      return "embeddings";
    case Endpoint::responses:
      return "responses";
    case Endpoint::models:
      return "models";
    case Endpoint::other:
      return "other";
  }
  return "other";
}

bool has_model_body(Endpoint endpoint) {
  return endpoint < Endpoint::models;
}

bool takes_stream_options(Endpoint endpoint) {
  return endpoint == Endpoint::chat || endpoint == Endpoint::completions;
}

}  // namespace trine::llm
