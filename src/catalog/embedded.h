// data/*.yaml as they were when the program was built (written by embed.cmake).
#pragma once

#include <cstddef>
#include <string_view>

namespace trine::catalog {

struct EmbeddedFile {
  std::string_view name;  // "zones.yaml"
  std::string_view text;
};
extern const EmbeddedFile kEmbedded[];
extern const size_t kEmbeddedCount;

}  // namespace trine::catalog
