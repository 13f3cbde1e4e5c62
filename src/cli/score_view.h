// A scored choice as a table for people and as JSON. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/choice.h"

namespace trine::cli {

// "J/token" of one option, with ranges, letters and where its inputs come from.
nlohmann::ordered_json option_json(const Choice& choice, const fleet::Sheet& sheet, size_t index);
nlohmann::ordered_json rejected_json(const Choice& choice, const fleet::Sheet& sheet);
nlohmann::ordered_json workload_json(const Choice& choice);

std::string score_json(const Choice& choice, const fleet::Sheet& sheet, std::optional<double> lambda);
std::string score_text(const Choice& choice, const fleet::Sheet& sheet, std::optional<double> lambda);

// "€1.60/h (fleet file, 2026-11-28, 0 days old); 342 g/kWh ...": the inputs of an option as a line.
std::string inputs_text(const Choice& choice, const fleet::Sheet& sheet, size_t index);
// "1155 in (0 cached) : 211 out a request (fleet file), 80 % utilised ..."
std::string workload_text(const Choice& choice);
std::string weights_text(const score::Weights& weights);

}  // namespace trine::cli
