#include "sim/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/tokenizer.h"

namespace trine::sim {
namespace {

using Json = nlohmann::ordered_json;

tl::unexpected<ApiError> bad(std::string message, std::string param = {}) {
  return tl::unexpected(ApiError{400, "BadRequestError", std::move(message), std::move(param)});
}

// Typed look-ups: absent and null are the default, another type is an error that names the field.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  const Json* find(const char* name) const {
    const auto it = object_.find(name);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }
  bool boolean(const char* name) {
    const Json* v = find(name);
    if (!v) return false;
    if (!v->is_boolean()) return wrong(name, "a boolean"), false;
    return v->get<bool>();
  }
  std::optional<int64_t> integer(const char* name, int64_t least) {
    const Json* v = find(name);
    if (!v) return std::nullopt;
    if (!v->is_number_integer() || (v->is_number_unsigned() && v->get<uint64_t>() > uint64_t{INT64_MAX})) {
      return wrong(name, "an integer"), std::nullopt;
    }
    if (v->get<int64_t>() < least) {
      message_ = fmt::format("{} must be at least {}, got {}.", name, least, v->get<int64_t>());
      param_ = name;
      return std::nullopt;
    }
    return v->get<int64_t>();
  }
  std::string text(const char* name) {
    const Json* v = find(name);
    if (!v) return {};
    if (!v->is_string()) return wrong(name, "a string"), std::string();
    return v->get<std::string>();
  }
  void wrong(const char* name, const char* need) {
    message_ = fmt::format("{} must be {}.", name, need);
    param_ = name;
  }
  bool failed() const { return !message_.empty(); }
  tl::unexpected<ApiError> error() const { return bad(message_, param_); }

 private:
  const Json& object_;
  std::string message_, param_;
};

// The text of a message's content: a string, or parts of type text, input_text or output_text. False: another part.
bool content_text(const Json& content, std::string& out) {
  if (content.is_null()) return true;
  if (content.is_string()) return out += content.get_ref<const std::string&>(), true;
  if (!content.is_array()) return false;
  for (const Json& part : content) {
    if (part.is_string()) {
      out += part.get_ref<const std::string&>();
      continue;
    }
    if (!part.is_object()) return false;
    const auto text = part.find("text");
    if (text == part.end() || !text->is_string()) return false;
    out += text->get_ref<const std::string&>();
  }
  return true;
}

// Our chat template: role, content, end, for every message, then the assistant's turn.
void add_message(std::string& prompt, std::string_view role, std::string_view content) {
  prompt.append("<").append(role).append(">\n").append(content).append("\n");
}

tl::expected<void, ApiError> read_messages(const Json& messages, const EngineSpec& spec, const char* field,
                                           ModelCall& call, std::string& prompt) {
  if (!messages.is_array() || messages.empty()) return bad(fmt::format("{} must be a non-empty array.", field), field);
  for (const Json& m : messages) {
    if (!m.is_object()) return bad(fmt::format("Each of {} must be an object.", field), field);
    const auto role = m.find("role");
    const bool item = m.contains("type") && role == m.end();  // a tool call or its output in the Responses API
    if (!item && (role == m.end() || !role->is_string())) {
      return bad(fmt::format("Each of {} needs a role.", field), field);
    }
    std::string text;
    if (const auto content = m.find("content"); content != m.end() && !content_text(*content, text)) {
      return bad(fmt::format("{} is not a multimodal model.", spec.model), field);
    }
    if (const auto calls = m.find("tool_calls"); calls != m.end()) text += dumped(*calls);
    if (item) text += dumped(m);
    const std::string who = item ? "tool" : role->get<std::string>();
    if (who == "system" || who == "developer") call.question.system += text + "\n";
    if (who == "user") call.question.user = text;
    add_message(prompt, who, text);
  }
  return {};
}

// response_format of chat and completions; text.format of responses.
void read_format(const Json* format, Question& q) {
  if (!format || !format->is_object()) return;
  const auto type = format->value("type", Json());
  if (type == "json_object") q.json = true;
  if (type != "json_schema") return;
  q.json = true;
  const auto nested = format->find("json_schema");
  const Json& holder = nested != format->end() ? *nested : *format;
  if (holder.is_object() && holder.contains("schema")) q.schema = dumped(holder["schema"]);
}

