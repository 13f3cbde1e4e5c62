// models/guard/rules/*.yaml as they were when the program was built (written by embed_rules.cmake).
#pragma once

#include <span>
#include <string_view>

namespace trine::guard {

struct EmbeddedRules {
  std::string_view name;  // "overriding.yaml"
  std::string_view text;
};
std::span<const EmbeddedRules> embedded_rules();

}  // namespace trine::guard
