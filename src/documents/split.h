// Cuts a text to a model's window where its structure allows, best places first. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "documents/text.h"

namespace trine::documents {

struct SplitOptions {
  Tokens most_tokens = 6000;  // of one piece, by estimate_tokens(); at least 16
  Tokens overlap_tokens = 0;  // of the piece before that a piece repeats at its head; less than half of most_tokens
};

// Bytes [begin, end) of the text, [begin, fresh) of which the piece before has too.
struct Piece {
  size_t begin = 0, fresh = 0, end = 0;
  int first_part = 0, first_page = 1, last_part = 0, last_page = 1;
  Tokens tokens = 0;
  bool operator==(const Piece&) const = default;
};

// Pieces in order; [fresh, end) of them follow each other without gap from 0 to the text's size. Every cut is between
// code points; at a page, heading, block or line where one is in the second half of the window, else at a sentence or a
// word, else anywhere. Errors (invalid_argument): options out of their ranges.
Result<std::vector<Piece>> split(const Text& text, const SplitOptions& options);

}  // namespace trine::documents
