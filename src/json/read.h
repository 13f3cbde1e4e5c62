// Reading JSON text in place, without building a tree: views into the caller's bytes come out.
//
// Every function here validates what it walks in full (RFC 8259 grammar, UTF-8, escapes, nesting of at most kMaxDepth):
// a document that is accepted is one that every other parser accepts. Refused besides: text after the document, a key
// twice in an object that is walked (parsers differ on which one counts, so a filter and an engine could disagree).
//
// Any thread; each thread keeps its own index and uses it again. No padding behind the text is needed. Inside a
// visitor, walking a nested value again uses the index of the outer walk: that costs no second scan of the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/function_ref.h"

namespace trine::json {

inline constexpr size_t kPadding = 0;  // bytes that must be readable behind a document: none
inline constexpr int kMaxDepth = 64;   // objects and arrays inside each other
inline constexpr size_t kMaxSize = size_t{1} << 31;

// One value: its kind and its exact text in the document (no blanks around; a string with its quotes).
struct Value {
  enum class Type : uint8_t { object, array, string, number, boolean, null };
  Type type = Type::null;
  std::string_view raw;

  bool is_null() const { return type == Type::null; }
  bool is_object() const { return type == Type::object; }
  bool is_array() const { return type == Type::array; }
  bool is_string() const { return type == Type::string; }
  // Each fails with invalid_argument on another type; the message reads on from the field's name ("must be ...").
  Result<int64_t> as_int() const;  // a whole number without point or exponent; out_of_range beyond 64 bits
  Result<double> as_double() const;
  Result<bool> as_bool() const;
  Result<std::string> as_string() const;  // escapes resolved; half a surrogate pair is refused
  // A string's text between the quotes, escapes as they stand. REQUIRES: is_string().
  std::string_view escaped() const { return raw.substr(1, raw.size() - 2); }
};

const char* name(Value::Type type);  // "an object", "a number", ...

// Calls visit(key, value) for each member of the object `object`, in order; the key is unescaped and valid during the
// call only. When visit returns false, no more calls are made; with `whole` the rest is still validated, else the
// walk ends there. Errors: invalid_argument with the offset, already_exists for a key that is there twice; visits made
// before the error must then be discarded.
Result<void> each_member(std::string_view object, FunctionRef<bool(std::string_view key, Value value)> visit,
                         bool whole = true);

// The same for the elements of an array.
Result<void> each_element(std::string_view array, FunctionRef<bool(Value value)> visit, bool whole = true);

// The whole document as one value of any kind, validated (nested keys are not compared for duplicates).
Result<Value> read(std::string_view document);

// The member `key` of an object, if it is there; validates the whole object.
Result<std::optional<Value>> member(std::string_view object, std::string_view key);

// The text between a string's quotes with its escapes resolved; nullopt for a bad escape or half a surrogate pair
// (escape.h has the reading that never fails).
std::optional<std::string> unescape(std::string_view escaped);

}  // namespace trine::json
