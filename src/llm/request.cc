#include "llm/request.h"

#include <array>

#include "base/hash.h"
#include "base/text.h"
#include "json/read.h"
#include "json/write.h"
#include "llm/request_urls.h"
#include "llm/usage.h"

namespace trine::llm {

namespace {

using json::Value;

ClientError json_error(const Error& error, std::string param = {}) {
  if (error.code == Code::already_exists) return {ErrorCode::invalid_request, error.message, std::move(param)};
  return {ErrorCode::invalid_json, error.message, std::move(param)};
}

// One walk over one body. A handler returns false and leaves `error_` to end it.
class Scanner {
 public:
  Scanner(Endpoint endpoint, RequestScan& scan) : scan_(scan) { scan_.endpoint = endpoint; }

  bool field(std::string_view key, const Value& value) {
    if (is_url_field(key)) return urls("", key, value);  // a web hook, say
    // By length first: most keys of a body are none of ours.
    switch (key.size()) {
      case 1:
        return key == "n" ? count("n", value, 1, scan_.n) : true;
      case 4:
        return key == "user" ? text("user", value, scan_.user) : true;
      case 11:
        return key == "mcp_servers" ? urls("", key, value) : true;
      case 5:
        if (key == "model") return model(value);
        if (key == "tools") return tools(value);
        place_ = "input";
        return key == "input" ? prompt(value) : true;
      case 6:
        if (key == "stream") return flag("stream", value, scan_.stream);
        place_ = "prompt";
        return key == "prompt" ? prompt(value) : true;
      case 8:
        place_ = "messages";
        return key == "messages" ? messages(value) : true;
      case 9:
        return key == "functions" ? tools(value) : true;
      case 10:
        return key == "max_tokens" ? limit("max_tokens", value, 1) : true;
      case 12:
        if (key == "data_sources") return urls("", key, value);
        place_ = "instructions";
        return key == "instructions" ? prompt(value) : true;
      case 14:
        return key == "stream_options" ? stream_options(value) : true;
      case 16:
        return key == "prompt_cache_key" ? text("prompt_cache_key", value, scan_.prompt_cache_key) : true;
      case 17:
        if (key == "max_output_tokens") return limit("max_output_tokens", value, 0);
        return key == "safety_identifier" ? text("safety_identifier", value, safety_identifier_) : true;
      case 21:
        return key == "max_completion_tokens" ? limit("max_completion_tokens", value, 2) : true;
      default:
        return true;
    }
  }

  void finish() {
    if (scan_.user.empty()) scan_.user = std::move(safety_identifier_);
    for (const auto& limit : limits_) {
      if (limit) scan_.max_tokens = limit;
    }
  }

  const std::optional<ClientError>& error() const { return error_; }

 private:
  bool wrong(std::string param, std::string_view why) {
    std::string detail = "`" + param + "` " + std::string(why);
    error_ = ClientError{ErrorCode::invalid_request, std::move(detail), std::move(param)};
    return false;
  }
  bool walked(const Result<void>& result, const char* param) {
    if (!result && !error_) error_ = json_error(result.error(), param);
    return !error_;
  }

  bool model(const Value& value) {
    if (value.is_null()) return true;  // as if missing
    auto name = value.as_string();
    if (!name) return wrong("model", name.error().message);
    scan_.model = *std::move(name);
    scan_.model_raw = value.raw;
    return true;
  }
  bool flag(const char* name, const Value& value, bool& out) {
    if (value.is_null()) return true;
    const auto read = value.as_bool();
    if (!read) return wrong(name, read.error().message);
    out = *read;
    return true;
  }
  bool count(const char* name, const Value& value, int64_t least, int64_t& out) {
    if (value.is_null()) return true;
    const auto read = value.as_int();
    if (!read) return wrong(name, read.error().message);
    if (*read < least) return wrong(name, fmt::format("must be at least {}", least));
    out = *read;
    return true;
  }
  // -1 is some engines' "no limit".
  bool limit(const char* name, const Value& value, size_t priority) {
    int64_t read = -1;
    if (!count(name, value, -1, read)) return false;
    scan_.max_tokens_raw[priority] = value.raw;
    if (read >= 0) limits_[priority] = read;
    return true;
  }
  bool text(const char* name, const Value& value, std::string& out) {
    if (value.is_null()) return true;
    auto read = value.as_string();
    if (!read) return wrong(name, read.error().message);
    out = *std::move(read);
    return true;
  }

  bool stream_options(const Value& value) {
    scan_.stream_options_raw = value.raw;
    if (value.is_null()) return true;
    if (!value.is_object()) return wrong("stream_options", "must be an object");
    const auto result = json::each_member(value.raw, [&](std::string_view key, Value option) {
      if (key != "include_usage") return true;
      scan_.include_usage_raw = option.raw;
      return flag("stream_options.include_usage", option, scan_.include_usage);
    });
    return walked(result, "stream_options");
  }

