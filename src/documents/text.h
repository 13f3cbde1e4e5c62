// A document as text for a model: Markdown-like, tables as lines with cells between bars, and where each page is in it.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "documents/document.h"

namespace trine::documents {

// Where a page's text is: bytes [begin, end).
struct PageSpan {
  int part = 0;
  int number = 1;
  size_t begin = 0;
  size_t end = 0;
  bool operator==(const PageSpan&) const = default;
};

// A place where the text may be cut, the better the smaller `rank`.
struct Break {
  size_t at = 0;
  uint8_t rank = 0;  // 0 a page, 1 to 6 before a heading of that level, 7 a block, 8 a row or a line
  bool operator==(const Break&) const = default;
};

struct Text {
  std::string text;
  std::vector<PageSpan> pages;  // in order, without gaps but for the empty lines between
  std::vector<Break> breaks;    // by place
  // The page that the byte at `offset` is on, or null: behind the end.
  const PageSpan* page_at(size_t offset) const;
};

Text render(const Document& document);
void append_block(std::string& out, const Block& block);

// Tokens of a text that nobody counted: llm::count_estimate() of its bytes, but that a run of blanks is never more than
// three bytes, about a token: tokenizers have single tokens for long ones. So taking blanks out of a layout saves
// little by this count, as it does in truth.
Tokens estimate_tokens(std::string_view text);
// The bytes that this counts, one character after the other.
class CountedBytes {
 public:
  size_t add(char c) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    blanks_ = blank ? blanks_ + 1 : 0;
    if (blanks_ <= 1) {
      first_was_line_end_ = c == '\n';
      return bytes_ += first_was_line_end_ ? 2 : 1;  // JSON writes a line end as two
    }
    // The second blank of a run makes it the three bytes that it stays.
    if (blanks_ == 2) bytes_ += first_was_line_end_ ? 1 : 2;
    return bytes_;
  }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_ = 0;
  size_t blanks_ = 0;
  bool first_was_line_end_ = false;
};

}  // namespace trine::documents
