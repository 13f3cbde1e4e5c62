#include "llm/usage.h"

#include <string>

#include "json/read.h"

namespace trine::llm {

namespace {

constexpr std::string_view kBeyond = "is beyond anything an engine can count";

tl::unexpected<Error> broken(std::string_view field, std::string_view why) {
  return fail(Code::data_loss, "usage.{} {}", field, why);
}

Result<Tokens> count(std::string_view field, const json::Value& value) {
  const auto number = value.as_int();
  if (!number) return broken(field, number.error().message);
  if (*number < 0) return broken(field, "is negative");
  if (*number > kMaxTokens) return broken(field, kBeyond);
  return *number;
}

// The one member of a details object that we book; 0 where the object is null or lacks it.
Result<Tokens> detail(std::string_view field, const json::Value& details, std::string_view key) {
  if (details.is_null()) return 0;
  if (!details.is_object()) return broken(field, "must be an object");
  const auto found = json::member(details.raw, key);
  if (!found) return broken(field, found.error().message);
  if (!*found || (*found)->is_null()) return 0;
  return count(key, **found);
}

}  // namespace

Result<Usage> parse_usage(std::string_view object) {
  Usage usage;
  Tokens total = 0;
  bool known = false;
  Result<Tokens> last = 0;
  const auto take = [&](Tokens& into, Result<Tokens> tokens) {
    last = std::move(tokens);
    if (last) into = *last;
    return last.has_value();
  };
  const auto walked = json::each_member(object, [&](std::string_view key, json::Value value) {
    if (value.is_null()) return true;  // "not reported"
    if (key == "prompt_tokens" || key == "input_tokens") return known = true, take(usage.in, count(key, value));
    if (key == "completion_tokens" || key == "output_tokens") return known = true, take(usage.out, count(key, value));
    if (key == "prompt_tokens_details" || key == "input_tokens_details") {
      return take(usage.cached, detail(key, value, "cached_tokens"));
    }
    if (key == "completion_tokens_details" || key == "output_tokens_details") {
      return take(usage.reasoning, detail(key, value, "reasoning_tokens"));
    }
    if (key == "total_tokens") total = value.as_int().value_or(0);  // says how to read the others, and no more
    return true;
  });
  if (!walked) return fail(Code::data_loss, "usage: {}", walked.error().message);
  if (!last) return tl::unexpected(last.error());
  if (!known) return fail(Code::data_loss, "usage has neither prompt_tokens nor input_tokens");
  if (usage.cached > usage.in) return fail(Code::data_loss, "usage has more cached tokens than prompt tokens");
  const Tokens said = usage.in + usage.out;
  if (total > said && total <= kMaxTokens) {
    usage.out = total - usage.in;  // thinking, named or not
  } else if (total != said && usage.reasoning > usage.out) {
    usage.out += usage.reasoning;  // no part is more than its whole
  }
  if (usage.out > kMaxTokens) return broken("completion_tokens", kBeyond);
  return usage;
}

Tokens count_estimate(size_t bytes) {
  return static_cast<Tokens>((bytes * 3 + 9) / 10);
}

void put_trine(json::Splice& splice, std::string_view usage_raw, std::string_view trine_raw,
               std::string_view trine_json) {
  if (!trine_raw.empty()) {
    splice.replace(trine_raw, std::string(trine_json));
    return;
  }
  const bool empty = usage_raw.find('"') == std::string_view::npos;
  std::string text = empty ? "\"trine\":" : ",\"trine\":";
  text += trine_json;
  splice.insert(splice.offset(usage_raw) + usage_raw.size() - 1, std::move(text));
}

}  // namespace trine::llm
