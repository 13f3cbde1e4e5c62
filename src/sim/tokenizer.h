// The simulation's tokeniser: no model's vocabulary, but counts that lie near one (about four characters a token in
// European text). Deterministic; the pieces joined give the text back. Prompts and answers are counted by it alike.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace trine::sim {

// A piece is one of: up to 6 bytes of letters (bytes >= 0x80 count as letters; a UTF-8 sequence is never cut), up to 3
// digits, one punctuation byte, each with at most one leading space; or a run of white space. The views point into
// `text`.
std::vector<std::string_view> pieces(std::string_view text);

Tokens count_tokens(std::string_view text);

// One hash for every full block of 16 pieces, each chained to the one before it, as vLLM's prefix cache does: two
// prompts share exactly their common leading blocks.
inline constexpr Tokens block_tokens = 16;
std::vector<uint64_t> block_hashes(const std::vector<std::string_view>& prompt);

uint64_t hash_text(std::string_view text, uint64_t seed = 0);

}  // namespace trine::sim
