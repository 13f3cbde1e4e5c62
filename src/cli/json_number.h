#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

namespace trine::cli {

// JSON has no infinity.
inline nlohmann::ordered_json number_or_null(double v) {
  return std::isfinite(v) ? nlohmann::ordered_json(v) : nlohmann::ordered_json(nullptr);
}

}  // namespace trine::cli
