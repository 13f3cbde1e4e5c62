// What would have to change before a decision does (docs/csoa.md §3): each weight by its formula, each input by trying
// it in the score itself. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fleet/scoring.h"
#include "score/flip.h"

namespace trine::fleet {

enum class Input { weight_cost, weight_control, weight_carbon, price, intensity, joules_per_token, utilisation };
const char* name(Input input);  // "weight of cost", "intensity"

struct Flip {
  Input input = Input::price;
  std::string of;  // an option, a zone, or empty: of all
  double now = 0;  // in the input's own unit
  // The nearest value at which the answer is another one. nullopt: none between 1/1000 and 1000 times what it is (a
  // weight: in [0, 1]; utilisation: in [0.01, 1]).
  std::optional<double> at;
  std::string to;  // who is first then
};

struct Contest {
  std::span<const Option> options;
  std::span<const grid::Reading> intensities;
  Workload workload;
  score::Weights weights;
  size_t chosen = 0;
  std::vector<size_t> over;  // never empty, without `chosen`
};

// How far ahead of the best of the others the chosen one is, in ln of the score; below 0 it is behind.
double lead(const Contest& contest);

// How far apart chance alone puts them: sigma of that lead to the best of the others, their errors taken as
// independent.
double lead_sigma(const Contest& contest);

// For the weights, each price, each zone's intensity, each option's J/token, and the utilisation.
// REQUIRES: all of them have figures.
std::vector<Flip> flips(const Contest& contest);

}  // namespace trine::fleet
