// A canary: a line in a system prompt that nobody would ever say. Whoever sees it in an answer knows that the prompt
// leaked, and which one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trine::guard {

// The line to append to the prompt `id`, and to give to LeakOptions::never: seven letters that spell the id and
// seventeen of HMAC-SHA256(key, id) (80 bits). Letters only, so that case, spacing and encodings do not hide it. The
// same for the same key and id: nothing is stored.
std::string make_canary(std::string_view key, uint32_t id);

// The id of the first canary of this key in `text`, written as it was made but for case, blanks and punctuation. For
// looking through logs and pages; answers are watched by guard/leak.h.
std::optional<uint32_t> find_canary(std::string_view key, std::string_view text);

}  // namespace trine::guard
