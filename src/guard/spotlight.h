// Marking of text that nobody may give orders by (documents, results of tools), so that a model can tell it from what
// speaks to it: "spotlighting" (Hines et al. 2024, arXiv:2403.14720), by delimiters with a nonce of the request, which
// the text's author cannot know, and optionally by a mark in place of each blank ("datamarking", the stronger of the
// two in that paper; it costs tokens and hurts the reading of code and tables).
// It lowers the success of such attacks and does not end them: the guard's tiers stand beside it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trine::guard {

struct Spotlight {
  uint64_t nonce = 0;  // random, fresh for each request
  bool datamark = false;
};

// `text` between the marks, on lines of their own. What looks like a mark in the text, with whatever nonce, is broken,
// so that the result has exactly one beginning and one end.
std::string spotlight(std::string_view text, const Spotlight& spotlight);

// What the system prompt must say about it.
std::string spotlight_note(const Spotlight& spotlight);

}  // namespace trine::guard
