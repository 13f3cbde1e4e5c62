// Hebrew and Arabic are written from right to left: what is known by its place on the page comes the other way round.
#pragma once

#include <string>
#include <string_view>

namespace trine::docworker {

// A word whose letters stand from left to right as on the page, as they are read. Others come back as they are.
std::string letters_as_read(std::string_view word);
// The same for the words of a line, divided by blanks; their letters are in order already.
std::string words_as_read(std::string_view line);

}  // namespace trine::docworker
