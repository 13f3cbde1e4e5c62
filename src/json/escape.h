// The text of JSON strings and its escapes: reading them whatever they hold, finding the place of a byte of the text in
// the document, and writing. Pure, total on any bytes; time linear in the string.
//
// Half a surrogate pair, which RFC 8259 lets through, becomes U+FFFD, as engines in Python and JavaScript read it or
// replace it: a filter must see the rest of such a text and not refuse it. (read.h's unescape() is the strict one.)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trine::json {

// Writes the text of `escaped` (what stands between the quotes) to `out`, which has room for escaped.size() bytes: no
// escape is shorter than its text. Returns the bytes written. What is no escape is kept as it stands.
size_t unescape_into(char* out, std::string_view escaped);

// The length of the escape at the beginning of `s`, which is a backslash; 1: it is none. Half a pair is one of 6.
size_t escape_length(std::string_view s);

// From bytes of a string's text to the part of the document that they came from. Cheap where the places asked for rise;
// asking for an earlier one begins again at the front. One thread. The document must outlive it.
class EscapeMap {
 public:
  explicit EscapeMap(std::string_view escaped) : escaped_(escaped) {}

  // The part of `escaped` that text[begin, end) came from, grown to whole escapes at both ends. Places beyond the text
  // are taken for its end; an empty range gives the place before the character at `begin`.
  std::string_view raw(size_t begin, size_t end);

 private:
  struct Place {
    size_t raw = 0;
    size_t text = 0;
  };
  Place walk_to(size_t text, bool past);

  std::string_view escaped_;
  Place at_;  // a border between characters
};

// `text` as it stands between the quotes of a JSON string.
std::string escaped(std::string_view text);

}  // namespace trine::json
