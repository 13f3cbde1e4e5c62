#include "docworker/ordinal.h"

#include <fmt/format.h>

#include <utility>

namespace trine::docworker {

std::string ordinal(int64_t number, Ordinal form, bool capital) {
  std::string out;
  if (form == Ordinal::letter && number > 0 && number <= int64_t{26} * 5)
    out.assign(static_cast<size_t>((number - 1) / 26 + 1), static_cast<char>('a' + (number - 1) % 26));
  if (form == Ordinal::roman && number > 0 && number < 4000) {
    static constexpr std::pair<int, const char*> kParts[] = {
        {1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
        {40, "xl"},  {10, "x"},   {9, "ix"},  {5, "v"},    {4, "iv"},  {1, "i"}};
    for (const auto& [value, letters] : kParts)
      for (; number >= value; number -= value) out += letters;
  }
  if (out.empty()) return fmt::format("{}", number);
  if (capital)
    for (char& c : out) c = static_cast<char>(c - 0x20);
  return out;
}

}  // namespace trine::docworker
