#include "base/human.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>

namespace trine {
namespace {

struct Unit {
  double size;  // in the smallest unit of the amount
  std::string_view name;
};

constexpr std::array kEnergy = {Unit{1, "µJ"},   Unit{1e3, "mJ"},     Unit{1e6, "J"},
                                Unit{1e9, "kJ"}, Unit{3.6e12, "kWh"}, Unit{3.6e15, "MWh"}};
constexpr std::array kCarbon = {Unit{1, "ng"},  Unit{1e3, "µg"},  Unit{1e6, "mg"},
                                Unit{1e9, "g"}, Unit{1e12, "kg"}, Unit{1e15, "t"}};
constexpr double kFirstKwh = 0.1;  // kJ go on to 360: a bill's unit is worth a zero in front

// Decimals that leave three significant digits; `least` are shown in any case.
int decimals(double magnitude, int least) {
  if (magnitude <= 0) return least;
  const int before = static_cast<int>(std::floor(std::log10(magnitude))) + 1;  // digits before the point, or less
  int after = 3 - before;
  // 9.996 is "10.0", not "10.00".
  if (magnitude + 0.5 * std::pow(10.0, -after) >= std::pow(10.0, before)) --after;
  return std::max(least, after);
}

std::string digits(double v, int least = 0) {
  return fmt::format("{:.{}f}", v, decimals(std::abs(v), least));
}

const Unit& unit_of(std::span<const Unit> units, double magnitude) {
  const Unit* best = &units.front();
  for (const Unit& u : units) {
    const double from = u.name == "kWh" ? kFirstKwh : 0.9995;  // 999.6 J is 1.00 kJ
    if (magnitude >= from * u.size) best = &u;
  }
  return *best;
}

std::string in(const Unit& u, int64_t raw) {
  return u.size == 1 ? fmt::format("{}", raw) : raw == 0 ? "0" : digits(static_cast<double>(raw) / u.size);
}

std::string amount(std::span<const Unit> units, std::string_view zero, int64_t raw) {
  if (raw == 0) return fmt::format("0 {}", zero);
  const Unit& u = unit_of(units, std::abs(static_cast<double>(raw)));
  return fmt::format("{} {}", in(u, raw), u.name);
}

std::string range(std::span<const Unit> units, int64_t low, int64_t high) {
  const Unit& u = unit_of(units, std::max(std::abs(static_cast<double>(low)), std::abs(static_cast<double>(high))));
  return fmt::format("{} to {} {}", in(u, low), in(u, high), u.name);
}

std::string prefix(std::string_view currency) {
  if (currency == "EUR") return "€";
  if (currency == "USD") return "$";
  if (currency == "GBP") return "£";
  return std::string(currency) + " ";
}

}  // namespace

std::string human(Energy e) {
  return amount(kEnergy, "J", e.raw());
}
std::string human(Carbon c) {
  return amount(kCarbon, "g", c.raw());
}

std::string human(Money m, std::string_view currency) {
  const double v = to_euros(m);
  return fmt::format("{}{}{}", v < 0 ? "-" : "", prefix(currency), m.raw() == 0 ? "0" : digits(std::abs(v), 2));
}

std::string human_number(double v) {
  if (!std::isfinite(v)) return "-";
  return v == 0 ? "0" : digits(v);
}

std::string human_range(Energy low, Energy high) {
  return range(kEnergy, low.raw(), high.raw());
}
std::string human_range(Carbon low, Carbon high) {
  return range(kCarbon, low.raw(), high.raw());
}

std::string human_range(Money low, Money high, std::string_view currency) {
  return fmt::format("{} to {}", human(low, currency), human(high, currency));
}

}  // namespace trine
