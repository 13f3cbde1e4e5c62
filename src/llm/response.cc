#include "llm/response.h"

#include "json/read.h"

namespace trine::llm {

namespace {

using json::Value;

size_t text_size(const Value& value) {
  return value.is_string() ? value.escaped().size() : 0;
}

// The texts of one Chat message, Completions choice or Responses item, parts and tool calls included. Depth is bounded
// by the reader's.
size_t texts_of(const Value& item, Finish* finish) {
  size_t bytes = 0;
  const auto each = [&](std::string_view key, Value value) {
    if (key == "finish_reason" && finish && value.is_string()) *finish = finish_of(value.escaped());
    if (key == "content" || key == "text" || key == "reasoning_content" || key == "refusal" || key == "arguments") {
      bytes += text_size(value);
    }
    if (value.is_object() && (key == "message" || key == "function")) bytes += texts_of(value, nullptr);
    if (value.is_array() && (key == "content" || key == "tool_calls" || key == "summary")) {
      (void)json::each_element(value.raw, [&](Value part) {
        if (part.is_object()) bytes += texts_of(part, nullptr);
        return true;
      });
    }
    return true;
  };
  (void)json::each_member(item.raw, each);  // valid as a whole already; a key twice ends the count there
  return bytes;
}

void scan_usage(const Value& value, ResponseScan& scan) {
  scan.usage_raw = value.raw;
  if (value.is_null()) return;
  if (!value.is_object()) {
    scan.usage_problem = "usage is no object";
    return;
  }
  if (auto usage = parse_usage(value.raw)) {
    scan.usage = *usage;
  } else {
    scan.usage_problem = usage.error().message;
  }
  if (const auto trine = json::member(value.raw, "trine"); trine && *trine) scan.trine_raw = (*trine)->raw;
}

}  // namespace

Finish finish_of(std::string_view reason) {
  if (reason.empty()) return Finish::none;
  if (reason == "stop") return Finish::stop;
  if (reason == "length") return Finish::length;
  if (reason == "tool_calls" || reason == "function_call") return Finish::tool_calls;
  if (reason == "content_filter") return Finish::content_filter;
  return Finish::other;
}

Result<ResponseScan> scan_response(std::string_view body) {
  ResponseScan scan;
  const auto walked = json::each_member(body, [&](std::string_view key, Value value) {
    if (key == "usage") {
      scan_usage(value, scan);
    } else if (key == "error") {
      scan.is_error = !value.is_null();
    } else if (value.is_array() && (key == "choices" || key == "output")) {
      bool first = true;
      (void)json::each_element(value.raw, [&](Value item) {
        if (item.is_object()) scan.content_bytes += texts_of(item, first ? &scan.finish : nullptr);
        first = false;
        return true;
      });
    }
    return true;
  });
  if (!walked) return fail(Code::data_loss, "the upstream's answer cannot be read: {}", walked.error().message);
  return scan;
}

json::Splice splice_trine(std::string_view body, const ResponseScan& scan, std::string_view trine_json) {
  json::Splice splice(body);
  if (!scan.usage_raw.empty() && scan.usage_raw.front() == '{') {
    put_trine(splice, scan.usage_raw, scan.trine_raw, trine_json);
    return splice;
  }
  const std::string usage = "{\"trine\":" + std::string(trine_json) + "}";
  if (!scan.usage_raw.empty()) {
    splice.replace(scan.usage_raw, usage);
    return splice;
  }
  const size_t closing = body.rfind('}');
  if (closing == std::string_view::npos) return splice;  // never scanned
  const bool empty = body.find('"') == std::string_view::npos;
  splice.insert(closing, (empty ? "\"usage\":" : ",\"usage\":") + usage);
  return splice;
}

}  // namespace trine::llm
