// The control axis: a product of one factor in [0.5, 1] per fact, from a published rubric, floor 0.1 (docs/csoa.md
// §2.2, docs/control-rubric.md). A ratio scale by construction: twice the control is twice the number.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace trine::score {

inline constexpr double kControlFloor = 0.1;

struct RubricLine {
  std::string_view fact, value;
  double factor;  // [0.5, 1]
  std::string_view why;
};
// Facts in their order, values best first.
std::span<const RubricLine> control_rubric();

struct Control {
  double value = 1;                       // [0.1, 1]: the axis
  double product = 1;                     // before the floor: shows how much the floor decides
  std::vector<RubricLine> applied;        // one per fact of the rubric
  std::vector<std::string_view> missing;  // facts not given: counted at their lowest factor
};

// Facts by name. One that is not given counts at its lowest factor: what nobody can answer is not under control.
// Errors: invalid_argument for an unknown fact or value, with the nearest right name.
Result<Control> control(const std::map<std::string, std::string>& facts);

// The page docs/control-rubric.md, which a test keeps equal to the rubric.
std::string control_rubric_page();

}  // namespace trine::score
