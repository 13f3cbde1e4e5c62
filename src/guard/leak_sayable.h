// What of a system prompt an answer may say because the prompt asks for it, and what everybody says.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace trine::guard {

struct ByteRange {
  size_t begin, end;
};

// Quoted phrases, code and JSON in a prompt: "reply with ...", the form of the answer, examples. In order, not nested.
std::vector<ByteRange> sayable_ranges(std::string_view prompt);

// Phrases that stand in many prompts and in many answers.
std::span<const std::string_view> stock_phrases();

}  // namespace trine::guard
