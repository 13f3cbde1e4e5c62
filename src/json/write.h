// Writing JSON by appending to a string: commas and escapes come by themselves, numbers round-trip.
//   std::string out;
//   json::Writer(out).object().key("a").value(1).key("b").array().value("x").end().end();
// One thread. REQUIRES: calls in a legal order (a key before each member's value), at most 64 levels; asserted.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace trine::json {

// Appends `text` between quotes. Bytes that are no UTF-8 become U+FFFD, so that the result is always JSON.
void append_string(std::string& out, std::string_view text);
std::string quoted(std::string_view text);
// The shortest text that reads back as the same double; `null` for infinities and NaN, which JSON does not have.
void append_number(std::string& out, double number);

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& object() { return open('{', true); }
  Writer& array() { return open('[', false); }
  Writer& end();  // of the innermost object or array
  Writer& key(std::string_view name);

  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(const std::string& text) { return value(std::string_view(text)); }
  Writer& value(double number);
  template <std::integral T>
  Writer& value(T number) {
    if constexpr (std::same_as<T, bool>) {
      return token(number ? "true" : "false");
    } else if constexpr (std::signed_integral<T>) {
      return integer(static_cast<int64_t>(number));
    } else {
      return whole(static_cast<uint64_t>(number));
    }
  }
  Writer& null() { return token("null"); }
  Writer& raw(std::string_view json) { return token(json); }  // text that is JSON already

 private:
  Writer& open(char bracket, bool object);
  Writer& token(std::string_view text);
  Writer& integer(int64_t number);
  Writer& whole(uint64_t number);
  void before_value();

  std::string& out_;
  uint64_t objects_ = 0;  // one bit per level: an object (else an array)
  uint64_t filled_ = 0;   // one bit per level: has an item already
  int depth_ = 0;
  bool after_key_ = false;
};

}  // namespace trine::json
