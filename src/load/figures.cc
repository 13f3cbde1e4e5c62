#include "load/figures.h"

#include <cmath>

#include "base/text.h"
#include "json/read.h"

namespace trine::load {
namespace {

constexpr double kMost =
    1e9;  // joules, grams, euros of one answer: beyond it somebody is mistaken, and sums could overflow

bool is_figure(double v) {
  return std::isfinite(v) && v >= 0 && v <= kMost;
}

bool is_letter(std::string_view s) {
  return s.size() == 1 && s[0] >= 'A' && s[0] <= 'Z';
}

}  // namespace

std::optional<Figures> read_figures(std::string_view trine_json) {
  Figures f;
  bool energy = false, right = true;
  const auto amount = [&](const json::Value& v, auto make, auto& into) {
    const auto number = v.as_double();
    if (!number || !is_figure(*number)) return false;
    into = make(*number);
    return true;
  };
  const auto walked = json::each_member(trine_json, [&](std::string_view key, json::Value v) {
    if (key == "energy_j") right &= energy = amount(v, joules, f.energy);
    if (key == "carbon_g") right &= amount(v, grams, f.carbon);
    if (key == "cost") right &= amount(v, euros, f.cost);
    if (key == "currency" && v.is_string()) f.currency = v.escaped().substr(0, 8);
    if (key == "quality" && v.is_string() && is_letter(v.escaped())) f.quality = v.escaped()[0];
    if (key == "simulated") f.simulated = v.as_bool().value_or(false);
    return true;
  });
  if (!walked || !energy || !right) return std::nullopt;
  return f;
}

std::optional<Figures> read_figures(const net::Head& head) {
  const auto amount = [&](std::string_view name) -> std::optional<double> {
    const auto text = head.find(name);
    const auto number = text ? parse_number(*text) : std::nullopt;
    return number && is_figure(*number) ? number : std::nullopt;
  };
  const auto energy = amount("x-trine-energy-j"), carbon = amount("x-trine-carbon-g"), cost = amount("x-trine-cost");
  if (!energy || !carbon || !cost) return std::nullopt;
  Figures f;
  f.energy = joules(*energy);
  f.carbon = grams(*carbon);
  f.cost = euros(*cost);
  if (const auto letter = head.find("x-trine-quality"); letter && is_letter(*letter)) f.quality = (*letter)[0];
  f.simulated = f.quality == 'S';
  return f;
}

}  // namespace trine::load
