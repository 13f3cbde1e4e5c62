// Fields of one JSON object, for the parsers of this module. Internal. One thread.
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "grid/series.h"
#include "json/read.h"

namespace trine::grid::internal {

// The members of an object as views of the text. REQUIRES: the text outlives it.
class JsonFields {
 public:
  // Errors: not an object, or a key twice.
  static Result<JsonFields> of(json::Value v) {
    JsonFields f;
    if (!v.is_object()) return fail(Code::invalid_argument, "an object was expected, not {}", json::name(v.type));
    auto walked = json::each_member(v.raw, [&](std::string_view key, json::Value value) {
      f.members_.emplace(std::string(key), value);
      return true;
    });
    if (!walked) return tl::unexpected(walked.error());
    return f;
  }
  static Result<JsonFields> of(std::string_view document) {
    auto v = json::read(document);
    if (!v) return tl::unexpected(v.error());
    return of(*v);
  }

  const json::Value* find(std::string_view key) const {
    const auto it = members_.find(key);
    return it == members_.end() || it->second.is_null() ? nullptr : &it->second;
  }
  std::string text(std::string_view key) const {
    const auto* v = find(key);
    if (!v) return {};
    return v->as_string().value_or(std::string());
  }
  // Nothing where it is absent, null, or no number ("ND").
  std::optional<double> number(std::string_view key) const {
    const auto* v = find(key);
    if (!v) return {};
    const auto n = v->as_double();
    return n ? std::optional(*n) : std::nullopt;
  }
  bool flag(std::string_view key) const {
    const auto* v = find(key);
    return v && v->as_bool().value_or(false);
  }
  std::optional<Wall> time(std::string_view key) const { return parse_slot_time(text(key)); }

 private:
  std::map<std::string, json::Value, std::less<>> members_;
};

// Calls `each(fields)` for the objects of an array; anything else in it is an error.
template <class Each>
Result<void> each_object(json::Value list, Each each) {
  if (!list.is_array()) return fail(Code::invalid_argument, "an array was expected, not {}", json::name(list.type));
  Result<void> inner;
  auto walked = json::each_element(list.raw, [&](json::Value v) {
    auto fields = JsonFields::of(v);
    inner = fields ? each(*fields) : Result<void>(tl::unexpected(fields.error()));
    return inner.has_value();
  });
  if (!inner) return inner;
  return walked;
}

// "https://…: sentence" as it is, with the source's name before it.
inline tl::unexpected<Error> told(std::string_view source, const Error& e) {
  return fail(e.code, "{}: {}", source, e.message);
}

// An answer that is one object; `read(fields, answer)` takes it in.
template <class Read>
Result<Answer> answer_of(std::string_view source, std::string_view text, Read&& read) {
  const auto fields = JsonFields::of(text);
  if (!fields) return told(source, fields.error());
  Answer out;
  if (auto ok = read(*fields, out); !ok) return told(source, ok.error());
  return out;
}

}  // namespace trine::grid::internal
