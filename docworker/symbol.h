// Letters of the fonts whose letters are symbols, as office programs insert them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trine::docworker {

// UTF-8 of a character of `font`: a tick in a box, a degree sign, a Greek letter. "" for one that is not known.
std::string symbol(std::string_view font, int64_t code);

}  // namespace trine::docworker
