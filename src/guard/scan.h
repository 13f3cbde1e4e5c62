// What in a text is worth decoding, found in one pass and decoded: nothing for ordinary text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guard/normalise.h"

namespace trine::guard {

struct Piece {
  ViewKind kind;
  bool glue;  // what only blanks part from the piece before is one with it: lines of base64
  uint32_t begin, end;
  std::string text;  // what [begin, end) says; any bytes
};

// Denser codes than one in 16 bytes are none of a long text's own.
constexpr size_t most_pieces(size_t text) {
  return (size_t{1} << 16) + text / 16;
}

// Replaces `pieces`, in the order of their beginning; those of one kind do not overlap. Adds to the signals' spaced,
// leet and decoded counts; truncated_views when there were more than most_pieces().
void scan(std::string_view text, std::vector<Piece>& pieces, Signals& signals);

}  // namespace trine::guard
