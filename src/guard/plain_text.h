// A text with the escapes of JSON in it (a tool call's arguments, a log), read without them: behind a "\n" of two
// letters a word begins with its own first letter, and what is cut out takes whole escapes along.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "guard/verdict.h"

namespace trine::guard {

// Whether reading `text` without escapes gives another one.
bool has_escapes(std::string_view text);

// Entities of the text without its escapes become entities of `escaped`. Any order; time linear in the text.
void to_escaped(std::string_view escaped, std::vector<Entity>& entities);

// Entities of `escaped` itself: those that begin inside an escape and that `inner` covers are dropped, others take
// whole escapes along. Sorts `inner`, which are entities of `escaped` too.
void keep_escapes_whole(std::string_view escaped, std::vector<Entity>& inner, std::vector<Entity>& entities);

// The same for a text in pieces, cut anywhere: text comes out, and for each stretch of it what it was.
class PlainStream {
 public:
  // More of the text without its escapes; the beginning of an escape waits. Valid until the next call.
  std::string_view push(std::string_view escaped);
  std::string_view finish();
  // What the next `size` bytes of the text were. Together with all calls before, at most what came out. Valid until
  // the next push.
  std::string_view take(size_t size);

 private:
  std::string_view read(bool whole);

  std::string escaped_;  // not yet taken
  size_t read_ = 0;      // of escaped_
  std::string widths_;   // of each byte of text not yet taken: its bytes in escaped_, all of a character at its first
  size_t taken_ = 0, taken_escaped_ = 0;
  std::string text_;
};

}  // namespace trine::guard
