// The grammar over an index: each value is checked to its end before it is handed out. Internal to this module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "json/index.h"
#include "json/read.h"

namespace trine::json::internal {

// Walks structurals from the index's first one. One thread, within the Index's life.
class Walk {
 public:
  explicit Walk(const Index& index) : index_(index), i_(index.first()), trusted_(index.trusted()) {}

  const char* problem() const { return problem_; }
  size_t problem_offset() const { return problem_offset_; }  // in the index's document

  // The structural byte ahead, or 0 at the end of the document.
  char ahead() const { return i_ < index_.count() ? index_.base()[index_.offset(i_)] : '\0'; }
  const char* position() const { return index_.base() + index_.offset(i_); }
  void step() { ++i_; }

  // Takes one value of any kind, validated in full. `depth` containers are open around it. False: see problem().
  bool value(Value& out, int depth);
  bool fail(const char* problem);  // always false

 private:
  std::string_view token() const;  // from here to the next structural, trailing blanks cut
  bool scalar(Value& out);
  bool container(Value& out, int depth);

  const Index& index_;
  uint32_t i_;
  const bool trusted_;  // an outer walk has checked the escapes here
  const char* problem_ = nullptr;
  size_t problem_offset_ = 0;
};

bool is_number(std::string_view text);  // RFC 8259 §6
bool has_good_escapes(
    std::string_view text);  // the text between quotes: each backslash begins an escape of RFC 8259 §7

}  // namespace trine::json::internal
