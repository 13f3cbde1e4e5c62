#include "json/read.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <vector>

#include "json/walk.h"

namespace trine::json {

namespace {

using internal::Index;
using internal::Walk;

tl::unexpected<Error> problem(const char* what, size_t offset) {
  return trine::fail(Code::invalid_argument, "the JSON is not valid at byte {}: {}", offset, what);
}

tl::unexpected<Error> problem(const Index& index, const Walk& walk, std::string_view text) {
  const auto skipped = static_cast<size_t>(text.data() - index.base());
  return problem(walk.problem(), walk.problem_offset() - std::min(skipped, walk.problem_offset()));
}

// What was read ends at `end`: inside `text`, with nothing but blanks behind it there.
bool at_end(Walk& walk, std::string_view text, const char* end) {
  const char* const limit = text.data() + text.size();
  if (end > limit) return walk.fail("it ends too early");  // a part of an outer document, cut short
  if (walk.position() < limit) return walk.fail("text follows the document");
  return true;
}

// Keys seen in one object. The first few are compared one by one; beyond that they are sorted at the end, so that many
// keys cost n log n whatever their text.
class Keys {
 public:
  bool add(std::string_view key) {  // false: was there
    if (count_ < few_.size()) {
      for (size_t i = 0; i < count_; ++i) {
        if (few_[i] == key) return false;
      }
      few_[count_++] = key;
      return true;
    }
    many_.push_back(key);
    return true;
  }

  bool unique() {  // the verdict on those that add() let pass
    if (many_.empty()) return true;
    many_.insert(many_.end(), few_.begin(), few_.begin() + static_cast<std::ptrdiff_t>(count_));
    std::sort(many_.begin(), many_.end());
    return std::adjacent_find(many_.begin(), many_.end()) == many_.end();
  }

  std::string_view keep(std::string key) { return unescaped_.emplace_back(std::move(key)); }

 private:
  std::array<std::string_view, 24> few_;
  size_t count_ = 0;
  std::vector<std::string_view> many_;
  std::deque<std::string> unescaped_;
};

}  // namespace

const char* name(Value::Type type) {
  switch (type) {
    case Value::Type::object:
      return "an object";
    case Value::Type::array:
      return "an array";
    case Value::Type::string:
      return "a string";
    case Value::Type::number:
      return "a number";
    case Value::Type::boolean:
      return "true or false";
    case Value::Type::null:
      return "null";
  }
  return "nothing";
}

Result<int64_t> Value::as_int() const {
  if (type != Type::number)
    return trine::fail(Code::invalid_argument, "must be a whole number, not {}", json::name(type));
  int64_t number = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  if (error == std::errc::result_out_of_range) return trine::fail(Code::out_of_range, "must fit in 64 bits");
  if (error != std::errc() || end != raw.data() + raw.size()) {
    return trine::fail(Code::invalid_argument, "must be a whole number");
  }
  return number;
}

Result<double> Value::as_double() const {
  if (type != Type::number) return trine::fail(Code::invalid_argument, "must be a number, not {}", json::name(type));
  double number = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  // Too small for a double is reported alike: nothing we read is meant so.
  if (error == std::errc::result_out_of_range)
    return trine::fail(Code::out_of_range, "must be within a double's range");
  if (error != std::errc() || end != raw.data() + raw.size()) {
    return trine::fail(Code::invalid_argument, "must be a number");
  }
  return number;
}

Result<bool> Value::as_bool() const {
  if (type != Type::boolean)
    return trine::fail(Code::invalid_argument, "must be true or false, not {}", json::name(type));
  return raw == "true";
}

Result<std::string> Value::as_string() const {
  if (type != Type::string) return trine::fail(Code::invalid_argument, "must be a string, not {}", json::name(type));
  auto text = unescape(escaped());
  if (!text) return trine::fail(Code::invalid_argument, "must not hold half a surrogate pair");
  return *std::move(text);
}

Result<void> each_member(std::string_view object, FunctionRef<bool(std::string_view, Value)> visit, bool whole) {
  Index index(object);
  if (index.problem()) return problem(index.problem(), 0);
  Walk walk(index);
  const auto refuse = [&](const char* what = nullptr) -> Result<void> {
    if (what) walk.fail(what);
    return problem(index, walk, object);
  };
  if (walk.ahead() != '{') return refuse("an object is expected");
  walk.step();
  bool visiting = true;
  Keys keys;
  Value value;
  for (bool more = walk.ahead() != '}'; more;) {
    if (walk.ahead() != '"') return refuse("a member's name is expected");
    if (!walk.value(value, 1)) return refuse();
    std::string_view key = value.escaped();
    if (key.find('\\') != std::string_view::npos) {
      auto text = unescape(key);
      if (!text) return refuse("a member's name holds half a surrogate pair");
      key = keys.keep(*std::move(text));
    }
    if (!keys.add(key)) return trine::fail(Code::already_exists, "the field `{}` is there twice", key.substr(0, 64));
    if (walk.ahead() != ':') return refuse("`:` is expected");
    walk.step();
    if (!walk.value(value, 1)) return refuse();
    index.passed(value.raw.data() + value.raw.size());
    if (visiting && !visit(key, value)) {
      if (!whole) return {};
      visiting = false;
    }
    more = walk.ahead() == ',';
    if (more) walk.step();
  }
  if (walk.ahead() != '}') return refuse("`,` or `}` is expected");
  const char* const end = walk.position() + 1;
  walk.step();
  if (!keys.unique()) return trine::fail(Code::already_exists, "a field is there twice");
  return at_end(walk, object, end) ? Result<void>() : refuse();
}

Result<void> each_element(std::string_view array, FunctionRef<bool(Value)> visit, bool whole) {
  Index index(array);
  if (index.problem()) return problem(index.problem(), 0);
  Walk walk(index);
  const auto refuse = [&](const char* what = nullptr) -> Result<void> {
    if (what) walk.fail(what);
    return problem(index, walk, array);
  };
  if (walk.ahead() != '[') return refuse("an array is expected");
  walk.step();
  bool visiting = true;
  Value value;
  bool more = walk.ahead() != ']';
  while (more) {
    if (!walk.value(value, 1)) return refuse();
    index.passed(value.raw.data() + value.raw.size());
    if (visiting && !visit(value)) {
      if (!whole) return {};
      visiting = false;
    }
    more = walk.ahead() == ',';
    if (more) walk.step();
  }
  if (walk.ahead() != ']') return refuse("`,` or `]` is expected");
  const char* const end = walk.position() + 1;
  walk.step();
  return at_end(walk, array, end) ? Result<void>() : refuse();
}

Result<Value> read(std::string_view document) {
  const Index index(document);
  if (index.problem()) return problem(index.problem(), 0);
  Walk walk(index);
  Value value;
  if (!walk.value(value, 0) || !at_end(walk, document, value.raw.data() + value.raw.size()))
    return problem(index, walk, document);
  return value;
}

Result<std::optional<Value>> member(std::string_view object, std::string_view key) {
  std::optional<Value> found;
  const auto walked = each_member(object, [&](std::string_view name, Value value) {
    if (name != key) return true;
    found = value;
    return false;
  });
  if (!walked) return tl::unexpected(walked.error());
  return found;
}

}  // namespace trine::json
