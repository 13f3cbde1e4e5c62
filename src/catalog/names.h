// Names are compared without case (ASCII).
#pragma once

#include <string>
#include <string_view>

namespace trine::catalog {

inline std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

}  // namespace trine::catalog
