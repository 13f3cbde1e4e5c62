#include "sim/wire.h"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

namespace trine::sim {
namespace {

using Json = nlohmann::ordered_json;

std::string event(const Json& v) {
  return "data: " + dumped(v) + "\n\n";
}

bool is_tool(const Answer& a) {
  return !a.call->tool.empty() && a.call->endpoint == Endpoint::chat;
}

Json finish_reason(const Answer& a) {
  switch (a.finish) {
    case Finish::none:
      return nullptr;
    case Finish::length:
      return "length";
    default:
      return is_tool(a) ? "tool_calls" : "stop";
  }
}

Json usage(const Answer& a) {
  Json u;
  if (a.call->endpoint == Endpoint::responses) {
    u["input_tokens"] = a.prompt;
    u["input_tokens_details"] = {{"cached_tokens", a.cached}};
    u["output_tokens"] = a.completion;
    u["output_tokens_details"] = {{"reasoning_tokens", 0}};
    u["total_tokens"] = a.prompt + a.completion;
    return u;
  }
  u["prompt_tokens"] = a.prompt;
  u["total_tokens"] = a.prompt + a.completion;
  u["completion_tokens"] = a.completion;
  u["prompt_tokens_details"] = {{"cached_tokens", a.cached}};
  return u;
}

std::string call_id(const Answer& a) {
  return "call_" + a.id.substr(a.id.find('-') + 1);
}

Json tool_call(const Answer& a, std::string_view arguments) {
  return {{"id", call_id(a)}, {"type", "function"}, {"function", {{"name", a.call->tool}, {"arguments", arguments}}}};
}

// The frame of a chat or completions object, streamed or not.
Json frame(const Answer& a, const char* object) {
  Json j;
  j["id"] = a.id;
  j["object"] = object;
  j["created"] = a.created;
  j["model"] = a.call->model;
  j["system_fingerprint"] = fingerprint;
  return j;
}

Json chat_whole(const Answer& a) {
  Json message{{"role", "assistant"}, {"content", a.text}};
  if (is_tool(a)) {
    message["content"] = nullptr;
    message["tool_calls"] = Json::array({tool_call(a, a.text)});
  }
  Json choice{{"index", 0},
              {"message", std::move(message)},
              {"logprobs", nullptr},
              {"finish_reason", finish_reason(a)},
              {"stop_reason", nullptr}};
  Json j = frame(a, "chat.completion");
  j["choices"] = Json::array({std::move(choice)});
  j["usage"] = usage(a);
  return j;
}

Json completions_whole(const Answer& a) {
  Json j = frame(a, "text_completion");
  j["choices"] = Json::array({Json{{"index", 0},
                                   {"text", a.text},
                                   {"logprobs", nullptr},
                                   {"finish_reason", finish_reason(a)},
                                   {"stop_reason", nullptr}}});
  j["usage"] = usage(a);
  return j;
}

// A streamed chunk with one choice, or with none (the usage chunk).
std::string chunk(const Answer& a, Json choice, bool with_usage) {
  Json j = frame(a, a.call->endpoint == Endpoint::chat ? "chat.completion.chunk" : "text_completion");
  j["choices"] = choice.is_null() ? Json::array() : Json::array({std::move(choice)});
  if (a.call->include_usage) j["usage"] = with_usage || a.call->continuous_usage ? usage(a) : Json(nullptr);
  return event(j);
}

Json chat_choice(const Answer& a, Json delta) {
  return Json{{"index", 0}, {"delta", std::move(delta)}, {"logprobs", nullptr}, {"finish_reason", finish_reason(a)}};
}

Json completions_choice(const Answer& a, std::string_view text) {
  return Json{{"index", 0},
              {"text", text},
              {"logprobs", nullptr},
              {"finish_reason", finish_reason(a)},
              {"stop_reason", nullptr}};
}

// --- Responses ---

std::string item_id(const Answer& a) {
  return "msg_" + a.id.substr(a.id.find('_') + 1);
}

Json output_part(const Answer& a) {
  return Json{{"type", "output_text"}, {"text", a.text}, {"annotations", Json::array()}};
}

Json output_item(const Answer& a) {
  const bool open = a.finish == Finish::none;
  return Json{{"id", item_id(a)},
              {"type", "message"},
              {"role", "assistant"},
              {"status", open                         ? "in_progress"
                         : a.finish == Finish::length ? "incomplete"
                                                      : "completed"},
              {"content", open ? Json::array() : Json::array({output_part(a)})}};
}

Json response_object(const Answer& a) {
  const bool open = a.finish == Finish::none;
  const bool cut = a.finish == Finish::length;
  Json j;
  j["id"] = a.id;
  j["object"] = "response";
  j["created_at"] = a.created;
  j["status"] = open ? "in_progress" : cut ? "incomplete" : "completed";
  j["incomplete_details"] = cut ? Json{{"reason", "max_output_tokens"}} : Json(nullptr);
  j["error"] = nullptr;
  j["model"] = a.call->model;
  j["metadata"] = {{"system_fingerprint", fingerprint}};
  j["output"] = open ? Json::array() : Json::array({output_item(a)});
  j["usage"] = open ? Json(nullptr) : usage(a);
  return j;
}

// Numbers follow from the place in the stream: 4 events before the first token, one a token, 4 after the last.
std::string response_event(const char* type, int64_t number, const Json& rest) {
  Json j{{"type", type}, {"sequence_number", number}};
  j.update(rest);
  return std::string("event: ") + type + "\n" + event(j);
}

Json place(const Answer& a) {
  return Json{{"item_id", item_id(a)}, {"output_index", 0}, {"content_index", 0}};
}

std::string response_open(const Answer& a) {
  Json part = place(a);
  part["part"] = {{"type", "output_text"}, {"text", ""}, {"annotations", Json::array()}};
  return response_event("response.created", 0, {{"response", response_object(a)}}) +
         response_event("response.in_progress", 1, {{"response", response_object(a)}}) +
         response_event("response.output_item.added", 2, {{"output_index", 0}, {"item", output_item(a)}}) +
         response_event("response.content_part.added", 3, part);
}

std::string response_close(const Answer& a) {
  const int64_t n = 4 + a.completion;
  Json text = place(a), part = place(a);
  text["text"] = a.text;
  part["part"] = output_part(a);
  return response_event("response.output_text.done", n, text) +
         response_event("response.content_part.done", n + 1, part) +
         response_event("response.output_item.done", n + 2, {{"output_index", 0}, {"item", output_item(a)}}) +
         response_event(a.finish == Finish::length ? "response.incomplete" : "response.completed", n + 3,
                        {{"response", response_object(a)}});
}

std::string base64(const std::vector<float>& v) {
  static_assert(std::endian::native == std::endian::little, "the API's floats are little-endian");
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<unsigned char> bytes(v.size() * sizeof(float));
  if (!v.empty()) std::memcpy(bytes.data(), v.data(), bytes.size());
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t w = 0;
    for (size_t k = 0; k < 3; ++k) w = w << 8 | (k < n ? bytes[i + k] : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= n ? digits[w >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace

std::string id_prefix(Endpoint e) {
  switch (e) {
    case Endpoint::chat:
      return "chatcmpl-";
    case Endpoint::completions:
      return "cmpl-";
    case Endpoint::responses:
      return "resp_";
    case Endpoint::embeddings:
      return "embd-";
  }
  return "";
}

std::string whole_body(const Answer& a) {
  switch (a.call->endpoint) {
    case Endpoint::chat:
      return dumped(chat_whole(a));
    case Endpoint::completions:
      return dumped(completions_whole(a));
    case Endpoint::responses:
      return dumped(response_object(a));
    case Endpoint::embeddings:
      return embeddings_body(a);
  }
  return "";
}

std::string embeddings_body(const Answer& a) {
  Json data = Json::array();
  for (const std::string& text : a.call->inputs) {
    const auto v = embed(text, a.call->dimensions);
    data.push_back(Json{
        {"index", data.size()}, {"object", "embedding"}, {"embedding", a.call->base64 ? Json(base64(v)) : Json(v)}});
  }
  Json j;
  j["id"] = a.id;
  j["object"] = "list";
  j["created"] = a.created;
  j["model"] = a.call->model;
  j["system_fingerprint"] = fingerprint;
  j["data"] = std::move(data);
  j["usage"] = usage(a);
  return dumped(j);
}

std::string stream_open(const Answer& a) {
  if (a.call->endpoint == Endpoint::responses) return response_open(a);
  if (a.call->endpoint == Endpoint::completions) return "";
  Json delta{{"role", "assistant"}, {"content", ""}};
  if (is_tool(a)) {
    Json call = tool_call(a, "");
    call["index"] = 0;
    delta["content"] = nullptr;
    delta["tool_calls"] = Json::array({std::move(call)});
  }
  return chunk(a, chat_choice(a, std::move(delta)), false);
}

std::string stream_token(const Answer& a, std::string_view piece) {
  switch (a.call->endpoint) {
    case Endpoint::responses: {
      Json delta = place(a);
      delta["delta"] = piece;
      return response_event("response.output_text.delta", 3 + a.completion, delta);
    }
    case Endpoint::completions:
      return chunk(a, completions_choice(a, piece), false);
    default: {
      Json delta{{"content", piece}};
      if (is_tool(a)) {
        Json call{{"index", 0}, {"function", {{"arguments", piece}}}};
        delta = Json{{"tool_calls", Json::array({std::move(call)})}};
      }
      return chunk(a, chat_choice(a, std::move(delta)), false);
    }
  }
}

std::string stream_close(const Answer& a) {
  if (a.call->endpoint == Endpoint::responses) return response_close(a);
  std::string out = a.call->endpoint == Endpoint::completions ? chunk(a, completions_choice(a, ""), false)
                                                              : chunk(a, chat_choice(a, Json::object()), false);
  if (a.call->include_usage) out += chunk(a, nullptr, true);
  return out + "data: [DONE]\n\n";
}

std::string models_body(const EngineSpec& spec, int64_t created) {
  Json data = Json::array();
  const auto add = [&](const std::string& name) {
    data.push_back(Json{{"id", name},
                        {"object", "model"},
                        {"created", created},
                        {"owned_by", fingerprint},
                        {"root", spec.model},
                        {"parent", nullptr},
                        {"max_model_len", spec.context_length}});
  };
  add(spec.model);
  for (const std::string& name : spec.aliases) add(name);
  return dumped(Json{{"object", "list"}, {"data", std::move(data)}});
}

}  // namespace trine::sim
