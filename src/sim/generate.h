// What a simulated engine says. Deterministic text that takes its facts from the prompt, so that demonstrations of
// extraction make sense; nothing in it pretends to be a model's knowledge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"

namespace trine::sim {

struct Question {
  std::string system = {};  // all system and developer text
  std::string user = {};    // the last user message
  bool json = false;        // response_format asks for JSON
  std::string schema = {};  // the JSON Schema of response_format or of the forced tool's parameters; empty: free form
  uint64_t seed = 0;
  // Sampling that asks for a length: the answer is continued until it has `min_tokens`.
  Tokens min_tokens = 0;
};

// "Label: value" pairs in the order of the text, also rows of two cells ("label;value") and XML elements that hold
// text; the first of equal labels stands. Two columns on a line (two spaces, a tab or a bar between them) are two
// pairs. Instructions to the model ("Extract as JSON: ...") are not pairs.
std::vector<std::pair<std::string, std::string>> labelled_values(std::string_view text);

// "1.234,56 EUR" and "1,234.56" are 1234.56; false where there is no number.
bool parse_amount(std::string_view text, double& out);

// A JSON object of the pairs where JSON is asked for (by `json`, or by the words "JSON" or "extract" in the question),
// shaped by `schema` where there is one; else a few sentences that begin with "[simulated]".
std::string answer(const Question& q);

// The arguments of a tool call: the schema's properties, filled from the user's text.
std::string tool_arguments(const Question& q);

// A unit vector; texts that share words lie near each other. Same text, same vector.
std::vector<float> embed(std::string_view text, size_t dimensions);

}  // namespace trine::sim