// The tool that tool_choice forces; "required" takes the first one.
void read_tools(const Fields& f, std::string& prompt, ModelCall& call) {
  const Json* tools = f.find("tools");
  if (!tools || !tools->is_array() || tools->empty()) return;
  add_message(prompt, "tools", dumped(*tools));
  const Json* choice = f.find("tool_choice");
  if (!choice) return;
  std::string wanted;
  if (choice->is_object()) {
    const auto fn = choice->find("function");
    const Json& named = fn != choice->end() ? *fn : *choice;
    if (named.is_object() && named.contains("name") && named["name"].is_string()) wanted = named["name"];
  } else if (*choice != "required") {
    return;
  }
  for (const Json& tool : *tools) {
    if (!tool.is_object()) continue;
    const auto fn = tool.find("function");
    const Json& spec = fn != tool.end() ? *fn : tool;
    if (!spec.is_object() || !spec.contains("name") || !spec["name"].is_string()) continue;
    if (!wanted.empty() && spec["name"] != wanted) continue;
    call.tool = spec["name"];
    if (spec.contains("parameters")) call.question.schema = dumped(spec["parameters"]);
    return;
  }
}

// A text as the engine sees it; token ids count as they are.
Prompt prompt_of(std::string_view text) {
  const auto p = pieces(text);
  return Prompt{std::max<Tokens>(1, static_cast<Tokens>(p.size())), block_hashes(p)};
}

bool token_ids(const Json& v) {
  return v.is_array() && !v.empty() && std::ranges::all_of(v, [](const Json& t) { return t.is_number_integer(); });
}

std::string ids_text(const Json& ids) {  // a text of as many pieces, the same for the same ids
  std::string out;
  for (const Json& id : ids) out += fmt::format(" {}", id.get<int64_t>() % 1000);
  return out;
}

tl::expected<void, ApiError> read_inputs(const Json& input, const char* field, std::vector<std::string>& out) {
  if (input.is_string()) return out.push_back(input.get<std::string>()), tl::expected<void, ApiError>{};
  if (token_ids(input)) return out.push_back(ids_text(input)), tl::expected<void, ApiError>{};
  if (!input.is_array() || input.empty()) {
    return bad(fmt::format("{} must be a string, an array of strings or of tokens.", field), field);
  }
  for (const Json& one : input) {
    if (one.is_string()) {
      out.push_back(one.get<std::string>());
    } else if (token_ids(one)) {
      out.push_back(ids_text(one));
    } else {
      return bad(fmt::format("{} must be a string, an array of strings or of tokens.", field), field);
    }
  }
  return {};
}

tl::expected<void, ApiError> fit(Tokens prompt, std::optional<int64_t> asked, const EngineSpec& spec, ModelCall& call) {
  const Tokens room = spec.context_length - prompt;
  if (room < 1) {
    return bad(fmt::format("This model's maximum context length is {} tokens. However, your request has {} input "
                           "tokens. Please reduce the length of the input messages.",
                           spec.context_length, prompt),
               "input_tokens");
  }
  const bool completions = call.endpoint == Endpoint::completions;
  constexpr Tokens most = Tokens{1} << 40;  // so that no sum overflows
  const Tokens max = std::min(most, asked.value_or(completions ? std::min<Tokens>(16, room) : room));
  if (max > room) {
    return bad(fmt::format("This model's maximum context length is {} tokens. However, you requested {} tokens ({} in "
                           "the {}, {} in the completion). Please reduce the length of the {} or completion.",
                           spec.context_length, prompt + max, prompt, completions ? "prompt" : "messages", max,
                           completions ? "prompt" : "messages"),
               "max_tokens");
  }
  call.max_tokens = max;
  return {};
}

tl::expected<void, ApiError> read_embeddings(Fields& f, const EngineSpec& spec, ModelCall& call) {
  const Json* input = f.find("input");
  if (!input) return bad("input is required.", "input");
  if (auto ok = read_inputs(*input, "input", call.inputs); !ok) return ok;
  if (call.inputs.size() > 2048) return bad("input holds more than 2048 texts.", "input");
  const std::string encoding = f.text("encoding_format");
  if (!encoding.empty() && encoding != "float" && encoding != "base64") {
    f.wrong("encoding_format", "\"float\" or \"base64\"");
  }
  call.base64 = encoding == "base64";
  const auto dimensions = f.integer("dimensions", 1);
  if (dimensions.value_or(1) > 8192) f.wrong("dimensions", "at most 8192");
  if (f.failed()) return f.error();
  call.dimensions = static_cast<size_t>(dimensions.value_or(384));
  for (const std::string& text : call.inputs) {
    call.prompts.push_back(prompt_of(text));
    if (call.prompts.back().tokens > spec.context_length) {
      return bad(fmt::format("This model's maximum context length is {} tokens. However, you requested {} tokens in "
                             "the input for embedding generation. Please reduce the length of the input.",
                             spec.context_length, call.prompts.back().tokens),
                 "input");
    }
  }
  return {};
}

