// Asking for the embedding of one text, and reading it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace trine::llm {

inline constexpr size_t kMostDimensions = 16'384;

std::string embedding_request(std::string_view model, std::string_view text);
// The first embedding of an answer of /v1/embeddings. Errors (data_loss): there is none; it is no list of at most
// kMostDimensions numbers.
Result<std::vector<float>> read_embedding(std::string_view answer);

}  // namespace trine::llm
