// Ways to write a text so that a filter does not read it: learnt by the classifier, and set before it in its
// evaluation.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace trine::guard {

struct Disguise {
  std::string_view name;
  bool legible = false;  // a reader sees at once what it says
  std::string (*apply)(std::string_view text) = nullptr;
};
std::span<const Disguise> disguises();

}  // namespace trine::guard