tl::expected<void, ApiError> read_prompt(Fields& f, const EngineSpec& spec, ModelCall& call, std::string& prompt) {
  switch (call.endpoint) {
    case Endpoint::chat: {
      const Json* messages = f.find("messages");
      if (!messages) return bad("messages is required.", "messages");
      read_tools(f, prompt, call);
      read_format(f.find("response_format"), call.question);
      return read_messages(*messages, spec, "messages", call, prompt);
    }
    case Endpoint::responses: {
      const Json* input = f.find("input");
      if (!input) return bad("input is required.", "input");
      if (const Json* text = f.find("text"); text && text->is_object() && text->contains("format")) {
        read_format(&(*text)["format"], call.question);
      }
      if (const std::string instructions = f.text("instructions"); !instructions.empty()) {
        call.question.system = instructions;
        add_message(prompt, "system", instructions);
      }
      if (!input->is_string()) return read_messages(*input, spec, "input", call, prompt);
      call.question.user = input->get<std::string>();
      add_message(prompt, "user", call.question.user);
      return {};
    }
    default: {
      const Json* one = f.find("prompt");
      if (!one) return bad("prompt is required.", "prompt");
      read_format(f.find("response_format"), call.question);
      std::vector<std::string> inputs;
      if (auto ok = read_inputs(*one, "prompt", inputs); !ok) return ok;
      if (inputs.size() != 1) return bad("engine-sim answers one prompt a request.", "prompt");
      prompt = call.question.user = inputs.front();
      return {};
    }
  }
}

}  // namespace

std::string dumped(const Json& v) {
  return v.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool nested_too_deep(std::string_view json) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > deepest_json) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

std::string error_body(const ApiError& e) {
  Json error;
  error["message"] = e.message;
  error["type"] = e.type;
  error["param"] = e.param.empty() ? Json(nullptr) : Json(e.param);
  error["code"] = e.status;
  return dumped(Json{{"error", error}});
}

Reply error_reply(const ApiError& e) {
  Reply r;
  r.status = e.status;
  r.body = error_body(e);
  return r;
}

tl::expected<ModelCall, ApiError> parse_call(Endpoint endpoint, std::string_view body, const EngineSpec& spec) {
  if (nested_too_deep(body)) return bad(fmt::format("The JSON is nested deeper than {} levels.", deepest_json));
  const Json root = Json::parse(body, nullptr, false);
  if (root.is_discarded()) return bad("The body is not valid JSON.");
  if (!root.is_object()) return bad("The body must be a JSON object.");

  ModelCall call;
  call.endpoint = endpoint;
  Fields f(root);
  call.model = f.text("model");
  if (f.failed()) return f.error();
  if (call.model.empty()) call.model = spec.model;  // vLLM takes its own where none is named
  if (call.model != spec.model && std::ranges::find(spec.aliases, call.model) == spec.aliases.end()) {
    return tl::unexpected(
        ApiError{404, "NotFoundError", fmt::format("The model `{}` does not exist.", call.model), "model"});
  }
  if (endpoint == Endpoint::embeddings) {
    if (auto ok = read_embeddings(f, spec, call); !ok) return tl::unexpected(ok.error());
    return call;
  }

  std::string prompt;
  if (auto ok = read_prompt(f, spec, call, prompt); !ok) return tl::unexpected(ok.error());
  if (endpoint != Endpoint::completions) prompt += "<assistant>\n";
  call.prompts.push_back(prompt_of(prompt));

  call.stream = f.boolean("stream");
  if (f.integer("n", 1).value_or(1) != 1) f.wrong("n", "1: engine-sim gives one choice");
  std::optional<int64_t> max;
  for (const char* name : {"max_output_tokens", "max_completion_tokens", "max_tokens"}) {
    if (const auto v = f.integer(name, 1); v && !max) max = v;
  }
  const auto min = f.integer("min_tokens", 0);
  const bool ignore_eos = f.boolean("ignore_eos");
  call.question.seed = static_cast<uint64_t>(f.integer("seed", INT64_MIN).value_or(0));
  if (const Json* options = f.find("stream_options")) {
    if (!options->is_object()) {
      f.wrong("stream_options", "an object");
    } else if (!call.stream) {
      return bad("Stream options can only be defined when `stream=True`.", "stream_options");
    } else {
      Fields o(*options);
      call.include_usage = o.boolean("include_usage");
      call.continuous_usage = call.include_usage && o.boolean("continuous_usage_stats");
      if (o.failed()) return o.error();
    }
  }
  if (f.failed()) return f.error();
  if (auto ok = fit(call.prompts.front().tokens, max, spec, call); !ok) return tl::unexpected(ok.error());
  if (min.value_or(0) > call.max_tokens) return bad("min_tokens must not exceed max_tokens.", "min_tokens");
  call.question.min_tokens = ignore_eos ? call.max_tokens : min.value_or(0);
  return call;
}

}  // namespace trine::sim