  bool tools(const Value& value) {
    if (!value.is_array()) return true;
    if (value.raw.find('{') == std::string_view::npos) return true;  // an empty list
    scan_.has_tools = true;
    scan_.content_bytes += value.raw.size();
    scan_.tools_hash = hash64(value.raw, scan_.tools_hash);
    return urls("", "tools", value);
  }
  bool urls(std::string_view place, std::string_view key, const Value& value) {
    if (auto error = find_urls(place, key, value, scan_.urls)) error_ = std::move(error);
    return !error_;
  }
  void content(std::string_view text) {
    scan_.content_bytes += text.size();
    scan_.prefix.add(text);
  }

  // A prompt or input: text, texts, token ids, lists of them, or Responses' items.
  bool prompt(const Value& value) {
    switch (value.type) {
      case Value::Type::string:
        content(value.escaped());
        return true;
      case Value::Type::number:
        ++scan_.content_tokens;
        scan_.prefix.add(value.raw);
        return true;
      case Value::Type::object:
        return message(value);
      case Value::Type::array:
        return walked(json::each_element(value.raw, [&](Value item) { return prompt(item); }), "input");
      default:
        return true;
    }
  }

  bool messages(const Value& value) {
    if (!value.is_array()) return wrong("messages", "must be an array");
    const auto result = json::each_element(value.raw, [&](Value item) {
      return item.is_object() ? message(item) : wrong("messages", "must hold objects");
    });
    return walked(result, "messages");
  }

  // A message, a part of one, a tool call or an item: whatever holds text for the engine.
  bool message(const Value& object) {
    const auto result = json::each_member(object.raw, [&](std::string_view key, Value value) {
      if (key == "content" || key == "tool_calls" || key == "function" || key == "output") return prompt(value);
      if (key == "text" || key == "arguments" || key == "refusal") {
        if (value.is_string()) content(value.escaped());
        return true;
      }
      if (key == "variables" && value.is_object()) return variables(value);  // of a stored prompt: texts or parts
      if (holds_url(key)) {
        scan_.has_images |= key == "image_url";
        return urls(place_, key, value);
      }
      if (key == "type" && value.is_string()) {
        const auto type = value.escaped();
        scan_.has_images |= type == "image_url" || type == "input_image" || type == "image";
        scan_.has_files |= type == "file" || type == "input_file";
      }
      return true;
    });
    return walked(result, "messages");
  }

  bool variables(const Value& object) {
    const auto result = json::each_member(object.raw, [&](std::string_view, Value value) { return prompt(value); });
    return walked(result, "prompt");
  }

  RequestScan& scan_;
  std::string_view place_;  // the body's field that is walked
  std::string safety_identifier_;
  std::array<std::optional<Tokens>, 3> limits_;  // the last that is there counts
  std::optional<ClientError> error_;
};

}  // namespace

tl::expected<RequestScan, ClientError> scan_request(Endpoint endpoint, std::string_view body) {
  RequestScan scan;
  Scanner scanner(endpoint, scan);
  const auto walked =
      json::each_member(body, [&](std::string_view key, Value value) { return scanner.field(key, value); });
  if (!walked) return tl::unexpected(json_error(walked.error()));
  if (scanner.error()) return tl::unexpected(*scanner.error());
  scanner.finish();
  if (scan.model.empty() && has_model_body(endpoint)) {
    return tl::unexpected(ClientError{ErrorCode::missing_model, {}, "model"});
  }
  return scan;
}

Tokens estimated_prompt_tokens(const RequestScan& scan) {
  return scan.content_tokens + count_estimate(scan.content_bytes);
}

void clamp_output(json::Splice& splice, const RequestScan& scan, Tokens cap, std::string_view field) {
  bool there = false;
  for (std::string_view raw : scan.max_tokens_raw) {
    if (raw.empty()) continue;
    there = true;
    const auto asked = parse_int(raw);
    if (!asked || *asked < 0 || *asked > cap) splice.replace(raw, std::to_string(cap));
  }
  // Right behind the opening brace: the object has a model, so a member follows.
  if (!there) splice.insert(splice.document().find('{') + 1, fmt::format("\"{}\":{},", field, cap));
}

bool hides_usage(const RequestScan& scan, bool ask_usage) {
  return ask_usage && scan.stream && !scan.include_usage && takes_stream_options(scan.endpoint);
}

std::vector<std::string_view> upstream_body(json::Splice& splice, const RequestScan& scan,
                                            std::string_view upstream_model, bool ask_usage) {
  if (!upstream_model.empty() && upstream_model != scan.model && !scan.model_raw.empty()) {
    splice.replace(scan.model_raw, json::quoted(upstream_model));
  }
  if (hides_usage(scan, ask_usage)) {
    if (scan.stream_options_raw.empty()) {
      // Right behind the opening brace: the object has a model, so a member follows.
      splice.insert(splice.document().find('{') + 1, R"("stream_options":{"include_usage":true},)");
    } else if (scan.stream_options_raw.front() != '{') {
      splice.replace(scan.stream_options_raw, R"({"include_usage":true})");
    } else if (!scan.include_usage_raw.empty()) {
      splice.replace(scan.include_usage_raw, "true");
    } else {
      const bool empty = scan.stream_options_raw.find('"') == std::string_view::npos;
      splice.insert(splice.offset(scan.stream_options_raw) + 1,
                    empty ? R"("include_usage":true)" : R"("include_usage":true,)");
    }
  }
  return splice.pieces();
}

}  // namespace trine::llm
