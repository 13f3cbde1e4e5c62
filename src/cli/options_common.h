// What the options of several commands share. Part of options.cc.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <string>

#include "base/text.h"

namespace trine::cli {

// Finite and in [low, high]: CLI11's own range lets "nan" pass.
inline CLI::Validator number_in(double low, double high) {
  return CLI::Validator(
      [low, high](std::string& text) {
        const auto v = parse_number(text);
        if (v && std::isfinite(*v) && *v >= low && *v <= high) return std::string();
        return fmt::format("{} is no number from {:g} to {:g}", text, low, high);
      },
      "", "number");
}

inline CLI::Option* json_flag(CLI::App* c, bool& into) {
  return c->add_flag("--json", into, "JSON on one line, for scripts");
}

}  // namespace trine::cli
