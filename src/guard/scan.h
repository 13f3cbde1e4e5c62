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

constexpr size_t kMostPieces = size_t{1} << 16;

// Replaces `pieces`, in the order of their beginning; those of one kind do not overlap. Adds to the signals' spaced,
// leet and decoded counts; truncated_views when there were more than kMostPieces.
void scan(std::string_view text, std::vector<Piece>& pieces, Signals& signals);

}  // namespace trine::guard
